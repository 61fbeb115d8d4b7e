"""The quick study, run once for all tests that look at its results: those of the workflow and those of the cluster."""

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
