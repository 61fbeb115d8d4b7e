"""The table of data sets, config/datasets.tsv: what each one is, where it comes from and how it is split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import StudyError, nearest
from traceability.study.plain_tables import cells

TASKS = ("regression", "classification")
#: How the evaluation set is fixed: drawn once, drawn once with the shares of the classes kept, or by its authors.
SPLITS = ("random", "stratified", "official")
COLUMNS = (
    "name", "task", "loader", "size", "evaluation", "split", "split_seed", "classes", "source", "url", "package",
    "files", "licence", "citation",
)  # fmt: skip
OPTIONAL = ("split_seed", "classes", "url", "package", "files")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: A plain file name: nothing that leaves the folder it is written to.
_FILE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*):([0-9a-f]{64})")


@dataclass(frozen=True)
class RemoteFile:
    """A gzip file and the SHA-256 of what it holds, uncompressed: the same however and by whom it was packed."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Entry:
    """One row of the table of data sets."""

    name: str
    task: str
    loader: str
    #: Number of instances.
    size: int
    #: Number of instances in the fixed evaluation set.
    evaluation: int
    split: str
    split_seed: int | None
    #: Names of the classes in the order of their codes; empty for a regression.
    classes: tuple[str, ...]
    source: str
    #: URL template with `{file}`; empty when nothing is downloaded.
    url: str
    #: Debian package that installs the files; empty where there is none.
    package: str
    files: tuple[RemoteFile, ...]
    licence: str
    citation: str


def read(path: Path | str) -> dict[str, Entry]:
    """Every data set of the table, by name.

    Raises `StudyError` with one line that names the table, the row and the column, and what is expected there.
    """
    header, lines = cells(Path(path))
    for name in COLUMNS:
        if name not in header:
            raise StudyError(f"{path}: column '{name}' is missing; expected columns: {', '.join(COLUMNS)}")
    for name in header:
        if name not in COLUMNS:
            raise StudyError(f"{path}: unknown column '{name}'; {nearest(name, COLUMNS)}")
    entries: dict[str, Entry] = {}
    for number, line in enumerate(lines, start=2):
        entry = _entry(dict(zip(header, line, strict=True)), f"{path}:{number}")
        if entry.name in entries:
            raise StudyError(f"{path}:{number}: data set '{entry.name}' is there twice; keep one row")
        entries[entry.name] = entry
    return entries


def find(path: Path | str, name: str) -> Entry:
    """The row of data set `name`; an unknown name is a `StudyError` with the nearest known one."""
    entries = read(path)
    if name not in entries:
        raise StudyError(f"{path}: no data set '{name}'; {nearest(name, entries)}")
    return entries[name]


def _entry(row: dict[str, str], where: str) -> Entry:
    """Check one row; `where` is the table and line for the message."""

    def demand(holds: bool, column: str, expected: str) -> None:
        if not holds:
            raise StudyError(f"{where}: '{column}' is '{row[column]}'; expected {expected}")

    for column in COLUMNS:
        demand(column in OPTIONAL or row[column] != "", column, "a value")
    demand(bool(_NAME.fullmatch(row["name"])), "name", "lower-case letters, digits and underscores")
    demand(row["task"] in TASKS, "task", f"one of {', '.join(TASKS)}")
    demand(row["split"] in SPLITS, "split", f"one of {', '.join(SPLITS)}")
    for column in ("size", "evaluation"):
        demand(row[column].isascii() and row[column].isdigit() and int(row[column]) > 0, column, "a positive number")
    demand(int(row["evaluation"]) < int(row["size"]), "evaluation", f"less than the size, {row['size']}")
    seeded = row["split"] != "official"
    seed = row["split_seed"]
    demand((seed.isascii() and seed.isdigit()) if seeded else seed == "", "split_seed",
           "a number" if seeded else "nothing, because the split is official")  # fmt: skip
    classes = tuple(row["classes"].split(",")) if row["classes"] else ()
    demand(bool(classes) == (row["task"] == "classification"), "classes", "names for a classification, else nothing")
    matches = [_FILE.fullmatch(word) for word in row["files"].split()]
    demand(
        all(matches), "files", "words like name.gz:<64 hexadecimal digits of the SHA-256 of its uncompressed content>"
    )
    files = tuple(RemoteFile(match[1], match[2]) for match in matches if match)
    demand(bool(files) or not row["package"], "package", "nothing, because 'files' is empty")
    url = row["url"]
    fits = url.startswith(("https://", "http://")) and "{file}" in url if files else url == ""
    demand(fits, "url", "https://host/folder/{file}" if files else "nothing, because 'files' is empty")
    return Entry(
        name=row["name"], task=row["task"], loader=row["loader"], size=int(row["size"]),
        evaluation=int(row["evaluation"]), split=row["split"], split_seed=int(seed) if seeded else None,
        classes=classes, source=row["source"], url=url, package=row["package"], files=files,
        licence=row["licence"], citation=row["citation"],
    )  # fmt: skip
