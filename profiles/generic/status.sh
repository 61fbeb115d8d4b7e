#!/bin/sh
# Say `running`, `success` or `failed` for one job id. Here: Slurm; docs/cluster.md shows others.
said=$(squeue --noheader --states=all --format=%T --job "$1" 2>&1)
case $said in
    COMPLETED) echo success ;;
    CANCELLED* | FAILED | TIMEOUT | NODE_FAIL | OUT_OF_MEMORY | DEADLINE | BOOT_FAIL | PREEMPTED) echo failed ;;
    # Forgotten by the scheduler, or never known: nobody can say that it succeeded.
    *"Invalid job id"* | "") echo failed ;;
    # Waiting, running, or a scheduler that does not answer just now.
    *) echo running ;;
esac
