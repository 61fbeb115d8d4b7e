"""The quick study, run once for all tests that look at its results."""

from pathlib import Path

import pytest
from running import copy_of_study, snakemake


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    """The quick study, run once from nothing."""
    folder = copy_of_study(tmp_path_factory.mktemp("study"))
    done = snakemake(folder)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder
