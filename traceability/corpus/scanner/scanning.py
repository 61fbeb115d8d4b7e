"""Scans many projects in parallel processes and gathers their rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceability.corpus import tables
from traceability.corpus.scanner import file_roles
from traceability.corpus.scanner.commits import Commit, end_with_parent, is_bare
from traceability.corpus.scanner.ignoring import Selection
from traceability.corpus.scanner.project import Scan, scan
from traceability.corpus.scanner.trees import Folder, Tree
from traceability.errors import StudyError

if TYPE_CHECKING:  # what a table is made of is needed only where one is made
    import pandas as pd

log = logging.getLogger("corpus")


@dataclass(frozen=True)
class Options:
    """How a place is read: for the study, or as a user of `traceability scan` expects."""

    #: Also run the seed study's text search, which reads files that are not the project's own.
    text: bool = True
    #: Leave out what `.gitignore` names, and virtual environments with all they hold.
    selective: bool = False
    gitignore: bool = True
    exclude: tuple[str, ...] = ()
    #: Only these files of a folder.
    only: tuple[str, ...] = ()
    #: Say which commit is checked out, and how many of the files that were read are not as it has them.
    state: bool = False


@dataclass(frozen=True)
class Place:
    """A project to scan: its name, where it lies, and the commit (empty: the files of a folder)."""

    repository: str
    path: str
    commit: str = ""
    options: Options = Options()


@dataclass
class Rows:
    """Rows of the four tables of a scan."""

    usage: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    text: list[dict[str, Any]]

    def frames(self) -> dict[str, pd.DataFrame]:
        """The rows as data frames, sorted, by table name."""
        import pandas as pd

        made = {}
        for table, rows in (
            (tables.USAGE, self.usage), (tables.CALLS, self.calls), (tables.PROBLEMS, self.problems),
            (tables.TEXT_SEARCH, self.text),
        ):  # fmt: skip
            frame = pd.DataFrame(rows, columns=table.column_names)
            order = [
                n
                for n in ("repository", "commit", "file", "cell", "line", "column", "kind", "api", "way", "detail")
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
    options = place.options
    selection = None
    if options.selective:
        selection = Selection(options.gitignore)
        selection.exclude(list(options.exclude))
    only = frozenset(options.only)
    wanted = (lambda path: path in only) if only else file_roles.wanted
    return Folder(folder, wanted, selection, hashing=options.state)


def scan_place(place: Place, progress: Callable[[int, int], None] | None = None) -> Scan | str:
    """Scan one place; a place that cannot be had gives the reason instead."""
    try:
        seen = tree(place)
        result = scan(seen, text=place.options.text, progress=progress)
        if place.options.state:
            result.head, result.changed = state(place, seen)
        return result
    except StudyError as error:
        return str(error)
    except (OSError, MemoryError, RecursionError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def state(place: Place, seen: Tree) -> tuple[str, int | None]:
    """The commit that was read, or that is checked out, and how many files read are not as it has them.

    git is not asked whether a checkout is clean: it would start what the repository's settings name.
    """
    if isinstance(seen, Commit):
        return seen.commit, 0
    try:
        head = Commit(Path(place.path), "HEAD", file_roles.wanted)
    except (StudyError, OSError):
        return "", None
    known = {entry.path: entry.key for entry in head.entries}
    read = seen.hashes or {} if isinstance(seen, Folder) else {}
    gone = known.keys() - {entry.path for entry in seen.entries} if not place.options.only else set()
    left_out = seen.selection.leaves_out if isinstance(seen, Folder) and seen.selection else lambda *_: False
    gone = {path for path in gone if not left_out(path, False) and not (Path(place.path) / path).exists()}
    return head.commit, len(gone) + sum(known.get(path) != oid for path, oid in read.items() if file_roles.wanted(path))


def scan_places(wanted: Sequence[Place], jobs: int = 1, strict: bool = False) -> Rows:
    """Scan places, `jobs` at a time; rows come out in the order of names whatever finished first.

    A place that cannot be had is a row with status `unavailable` and a problem; with `strict` it raises `StudyError`.
    """
    results: dict[int, Scan | str] = {}
    for number, result in scan_all(wanted, jobs):
        results[number] = result
        if strict and isinstance(result, str):
            raise StudyError(result)
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


def scan_all(wanted: Sequence[Place], jobs: int) -> Iterable[tuple[int, Scan | str]]:
    """The scan of each place, by its number, as they come."""
    if jobs <= 1 or len(wanted) < 2:
        for number, place in enumerate(wanted):
            yield number, scan_place(place)
        return
    done: set[int] = set()
    try:
        with ProcessPoolExecutor(max_workers=min(jobs, len(wanted)), initializer=end_with_parent) as pool:
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
                with ProcessPoolExecutor(max_workers=1, initializer=end_with_parent) as single:
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
            head | {"file": "", "kind": "unavailable", "detail": plain(result.replace(place.path or "\0", "…"))}
        )
        return
    rows.usage.append(head | {"status": "scanned"} | result.usage)
    rows.text.append(head | result.text)
    for call in result.calls:
        rows.calls.append(
            head
            | {"file": plain(call.file), "api": plain(call.api)}
            | {name: getattr(call, name) for name in ("line", "column", "cell", "kind", "way", "confidence")}
        )
    for file, kind, detail in result.problems:
        rows.problems.append(head | {"file": plain(file), "kind": kind, "detail": plain(detail)})


def plain(text: str) -> str:
    """Text that a cell of a table can hold: no tabs, line ends or lone surrogates."""
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    return "".join(c if c.isprintable() else "�" for c in text)[:300]
