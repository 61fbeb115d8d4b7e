"""Which recorded commits and scripts a local clone holds: two questions to git, however many runs there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import git
from traceability.stores import record_fields

#: Where git may fetch nothing and starts no program of the repository's.
_REFUSED = ("-c", "protocol.allow=never", "-c", "protocol.file.allow=never", "-c", "core.fsmonitor=false")

Wanted = tuple[str, tuple[str, ...]]
"""A commit, and the paths under which it may hold what was started, best first."""


@dataclass(frozen=True)
class Found:
    """Whether a commit is in a clone, and under which path it holds what was started (empty: it does not).

    `shallow` says that the commit is in no clone, but that one of them has only a part of the history.
    """

    commit: bool
    script: str = ""
    shallow: bool = False


def check(clones: Sequence[Path]) -> None:
    """Raise `StudyError` for a folder that is no git repository."""
    for clone in clones:
        if not clone.is_dir() or not git.run("rev-parse", "--git-dir", cwd=clone, check=False).strip():
            raise StudyError(f"--clone {clone}: no git repository; give the folder of a clone")


def shallow(clone: Path) -> bool:
    """Whether a clone lacks the older part of the history."""
    return git.run("rev-parse", "--is-shallow-repository", cwd=clone, check=False).strip() == "true"


def look_up(wanted: Iterable[Wanted], clones: Sequence[Path]) -> dict[Wanted, Found]:
    """What the clones hold of pairs of a commit and of paths (as recorded, so perhaps with folders of elsewhere)."""
    pairs = sorted({pair for pair in wanted if record_fields.COMMIT.fullmatch(pair[0])})
    found = {pair: Found(False) for pair in pairs}
    for clone in clones:
        commits = sorted({commit for commit, _ in pairs})
        here = {name for name, kind in zip(commits, _kinds(clone, commits), strict=True) if kind == "commit"}
        tried = [(pair, path) for pair in pairs if pair[0] in here for path in pair[1]]
        kinds = _kinds(clone, [f"{commit}:{path}" for (commit, _), path in tried])
        scripts: dict[Wanted, str] = {}
        for (pair, path), kind in zip(tried, kinds, strict=True):
            if kind == "blob":
                scripts.setdefault(pair, path)
        for pair in pairs:
            if pair[0] in here and not found[pair].script:
                found[pair] = Found(True, scripts.get(pair, ""))
    lacking = [pair for pair in pairs if not found[pair].commit]
    if lacking and any(shallow(clone) for clone in clones):
        found.update((pair, Found(False, shallow=True)) for pair in lacking)
    return found


def changes(clones: Sequence[Path], before: str, after: str) -> list[str]:
    """Lines of `git diff --stat` between two commits, in the first clone that holds both; empty where none does."""
    for clone in clones:
        if _kinds(clone, [before, after]) == ["commit", "commit"]:
            words = ("diff", "--stat=100", "--no-color", "--no-ext-diff", "--no-textconv", before, after)
            answer = git.run_bytes(*_REFUSED, *words, cwd=clone, check=False).decode("utf-8", "replace")
            return answer.splitlines()
    return []


def distance(clones: Sequence[Path], before: str, after: str) -> str:
    """How many commits lie on either side between two commits, in words; empty where no clone holds both."""
    for clone in clones:
        if _kinds(clone, [before, after]) == ["commit", "commit"]:
            counted = git.run(
                *_REFUSED, "rev-list", "--left-right", "--count", f"{before}...{after}", cwd=clone, check=False
            )
            sides = [int(number) for number in counted.split() if number.isdigit()]
            if len(sides) == 2:
                return f"{sides[1]} commits after, {sides[0]} before the point where they part"
    return ""


def _kinds(clone: Path, objects: list[str]) -> list[str]:
    """The kind of each named object; `missing` for those that are not there. Nothing is fetched for a partial clone."""
    if not objects:
        return []
    kinds: list[str] = []
    while len(kinds) < len(objects):
        lines = "".join(f"{name}\n" for name in objects[len(kinds) :]).encode("utf-8", "surrogateescape")
        words = (*_REFUSED, "cat-file", "--batch-check=%(objecttype)")
        answers = git.run_bytes(*words, cwd=clone, stdin=lines, check=False).decode("utf-8", "replace").splitlines()
        kinds += [answer if answer in ("commit", "blob", "tree", "tag") else "missing" for answer in answers]
        if len(kinds) < len(objects):
            kinds.append("missing")  # git ends where it would have to fetch
    return kinds
