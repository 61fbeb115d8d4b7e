#!/bin/sh
# Cancel jobs by their ids. Here: Slurm; docs/cluster.md shows others.
exec scancel "$@"
