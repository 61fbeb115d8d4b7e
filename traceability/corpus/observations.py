"""The published observations: the scan of the whole corpus, committed as data with its digests."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import pandas as pd

from traceability.corpus import tables
from traceability.corpus.scanner.project import SCANNER_VERSION
from traceability.runtime.files import read_json, sha256_file, sha256_tree, write_json
from traceability.study import published
from traceability.study.registry import Table

#: The tables of a scan, by the name of their files.
SCAN_TABLES: dict[str, Table] = {
    "usage.tsv": tables.USAGE, "calls.parquet": tables.CALLS, "problems.tsv": tables.PROBLEMS,
    "text_search.tsv": tables.TEXT_SEARCH,
}  # fmt: skip
_DECIDED_BY_PYTHON = ["problems"]  # newer Pythons parse more: the number of problems is not a fact of the project


def scanner_digest() -> str:
    """Digest of the code that decides what a scan finds."""
    here = Path(__file__).parent
    return sha256_tree([here / "text_search.py", *sorted((here / "scanner").glob("*.py"))], here)[:16]


def write(folder: Path, frames: dict[str, pd.DataFrame], projects: Path, date: str) -> None:
    """Write the tables of a scan and their provenance."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in SCAN_TABLES.items():
        table.write(frames[table.name], folder / name)
    usage = frames[tables.USAGE.name]
    write_json(folder / "provenance.json", {
        "scanner_version": SCANNER_VERSION, "scanner_digest": scanner_digest(), "scanned": date,
        "python": ".".join(platform.python_version_tuple()[:2]), "projects": len(usage),
        "unavailable": int((usage["status"] == "unavailable").sum()), "projects_sha256": sha256_file(projects),
        "sha256": {name: sha256_file(folder / name) for name in SCAN_TABLES},
        "contents": "Only facts: repository, commit, file, line, call. Taken out on request of the owner.",
    })  # fmt: skip


def read(folder: Path) -> dict[str, Any]:
    """The provenance of published observations, after every file was checked against it.

    Raises `StudyError` naming the file whose digest is another, with the expected and the found one.
    """
    provenance = read_json(folder / published.PROVENANCE)
    published.check(folder, {name: provenance["sha256"].get(name) for name in SCAN_TABLES})
    return dict(provenance)


def differences(published: Path, frames: dict[str, pd.DataFrame]) -> list[str]:
    """What a fresh scan says otherwise than the published one, one line each, for the repositories scanned afresh."""
    found: list[str] = []
    fresh_usage = frames[tables.USAGE.name]
    names = set(fresh_usage["repository"])
    for name, table in (
        ("usage.tsv", tables.USAGE),
        ("calls.parquet", tables.CALLS),
        ("text_search.tsv", tables.TEXT_SEARCH),
    ):
        old = table.read(published / name)
        old = old[old["repository"].isin(names)].drop(columns=_DECIDED_BY_PYTHON, errors="ignore")
        new = table.validate(frames[table.name], name).drop(columns=_DECIDED_BY_PYTHON, errors="ignore")
        for repository in sorted(names):
            before = old[old["repository"] == repository].astype(str).to_numpy().tolist()
            after = new[new["repository"] == repository].astype(str).to_numpy().tolist()
            if before != after:
                found.append(f"{repository}: {name} differs ({_first(before, after, list(old.columns))})")
    return found


def incomplete(published: Path) -> set[str]:
    """Projects of which the published scan lacked files: the copy that was scanned did not hold them."""
    problems = tables.PROBLEMS.read(published / "problems.tsv")
    lacking = problems[(problems["kind"] == "unavailable") & problems["file"].notna()]
    return set(lacking["repository"])


def _first(before: list[list[str]], after: list[list[str]], columns: list[str]) -> str:
    if len(before) != len(after):
        return f"{len(before)} rows published, {len(after)} now"
    row = next(number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1])
    place = next(n for n in range(len(columns)) if before[row][n] != after[row][n])
    return f"row {row}, {columns[place]}: published {before[row][place]}, now {after[row][place]}"
