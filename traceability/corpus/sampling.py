"""From a list of names to a sample: what each repository is, and which are copies of one another.

Clusters: two projects belong together when their histories share a root commit, or when at least `SHARED_BLOBS` of the
source blobs of the smaller one (.py and .ipynb, own code, at least `MINIMUM_BLOBS` of them) are in the other, byte for
byte. One project stands for the cluster: the one with the earliest first commit (ties: by name). The rule never looks
at what a project uses.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.corpus import fetching
from traceability.corpus.scanner import file_roles
from traceability.corpus.scanner.commits import Commit
from traceability.errors import StudyError
from traceability.runtime import git

log = logging.getLogger("corpus")

SHARED_BLOBS = 0.3
MINIMUM_BLOBS = 2
#: Blobs that too many projects hold say nothing about copying (empty files, generated stubs).
COMMON_BLOB = 6

_LICENCE = re.compile(r"^(?:licen[cs]e|copying|unlicense)(?:[-.][\w.-]+)?$", re.IGNORECASE)
_LICENCES = (
    ("Apache-2.0", r"Apache License"), ("AGPL-3.0", r"GNU AFFERO"), ("LGPL", r"GNU LESSER"), ("GPL-3.0",
    r"GNU GENERAL PUBLIC LICENSE\s+Version 3"),
    ("GPL-2.0", r"GNU GENERAL PUBLIC LICENSE\s+Version 2"), ("MPL-2.0", r"Mozilla Public License"), ("MIT",
    r"MIT License|Permission is hereby granted, free of charge"),
    ("BSD", r"Redistribution and use in source and binary"), ("CC0-1.0", r"CC0 1\.0"), ("Unlicense",
    r"released into the public domain"),
    ("CC-BY", r"Creative Commons"), ("ISC", r"Permission to use, copy, modify, and/or"),
)  # fmt: skip
_README = re.compile(r"^readme[^/]*$", re.IGNORECASE)
_CI = re.compile(
    r"^(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines[\w.-]*\.yml|\.circleci/config\.yml|Jenkinsfile|bitbucket-pipelines\.yml)$"
)
_TESTS = re.compile(r"(?:^|/)(?:test_[^/]*\.py|[^/]+_test\.py)$")
_EDUCATION = re.compile(
    r"zoomcamp|bootcamp|\bcourse|homework|assignment|tugas|taxifare|le ?wagon|nanodegree|udacity|udemy|coursera|"
    r"university|"
    r"universit|\bstudent|lecture|\bexam\b|semester|\bclass(?:room)? project|curso|master'?s degree|\bdtu\b|"
    r"ironhack|\blab[-_ ]",
    re.IGNORECASE,
)  # fmt: skip
_EXAMPLE = re.compile(
    r"example|\bdemo|[-_]demo|tutorial|template|playground|sample|quick ?start|getting[- _]started|workshop|"
    r"\b101\b|mlflow101|"
    r"\blearn(?:ing)? mlflow|guide|proof of concept|\bpoc\b|hands[- ]on|boilerplate|cookiecutter|"
    r"introduction to mlflow|practice",
    re.IGNORECASE,
)  # fmt: skip


@dataclass
class Portrait:
    """What the history and the file names of one repository say."""

    repository: str
    commit: str
    committed: str
    first: str
    licence: str
    commits: int
    authors: int
    months: int
    tags: int
    ci: int
    tests: int
    kind: str
    roots: frozenset[str] = field(repr=False)
    blobs: frozenset[str] = field(repr=False)


def tells(path: str) -> bool:
    """Whether a portrait is drawn from what a file of this name says."""
    return bool(_LICENCE.match(path) or _README.match(path))


def portrait(repository: str, folder: Path, commit: str) -> Portrait:
    """Look at one commit of a git repository. Raises `StudyError` where it is not there."""
    listed = Commit(folder, commit, lambda _: True)
    entries = {entry.path: entry for entry in listed.entries}
    history = [line.split("\t") for line in git.run("log", "--format=%ae%x09%cI", commit, cwd=folder).splitlines()]
    dates = sorted(line[1] for line in history if len(line) == 2)
    strangers = file_roles.Strangers(list(entries))
    own = [entry for path, entry in entries.items() if file_roles.is_code(path) and not strangers.reason(path)]
    licence_file = next((entry for path, entry in sorted(entries.items()) if _LICENCE.match(path)), None)
    readme = next((entry for path, entry in sorted(entries.items()) if _README.match(path)), None)
    with listed:
        licence = _licence(listed.read(licence_file)) if licence_file else "none"
        said = listed.read(readme) if readme else b""
    text = said[:4000].decode("utf-8", errors="replace") if isinstance(said, bytes) else ""
    tags = len(git.run("tag", "--merged", commit, cwd=folder, check=False).split())
    ci, tests = int(any(map(_CI.match, entries))), int(any(_TESTS.search(entry.path) for entry in own))
    authors = len({line[0].lower() for line in history})
    months = len({date[:7] for date in dates})
    return Portrait(
        repository, commit, dates[-1] if dates else "", dates[0] if dates else "", licence, len(history), authors,
        months,
        tags, ci, tests, kind_of(repository, text, authors, months, ci, tests, tags),
        frozenset(git.run("rev-list", "--max-parents=0", commit, cwd=folder).split()),
        frozenset(entry.key for entry in own),
    )  # fmt: skip


def _licence(data: object) -> str:
    text = data[:3000].decode("utf-8", errors="replace") if isinstance(data, bytes) else ""
    return next((name for name, words in _LICENCES if re.search(words, text, re.IGNORECASE)), "other")


def kind_of(repository: str, readme: str, authors: int, months: int, ci: int, tests: int, tags: int) -> str:
    """The written rule for the kind of a project, in this order.

    1. `education`: name or the first 4,000 characters of the README speak of a course, homework, a university.
    2. `example`: they speak of an example, demo, tutorial, template or workshop.
    3. `organisation`: at least 3 authors, work in at least 2 months, and at least one of tests, continuous
    integration, tags.
    4. `personal`: everything else.
    """
    name = repository.replace("/", " ")
    if _EDUCATION.search(name) or _EDUCATION.search(readme):
        return "education"
    if _EXAMPLE.search(name) or _EXAMPLE.search(readme[:1000]):
        return "example"
    return "organisation" if authors >= 3 and months >= 2 and (ci or tests or tags) else "personal"


def clusters(portraits: Iterable[Portrait], listed: Mapping[str, str] | None = None) -> dict[str, str]:
    """The repository that stands for each repository's cluster (itself, where it has no copies).

    `listed` gives the date on which each was listed: among copies of one history the one that was listed first stands.
    """
    since = listed or {}
    known = {portrait.repository: portrait for portrait in portraits}
    seen = Counter(blob for portrait in known.values() for blob in portrait.blobs)
    telling = {name: {b for b in p.blobs if seen[b] < COMMON_BLOB} for name, p in known.items()}
    parent = {name: name for name in known}

    def top(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    names = sorted(known)
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            shared = len(telling[one] & telling[other])
            smaller = min(len(known[one].blobs), len(known[other].blobs))
            copied = shared >= MINIMUM_BLOBS and shared >= SHARED_BLOBS * smaller
            if copied or known[one].roots & known[other].roots:
                first, second = sorted((top(one), top(other)), key=lambda n: (known[n].first, since.get(n, ""), n))
                parent[second] = first
    return {name: top(name) for name in names}


def check_frames(queries: Iterable[str], frames: Collection[str], where: Path) -> None:
    """Raises `StudyError` naming the queries that are no frame: what they imply is written before they are used."""
    missing = sorted(set(queries) - set(frames))
    if missing:
        raise StudyError(
            f"{where}: no row for {', '.join(repr(query) for query in missing)}; add one, with the query as its frame "
            "and what it implies, or take the query out of corpus.queries"
        )


def eligible(listing: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `tables.LISTED` that can be in the sample; forks and what was gone when it was listed are counted."""
    listed = list(listing)
    there = [row for row in listed if row["status"] == "listed"]
    chosen = [row for row in there if not row["fork"]]
    log.info("%d listed; left out: %d gone, %d forks", len(listed), len(listed) - len(there), len(there) - len(chosen))
    return chosen


