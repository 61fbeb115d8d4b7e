"""What tests of several folders share: the quick study, run once for all of them, and whether a process lives."""

import time
from pathlib import Path

import psutil
import pytest
from running import copy_of_study, snakemake

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A chapter's tests stay in one process, as all that run whole studies do: what they share is made once."""
    for item in items:
        parts = item.path.relative_to(TESTS).parts
        item.add_marker(pytest.mark.xdist_group(parts[1] if parts[0] == "unit" else "studies"))


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
