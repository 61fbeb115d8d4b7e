"""Raw tables of a published run, kept in `resources/published/<chapter>/` and taken instead of measuring.

A chapter's folder holds its raw tables and `provenance.json`: what made them (commit, configuration, plan), where and
when (machine, dates, versions), and the SHA-256 of every file (METHOD 38). `python -m traceability.study.publish
RESULTS CHAPTER...` publishes a finished run.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from traceability.errors import StudyError, nearest
from traceability.runtime.files import read_json, replacing, sha256_file

log = logging.getLogger("published")

FOLDER = "resources/published"
PROVENANCE = "provenance.json"
#: The raw tables of each measuring chapter, by name below results/<chapter>/; what follows from them is drawn anew.
FILES: dict[str, tuple[str, ...]] = {
    "training": ("runs.parquet", "predictions.npz", "costs.tsv"),
    "replay": ("replays.tsv",),
    "capture": ("capture.tsv", "planted.tsv", "crosscheck.tsv", "expected.tsv", "digests.tsv"),
    "storage": (
        "map.tsv", "contents.tsv", "cost.tsv", "collaboration.tsv", "moves.tsv", "failures.tsv", "latency.tsv",
        "access.tsv",
    ),
}  # fmt: skip
#: The chapter whose published file is no raw table: every number of the paper, for comparison.
PAPER, NUMBERS = "paper", "numbers.json"
#: `trial`: from a run that was not the confirmatory one; figures drawn from it say so.
STATUSES = ("trial", "published")
#: Packages whose version decides what a run gives.
VERSIONS = ("mlflow", "tensorflow", "keras", "scikit-learn", "numpy", "pandas", "snakemake")


def read(folder: Path) -> dict[str, Any]:
    """The provenance of a published chapter, after every file was checked against it.

    Raises `StudyError` naming the file that is not there or has another digest than the expected one.
    """
    provenance = read_json(folder / PROVENANCE)
    check(folder, provenance["sha256"])
    return dict(provenance)


def check(folder: Path, digests: Mapping[str, str | None]) -> None:
    """Raise `StudyError` for the first of the files named in `digests` that is not there or has another SHA-256."""
    for name, expected in digests.items():
        path = folder / name
        held = sha256_file(path) if path.is_file() else "no file"
        if held != expected:
            raise StudyError(f"{path}: sha256 is {held}, expected {expected}; restore the file from git")


def take(folder: Path, outputs: Iterable[Path]) -> dict[str, Any]:
    """Copy the published file of each output's name; the provenance. Raises `StudyError` as `read`, and for a name
    that is not published."""
    provenance = read(folder)
    for path in outputs:
        if path.name not in provenance["sha256"]:
            raise StudyError(f"{folder}: holds no {path.name}; {nearest(path.name, provenance['sha256'])}")
        with replacing(path) as temporary:
            shutil.copyfile(folder / path.name, temporary)
    return provenance
