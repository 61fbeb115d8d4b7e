"""The tiny study, run once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.studies import TINY, copy_of_study, snakemake

#: What the tiny study makes: runs read back, a table of statistics and its figure, and one judged launch.
TARGETS = ("results/figures/arms.svg", "results/capture/capture.tsv")


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny study, with its results."""
    folder = copy_of_study(tmp_path_factory.mktemp("tiny"))
    done = snakemake(folder, *TARGETS, config=TINY)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder


@pytest.fixture(scope="session")
def targets() -> tuple[str, ...]:
    """The files that the tiny study was asked for."""
    return TARGETS
