"""Scans many projects in parallel processes and gathers their rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from traceability.corpus import tables
from traceability.corpus.scanner import file_roles
from traceability.corpus.scanner.project import Scan, scan
from traceability.corpus.scanner.commits import Commit, is_bare
from traceability.corpus.scanner.trees import Folder, Tree
from traceability.errors import StudyError

log = logging.getLogger("corpus")


@dataclass(frozen=True)
class Place:
    """A project to scan: its name, where it lies, and the commit (empty: the files of a folder)."""

    repository: str
    path: str
    commit: str = ""


@dataclass
class Rows:
    """Rows of the four tables of a scan."""

    usage: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    text: list[dict[str, Any]]

    def frames(self) -> dict[str, pd.DataFrame]:
        """The rows as data frames, sorted, by table name."""
        made = {}
        for table, rows in (
            (tables.USAGE, self.usage), (tables.CALLS, self.calls), (tables.PROBLEMS, self.problems),
            (tables.TEXT_SEARCH, self.text),
        ):  # fmt: skip
            frame = pd.DataFrame(rows, columns=table.column_names)
            order = [
                n
                for n in ("repository", "commit", "file", "cell", "line", "kind", "api", "way", "detail")
                if n in frame
            ]
            made[table.name] = frame.sort_values(order, kind="stable", ignore_index=True)
        return made


def tree(place: Place) -> Tree:
    """The tree of a place. Raises `StudyError` where there is none."""
    folder = Path(place.path)
    if not folder.exists():
        raise StudyError(f"{folder}: no such folder")
    if place.commit or is_bare(folder):
        return Commit(folder, place.commit or "HEAD", file_roles.wanted)
    return Folder(folder, file_roles.wanted)


def scan_place(place: Place) -> Scan | str:
    """Scan one place; a place that cannot be had gives the reason instead."""
    try:
        return scan(tree(place))
    except StudyError as error:
        return str(error)
    except (OSError, MemoryError, RecursionError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def scan_places(
    wanted: Sequence[Place], jobs: int = 1, progress: Callable[[str], None] | None = None, strict: bool = False
) -> Rows:
    """Scan places, `jobs` at a time; rows come out in the order of names whatever finished first.

    A place that cannot be had is a row with status `unavailable` and a problem; with `strict` it raises `StudyError`.
    """
    results: dict[int, Scan | str] = {}
    for number, result in _all(wanted, jobs):
        results[number] = result
        if strict and isinstance(result, str):
            raise StudyError(result)
        if progress:
            progress(wanted[number].repository)
    rows = Rows([], [], [], [])
    for number, place in enumerate(wanted):
        add(rows, place, results[number])
    return rows


def scan_batch(wanted: Sequence[Place], reasons: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Scan a fetched batch; a place without a path was not to be had, for the reason that fetching gave."""
    rows = Rows([], [], [], [])
    for place in wanted:
        add(rows, place, scan_place(place) if place.path else str(reasons.get(place.repository) or "gone"))
    return rows.frames()


def _all(wanted: Sequence[Place], jobs: int) -> Iterable[tuple[int, Scan | str]]:
    if jobs <= 1 or len(wanted) < 2:
        for number, place in enumerate(wanted):
            yield number, scan_place(place)
        return
    done: set[int] = set()
    try:
        with ProcessPoolExecutor(max_workers=jobs) as pool:
            waiting = {pool.submit(scan_place, place): number for number, place in enumerate(wanted)}
            for future in as_completed(waiting):
                number = waiting[future]
                result = future.result()
                done.add(number)
                yield number, result
    except BrokenProcessPool:
        # A project killed its process (memory, a fault in a parser): the rest go on, each in a process of its own.
        for number, place in enumerate(wanted):
            if number not in done:
                with ProcessPoolExecutor(max_workers=1) as single:
                    try:
                        yield number, single.submit(scan_place, place).result()
                    except BrokenProcessPool:
                        yield number, "the scanning process died on this project"


def add(rows: Rows, place: Place, result: Scan | str) -> None:
    """Append the rows of one place."""
    head = {"repository": place.repository, "commit": place.commit}
    if isinstance(result, str):
        rows.usage.append(head | {"status": "unavailable"})
        rows.problems.append(
            head | {"file": "", "kind": "unavailable", "detail": _plain(result.replace(place.path or "\0", "…"))}
        )
        return
    rows.usage.append(head | {"status": "scanned"} | result.usage)
    rows.text.append(head | result.text)
    for call in result.calls:
        rows.calls.append(
            head
            | {"file": _plain(call.file), "api": _plain(call.api)}
            | {name: getattr(call, name) for name in ("line", "cell", "kind", "way", "confidence")}
        )
    for file, kind, detail in result.problems:
        rows.problems.append(head | {"file": _plain(file), "kind": kind, "detail": _plain(detail)})


def _plain(text: str) -> str:
    """Text that a cell of a table can hold: no tabs, line ends or lone surrogates."""
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    return "".join(c if c.isprintable() else "�" for c in text)[:300]
