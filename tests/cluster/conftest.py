"""A real Slurm for the length of the tests, and copies of the study to run on it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from local_slurm import LocalSlurm, Unavailable, install
from studies import TOOK, Study
from support.processes import wait_until
from support.studies import copy_of_study


@pytest.fixture(scope="session")
def slurm() -> Iterator[LocalSlurm]:
    """Two idle nodes on this machine; where there can be none, the tests say why and are skipped."""
    cluster = LocalSlurm()
    try:
        install()
    except Unavailable as why:
        pytest.skip(str(why))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def new_study() -> Iterator[Callable[[str], Study]]:
    """Makes copies of the study in a folder that PostgreSQL's account can enter (pytest's own are private)."""
    base = Path(tempfile.mkdtemp(prefix="study-"))
    base.chmod(0o755)
    yield lambda name: Study(copy_of_study(base / name))
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def study(slurm: LocalSlurm, new_study: Callable[[str], Study], request: pytest.FixtureRequest) -> Iterator[Study]:
    """A fresh copy for one test. Whatever the test did: afterwards no job, process or lock may be left."""
    made = new_study(request.node.name.replace("[", "-").rstrip("]"))
    yield made
    if not wait_until(lambda: not made.jobs(slurm) and not made.processes(), 60):
        jobs, processes = made.jobs(slurm), made.processes()
        # Snakemake first: it would send the cancelled jobs again.
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.kill()
        for job in jobs:
            slurm.ask("scancel", job)
        told = [f"{process.pid}: {process.info['said']}" for process in processes]
        pytest.fail(f"left behind: jobs {jobs}, processes {told}")
    assert list((made.folder / ".snakemake" / "locks").glob("*")) == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured; why nothing could be is among pytest's own lines on skipped tests."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for line in dict.fromkeys(line for report in reports for name, line in report.user_properties if name == TOOK):
        terminalreporter.write_line(str(line))
