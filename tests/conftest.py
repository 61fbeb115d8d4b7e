"""What tests of several folders share: the quick study, run once for all of them, and whether a process lives."""

import os
import time
from pathlib import Path

import pytest
from running import copy_of_study, snakemake


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
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def is_alive():
    """`alive`."""
    assert os.path.isdir("/proc/self")  # noqa: PTH112
    return alive
