"""What all tests share: how they are spread over processes and chosen by a change, and the quick study, run once."""

from __future__ import annotations

import time
from pathlib import Path

import hypothesis
import pytest
from support import ROOT
from support.changes import tests_reached
from support.processes import alive
from support.studies import copy_of_study, snakemake
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Speed is measured by the benchmarks and never asserted by a test: on a busy machine any example may take its time.
hypothesis.settings.register_profile("study", deadline=None)
hypothesis.settings.load_profile("study")


class ByChapter(LoadScopeScheduling):
    """Hands out the tests of a chapter together, and all that run whole studies: what they share is made once.

    (pytest-xdist 3.8's own `--dist loadgroup` splits its groups with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        _, kind, chapter = nodeid.split("/")[:3]
        return chapter if kind == "unit" else kind if kind == "workflow" else "studies"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByChapter:
    """Where tests run side by side (`pytest -n`)."""
    return ByChapter(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--changed` keeps the tests that reach what differs from another commit."""
    parser.addoption("--changed", metavar="COMMIT", help="only tests that reach files changed since this commit")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `--changed`: leave out test files that reach nothing of what changed."""
    since = config.getoption("--changed")
    if since and collection_path.name.startswith("test_") and collection_path.suffix == ".py":
        return None if collection_path in tests_reached(since) else True
    return None


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def quick_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """Folder of the quick study, run from nothing on this machine without a scheduler, and the seconds it took."""
    folder = copy_of_study(tmp_path_factory.mktemp("study"))
    begin = time.monotonic()
    done = snakemake(folder)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder, time.monotonic() - begin


@pytest.fixture
def is_alive():
    """`alive`."""
    return alive
