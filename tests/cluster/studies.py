"""Copies of the study on the cluster: how they are run and watched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from local_slurm import LocalSlurm
from support.processes import processes_of, take_interrupts

TOOK = "took"
"""Property of a test: a line for the end of the session that says what ran, and how long."""


@dataclass
class Study:
    """A copy of the study, and how to run it as a user of the cluster does."""

    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Snakemake with these arguments and the quick configuration, in a process group of its own; `log` grows."""
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            # The copy's own library, also where another checkout is installed in this environment.
            "PYTHONPATH": str(self.folder),
        }
        words = [sys.executable, "-m", "snakemake", *arguments, "--configfile", "config/quick.yaml"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                words,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=take_interrupts,  # noqa: PLW1509 - no threads
            )

    def run(self, *arguments: str, timeout_seconds: float = 2400) -> float:
        """Run to the end; seconds. Fails with the last lines of the log."""
        begin = time.monotonic()
        child = self.start(*arguments)
        status = child.wait(timeout_seconds)
        assert status == 0, self.said()[-6000:]
        return time.monotonic() - begin

    @property
    def log(self) -> Path:
        """What Snakemake said, over all runs."""
        return self.folder / "snakemake.log"

    def said(self) -> str:
        """The log's text."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def jobs(self, slurm: LocalSlurm) -> dict[str, dict[str, str]]:
        """The jobs of this copy that wait or run."""
        return {job: seen for job, seen in slurm.jobs().items() if seen["folder"] == str(self.folder)}

    def processes(self) -> list[psutil.Process]:
        """The processes that work in this folder or below it, the oldest first: Snakemakes, jobs, servers."""
        return processes_of(self.folder)
