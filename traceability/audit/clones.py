"""Which recorded commits and scripts a local clone holds: two questions to git, however many runs there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from traceability.errors import StudyError
from traceability.runtime import git
from traceability.stores import record_fields

#: Endings of a recorded script's path that are tried.
_DEPTH = 12


@dataclass(frozen=True)
class Found:
    """Whether a commit is in a clone, and under which name it holds the recorded script (empty: it does not)."""

    commit: bool
    script: str = ""


def check(clones: Sequence[Path]) -> None:
    """Raise `StudyError` for a folder that is no git repository."""
    for clone in clones:
        if not clone.is_dir() or not git.run("rev-parse", "--git-dir", cwd=clone, check=False).strip():
            raise StudyError(f"--clone {clone}: no git repository; give the folder of a clone")


def look_up(wanted: Iterable[tuple[str, str]], clones: Sequence[Path]) -> dict[tuple[str, str], Found]:
    """What the clones hold of pairs of commit and script (as recorded, so perhaps with folders of another machine)."""
    pairs = sorted({pair for pair in wanted if record_fields.COMMIT.fullmatch(pair[0])})
    found = {pair: Found(False) for pair in pairs}
    for clone in clones:
        commits = sorted({commit for commit, _ in pairs})
        here = {name for name, kind in zip(commits, _kinds(clone, commits), strict=True) if kind == "commit"}
        tried = [(pair, ending) for pair in pairs if pair[0] in here for ending in _endings(pair[1])]
        kinds = _kinds(clone, [f"{commit}:{ending}" for (commit, _), ending in tried])
        scripts: dict[tuple[str, str], str] = {}
        for (pair, ending), kind in zip(tried, kinds, strict=True):
            if kind == "blob":
                scripts.setdefault(pair, ending)
        for pair in pairs:
            if pair[0] in here and not found[pair].script:
                found[pair] = Found(True, scripts.get(pair, ""))
    return found


def _endings(script: str) -> list[str]:
    """The path and its endings, longest first; none for what git could not be asked for in a line."""
    parts = [part for part in PurePosixPath(script.replace("\\", "/")).parts if part not in ("/", ".")]
    if not script or any("\n" in part or part == ".." for part in parts):
        return []
    return ["/".join(parts[start:]) for start in range(max(0, len(parts) - _DEPTH), len(parts))]


def _kinds(clone: Path, objects: list[str]) -> list[str]:
    """The kind of each named object; `missing` for those that are not there. Nothing is fetched for a partial clone."""
    if not objects:
        return []
    refused = ("-c", "protocol.allow=never", "-c", "protocol.file.allow=never")
    kinds: list[str] = []
    while len(kinds) < len(objects):
        lines = "".join(f"{name}\n" for name in objects[len(kinds) :]).encode("utf-8", "surrogateescape")
        words = (*refused, "cat-file", "--batch-check=%(objecttype)")
        answers = git.run_bytes(*words, cwd=clone, stdin=lines, check=False).decode("utf-8", "replace").splitlines()
        kinds += [answer if answer in ("commit", "blob", "tree", "tag") else "missing" for answer in answers]
        if len(kinds) < len(objects):
            kinds.append("missing")  # git ends where it would have to fetch
    return kinds