def portraits_of(
    listing: list[dict[str, Any]], template: str, cache: Path, progress: Callable[[], None] = lambda: None
) -> list[Portrait]:
    """A portrait of each repository of a listing, from its history; `cache` keeps what was fetched for the next call.

    What cannot be had is left out and named in the log. Raises `StudyError` for a malformed row or template, and where
    there is no portrait at all.
    """
    drawn: list[Portrait] = []
    for row in listing:
        name = str(row["repository"])
        found = fetching.fetch_history(name, str(row["commit"]), template, cache / name.replace("/", "+"), needed=tells)
        reason = found.detail
        if found.path:
            try:
                cut = fetching.is_cut(Path(found.path))
                drawn.append(portrait(name, Path(found.path), found.commit))
                if cut:
                    log.warning("%s: early commits are missing; dates, authors and copies are read from the rest", name)
            except StudyError as error:  # a tree that is none, or with more files than are listed
                reason = str(error)
        if reason:
            log.warning("left out: %s: %s", name, reason)
        progress()
    log.info("%d of %d repositories are there, %d are left out", len(drawn), len(listing), len(listing) - len(drawn))
    if not drawn:
        raise StudyError(
            f"none of {len(listing)} listed repositories could be had; check corpus.listing, corpus.url_template "
            "and the network"
        )
    return drawn


def rows(
    portraits: list[Portrait], listing: Iterable[dict[str, Any]], frames: Mapping[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of `tables.PROJECTS`, sorted by name: a project's frame is the query that gave it, a key of `frames`."""
    listed = {row["repository"]: row for row in listing}
    standing = clusters(portraits, {name: str(row["listed"]) for name, row in listed.items()})
    made = []
    for p in sorted(portraits, key=lambda p: p.repository):
        frame = listed[p.repository]["query"]
        made.append({
            "repository": p.repository, "commit": p.commit, "frame": frame,
            "implies_tracking": frames[frame]["implies_tracking"], "listed": listed[p.repository]["listed"],
            "committed": p.committed[:10], "licence": p.licence, "cluster": standing[p.repository],
            "selected": int(standing[p.repository] == p.repository),
            "owner": p.repository.split("/")[0], "kind": p.kind, "commits": p.commits, "authors": p.authors,
            "months": p.months, "tags": p.tags, "ci": p.ci, "tests": p.tests,
        })  # fmt: skip
    return made
