"""What tests of several folders share: the quick study, run once for all of them, and whether a process lives."""

import time
from pathlib import Path

import psutil
import pytest
from running import copy_of_study, snakemake
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class ByChapter(LoadScopeScheduling):
    """Hands out the tests of a chapter together, and all that run whole studies: what they share is made once.

    (pytest-xdist 3.8's own `--dist loadgroup` splits its groups with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        _, kind, chapter = nodeid.split("/")[:3]
        return chapter if kind == "unit" else "studies"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByChapter:
    """Where tests run side by side (`pytest -n`)."""
    return ByChapter(config, log)


@pytest.fixture(scope="session")
def quick_study(tmp_path_factory) -> tuple[Path, float]:
    """Folder of the quick study, run from nothing on this machine without a scheduler, and the seconds it took."""
    folder = copy_of_study(tmp_path_factory.mktemp("study"))
    begin = time.monotonic()
    done = snakemake(folder)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder, time.monotonic() - begin


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def is_alive():
    """`alive`."""
    return alive
