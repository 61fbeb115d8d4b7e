"""The audit of one repository: its record files are laid out, its stores read, every run judged."""

from __future__ import annotations

import functools
import itertools
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.audit import clones, sources
from traceability.audit.evidence import Audited, audit, command_line, wanted
from traceability.errors import StudyError
from traceability.public_records import fields, record_files, requirement_lists, road
from traceability.runtime import git, git_objects
from traceability.stores import readers, record_fields, small_files
from traceability.stores.record_fields import Run
from traceability.stores.scope import PAGE, Scope, Store

log = logging.getLogger("public_records")

#: Largest database, and largest other record file, in bytes.
LARGEST_DATABASE, LARGEST_FILE = 2**30, 2**26
_LOG = re.compile(r"^(\d+) (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """A repository of the table of stores: where it lies (empty: it cannot be had, see `detail`), and its stores."""

    repository: str
    commit: str
    path: str
    detail: str
    #: Path and kind of each store.
    stores: tuple[tuple[str, str], ...]


@dataclass
class Found:
    """Rows of `tables.RUNS`, `tables.AUDITED` and `tables.LISTS`."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    stores: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, other: Found) -> None:
        """Add the rows of another repository; a requirement list keeps its earliest day."""
        self.runs += other.runs
        self.stores += other.stores
        for key, row in other.lists.items():
            known = self.lists.setdefault(key, row)
            if row["first_day"] and (not known["first_day"] or row["first_day"] < known["first_day"]):
                known["first_day"] = row["first_day"]


def judge(place: Place, scratch: Path, limit: int = LARGEST_DATABASE) -> Found:
    """Audit the stores of a repository in the folder `scratch`, which is emptied afterwards.

    A repository that is gone, and a store that cannot be read, are rows; nothing of either is executed.
    """
    found, began = Found(), time.monotonic()
    repository = Path(place.path) if place.path else None
    tree: dict[str, str] = {}
    detail = place.detail
    if repository is not None:
        try:
            tree = git_objects.tree(repository, place.commit)
        except StudyError as error:
            detail, repository = _short(str(error).replace(place.path, place.repository)), None
    if repository is None:
        for path, kind in place.stores:
            found.stores.append(_store_row(place, path, kind, "gone", detail, {}))
        return found
    chosen = record_files.choose(tree, place.stores)
    laid = git_objects.Folder(repository, scratch / "records", limit)
    history = _history(repository, place.commit)
    try:
        laid.root.mkdir(parents=True)
        laid.show(chosen.contents, chosen.names)
        (scratch / "nothing").mkdir()
        seen: set[str] = set()
        with road.Commits(repository, scratch / "commit") as commits:
            for path, kind in place.stores:
                row = _store_row(place, path, kind, "read", None, history)
                row["files_missing"] = len(laid.left_out)
                _read_store(_Reading(place, repository, path, kind, laid, commits, scratch, seen, found), row, tree)
                found.stores.append(row)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    log.info("%s: %d runs in %.1f s", place.repository, len(found.runs), time.monotonic() - began)
    return found


@dataclass
class _Reading:
    """What is needed to read one store."""

    place: Place
    repository: Path
    path: str
    kind: str
    laid: git_objects.Folder
    commits: road.Commits
    scratch: Path
    #: Ids of runs of the repository that an earlier store holds.
    seen: set[str]
    found: Found

    @property
    def on_disk(self) -> Path:
        """The store as it is laid out."""
        return self.laid.root / self.path

    @functools.cached_property
    def _of_database(self) -> dict[str, int]:
        return fields.points_of_database(self.on_disk)

    @functools.cached_property
    def _folders(self) -> dict[str, str]:
        """Folder of each run of a file store, the first where there are several."""
        found: dict[str, str] = {}
        for home in small_files.folders(self.on_disk):
            for folder in small_files.folders(home):
                found.setdefault(os.path.basename(folder), folder)  # noqa: PTH119 - of all runs
        return found

    def points(self, runs: Sequence[Run]) -> dict[str, int]:
        """Points of all metrics' histories, by run id."""
        if self.kind == record_files.SQLITE:
            return self._of_database
        return {run.run_id: fields.points_of_folder(self._folders.get(run.run_id, "")) for run in runs}


def _read_store(about: _Reading, row: dict[str, Any], tree: Mapping[str, str]) -> None:
    """Add the runs of one store, and say in `row` what became of it."""
    listed = about.path in tree if about.kind == record_files.SQLITE else about.on_disk.is_dir()
    if not listed:
        row |= {"status": "not in the commit"}
        return
    if about.path in about.laid.left_out:
        row |= {"status": "unavailable", "detail": "the copy of the repository lacks the file, or it is too large"}
        return
    try:
        with readers.opened(str(about.on_disk)) as store:
            row["schema"] = store.kind
            for page in _pages(store.runs(Scope())):
                _add_page(about, store, row, page)
            notes = store.notes
            row |= {"deleted": notes["run_deleted"], "unreadable": notes["run_unreadable"] + notes["run_without_meta"]}
    except StudyError as error:
        row |= {"status": "unreadable", "detail": _short(str(error).replace(f"{about.laid.root}/", ""))}
        return
    row["status"] = "read" if row["runs"] or row["repeated"] else "no run"


def _pages(runs: Iterator[Run]) -> Iterator[list[Run]]:
    while page := list(itertools.islice(runs, PAGE)):
        yield page


def _add_page(about: _Reading, store: Store, row: dict[str, Any], page: Sequence[Run]) -> None:
    fresh = [run for run in page if run.run_id not in about.seen]
    row["repeated"] += len(page) - len(fresh)
    about.seen.update(run.run_id for run in fresh)
    pairs = {run.run_id: wanted(run) for run in fresh}
    known = clones.look_up(pairs.values(), [about.repository])
    held = {run_id: known.get(pair, clones.Found(False)) for run_id, pair in pairs.items()}
    points = about.points(fresh)
    parents: dict[str, Mapping[str, str]] = {}
    # Commit by commit, so that each is laid out once.
    for run in sorted(fresh, key=lambda run: (pairs[run.run_id][0], held[run.run_id].script)):
        one = audit(run, store.artifacts, held)
        made = fields.of_run(one, store.artifacts) | {"points": points.get(run.run_id, 0)}
        made |= _road(about, store, one, held[run.run_id], parents)
        about.found.runs.append({"repository": about.place.repository, "store": about.path} | made)
        row["runs"] += 1


def _road(
    about: _Reading, store: Store, one: Audited, held: clones.Found, parents: dict[str, Mapping[str, str]]
) -> dict[str, Any]:
    """The stages of the static funnel for one run, with the reason for which the road ends."""
    run, scratch = one.run, about.scratch / "model"
    shutil.rmtree(scratch, ignore_errors=True)
    if run.parent and run.parent not in parents:
        above = next(iter(store.runs(Scope(runs=(run.parent,)))), None)
        parents[run.parent] = dict(above.params) if above else {}
    listing = fields.models(run, store.artifacts)
    record = road.record_of(run, store.artifacts, listing, scratch, parents.get(run.parent, {}))
    listed = requirement_lists.of_model(record, about.scratch / "nothing")
    commit, paths = wanted(run)
    full = record_fields.COMMIT.fullmatch(commit) is not None
    about.commits.use(commit if held.commit else about.place.commit)
    reason, unmapped = _first_reason(full, held, bool(paths)), None
    command = 0
    if not reason:
        reason, unmapped = about.commits.command(record, held.script)
        command = int(not reason)
    places = fields.data_places(run)
    reachable = road.reachable(places, about.commits)
    if not reason and not reachable:
        reason = "data_missing"
    if not reason and not listed.lines:
        reason = "no_environment_recorded"
    _keep_list(about.found, listed, run)
    return {
        "source": _source_kind(run),
        "requirements": len(listed.lines),
        "pinned": listed.pinned,
        "requirements_sha256": listed.sha256 or None,
        "commit": int(full),
        "commit_here": int(full and held.commit),
        "script_here": int(full and held.commit and bool(held.script)),
        "script_anywhere": int(bool(held.script) or (held.commit and bool(paths) and about.commits.names(paths[0]))),
        "command": command,
        "data_reachable": int(reachable),
        "environment": int(bool(listed.lines)),
        "unmapped": unmapped,
        "file_in_repository": int(about.commits.holds_environment()) if held.commit else None,
        "reason": reason or None,
    }


def _first_reason(full: bool, held: clones.Found, named: bool) -> str:
    """Why the road ends before the command, from replay's closed list; empty where it goes on."""
    if not full:
        return "no_commit"
    if not held.commit:
        return "commit_missing"
    if not named:
        return "no_entry_point"
    return "" if held.script else "entry_point_missing"


def _source_kind(run: Run) -> str:
    """What the record says was started, in the words of `tables.SOURCES`."""
    ours = record_fields.written_by_plugin(run.tags)
    code = sources.code_of(run, ours)
    started = sources.started(run, code, ours, command_line(run, ours))
    if started.kind == "notebook":
        return "notebook" if started.named else "kernel"
    return "launcher" if started.kind == "program" else started.kind


def _keep_list(found: Found, listed: requirement_lists.RequirementList, run: Run) -> None:
    if not listed.lines:
        return
    day = run.start[:10] or None
    known = found.lists.setdefault(listed.sha256, {
        "requirements_sha256": listed.sha256, "python": listed.python or None, "first_day": day,
        "text": "\n".join(listed.lines),
    })  # fmt: skip
    if day and (known["first_day"] is None or day < known["first_day"]):
        known["first_day"] = day


def _history(repository: Path, commit: str) -> dict[str, int]:
    """Commits, their authors and the calendar months of a repository's history; only the numbers are kept."""
    try:
        said = _LOG.findall(git.run("log", "--format=%ct %ae", commit, cwd=repository))
    except StudyError:
        return {}
    months = {time.strftime("%Y-%m", time.gmtime(int(stamp))) for stamp, _ in said}
    return {"commits": len(said), "authors": len({author.lower() for _, author in said}), "months": len(months)}


def _store_row(
    place: Place, path: str, kind: str, status: str, detail: str | None, history: Mapping[str, int]
) -> dict[str, Any]:
    counts = dict.fromkeys(("runs", "deleted", "repeated", "unreadable", "files_missing"), 0)
    about = {name: history.get(name) for name in ("commits", "authors", "months")}
    return {
        "repository": place.repository, "commit": place.commit, "store": path, "kind": kind, "status": status,
        "detail": detail or None, "schema": None, **counts, **about,
    }  # fmt: skip


def _short(text: str) -> str:
    return " ".join(text.split())[:300]
