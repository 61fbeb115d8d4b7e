"""The repositories that the running code lies in: commit, address, and whether the commit is what runs.

git is asked as the user of the work tree would ask it, with a time limit. A question that is not answered costs its own
tags: what could not be looked at is left out, so that what MLflow recorded by itself counts.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import stat
import time
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from traceability import redaction
from traceability.plugin import loaded
from traceability.plugin.limits import TAG_BYTES, remaining
from traceability.plugin.loaded import AS_LOADED, CHANGED, Source
from traceability.runtime import git

#: Beyond these limits untracked files count with name and size only.
UNTRACKED_FILES, UNTRACKED_BYTES = 500, 64 * 2**20
#: Further repositories of which more than the name is recorded.
OTHERS = 5
_FILES_PER_QUESTION = 1000

Question = tuple[Path, str]


@dataclass
class State:
    """What git and the ledger of loaded sources say of one work tree; None: it could not be found out."""

    root: Path
    commit: str | None = None
    branch: str = ""
    address: str = ""
    changed: list[str] | None = None
    #: Loaded files that the repository does not hold, and loaded files that are not in memory as they are on disk.
    strangers: list[str] | None = None
    stale: list[str] = field(default_factory=list)
    uncertain: list[str] = field(default_factory=list)
    untracked: list[str] | None = None
    failed: list[str] = field(default_factory=list)

    def dirty(self) -> str:
        """Whether other code runs than the commit holds: `true`, `false`, or `unknown`."""
        if self.changed or self.strangers or self.stale:
            return "true"
        known = self.commit and self.changed is not None and self.strangers is not None and not self.uncertain
        return "false" if known else "unknown"


@functools.lru_cache(maxsize=4096)
def root_of(folder: Path) -> Path | None:
    """The work tree that `folder` (without links) lies in."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def describe(found: dict[str, str], until: float) -> None:
    """Add to `found` the tags on the running code; whatever is known when something fails or `until` comes, stays.

    The entry point decides on the repository; where it is an installed launcher (a console script, pytest, a notebook's
    kernel) or in no repository, the repository that most of the loaded modules come from.
    """
    main = loaded.main_file()
    own_main = main is not None and not loaded.installed(main)
    if not own_main:
        found["entry_point_state"] = "none" if main is None else "installed"
    sources = loaded.LEDGER.look()
    script = next((source for source in sources if source.path == main), None) if own_main else None
    if script is not None:
        found["entry_point"] = str(script.path)
        if script.sha256:
            found["entry_point_sha256"] = script.sha256
    roots = Counter(root for source in sources if (root := root_of(source.place.parent)) is not None)
    root = root_of(script.place.parent) if script is not None else None
    if own_main and root is None:
        found["entry_point_state"] = "outside"
    if root is None and roots:
        root = roots.most_common(1)[0][0]
    found |= _directory(root)
    if root is None:
        found |= _none(main, own_main)
        return
    others = [other for other, _ in roots.most_common() if other != root]
    states = _asked(root, others[:OTHERS], sources, until)
    _tags(found, states[root], script)
    if others:
        _others(found, [states[other] for other in others[:OTHERS]], others[OTHERS:])
    _digests(found, states[root], until)
    if states[root].failed:
        found["failed_code"] = redaction.text("; ".join(states[root].failed))[:500]


def _none(main: Path | None, own_main: bool) -> dict[str, str]:
    """Nothing that runs is in a repository.

    `none` goes before the commit that MLflow records. It is said only where that would be another project's: a launcher
    in an environment that lies inside some work tree.
    """
    if main is not None and not own_main and root_of(main.resolve().parent) is not None:
        return {"commit": "none", "repository": "none"}
    return {}


def _directory(root: Path | None) -> dict[str, str]:
    """The folder that the program was started in, by its name in the repository; nothing where it is outside."""
    if not loaded.BEGAN_IN:
        return {}
    began = Path(loaded.BEGAN_IN).resolve()
    root = root or root_of(began)
    inside = root is not None and (began == root or root in began.parents)
    return {"directory": began.relative_to(root).as_posix()} if root is not None and inside else {}


# --- git ----------------------------------------------------------------------------------------------------------


def _asked(root: Path, others: Sequence[Path], sources: Sequence[Source], until: float) -> dict[Path, State]:
    """The states of all work trees; every question is put at the same time."""
    inside = {place: _inside(place, sources) for place in (root, *others)}
    questions: dict[Question, tuple[Path, Sequence[str]]] = {}
    for place, names in inside.items():
        questions |= {
            (place, "head"): (place, ("rev-parse", "HEAD", "--abbrev-ref", "HEAD")),
            (place, "remotes"): (place, ("remote", "-v")),
            (place, "status"): (place, (
                "status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=no",
                "--ignore-submodules=untracked")),
        }  # fmt: skip
        for start in range(0, len(names), _FILES_PER_QUESTION):
            listed = sorted(names)[start : start + _FILES_PER_QUESTION]
            questions[place, f"listed {start}"] = place, ("ls-files", "-v", "-z", "--", *_literal(listed))
    questions[root, "untracked"] = root, ("ls-files", "--others", "--exclude-standard", "-z")
    answers = git.ask(questions, remaining(until))
    states = {place: _state(place, inside[place], answers, until) for place in inside}
    untracked = answers[root, "untracked"]
    if untracked.failed or untracked.cut:
        states[root].failed.append(untracked.failed or "git ls-files --others named too many files")
    else:
        states[root].untracked = sorted(filter(None, untracked.text().split("\0")))
    return states


def _inside(root: Path, sources: Sequence[Source]) -> dict[str, Source]:
    """Loaded files whose own work tree is `root`, by their names in it; those of a submodule are the submodule's."""
    return {
        source.place.relative_to(root).as_posix(): source for source in sources if root_of(source.place.parent) == root
    }


def _literal(names: Sequence[str]) -> list[str]:
    return [f":(literal){name}" for name in names]


def _state(root: Path, names: dict[str, Source], answers: dict[Question, git.Answer], until: float) -> State:
    state = State(root)
    head, remotes, status = (answers[root, name] for name in ("head", "remotes", "status"))
    said = head.text().split("\n")
    if not head.failed and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", said[0]):
        state.commit, state.branch = said[0], "(detached)" if said[1] == "HEAD" else said[1]
    elif head.failed:
        state.failed.append(head.failed)
    state.address = _address(remotes.text())
    if status.failed:
        state.failed.append(status.failed)
    else:
        state.changed = [_path(line) for line in status.text().split("\0") if line[:2] in ("1 ", "2 ", "u ")]
    listed, flagged = [], []
    for key, answer in answers.items():
        if key[0] == root and key[1].startswith("listed"):
            if answer.failed:
                state.failed.append(answer.failed)
                break
            entries = [(entry[:1], entry[2:]) for entry in answer.text().split("\0") if entry]
            listed += [name for _, name in entries]
            flagged += [name for letter, name in entries if letter.islower() or letter == "S"]
    else:
        known = {unicodedata.normalize("NFC", name) for name in listed}
        state.strangers = [name for name in names if unicodedata.normalize("NFC", name) not in known]
    state.stale = [name for name, source in names.items() if source.state == CHANGED]
    state.uncertain = [name for name, source in names.items() if source.state not in (AS_LOADED, CHANGED)]
    if flagged:
        _look_at_flagged(state, flagged, until)
    return state


def _path(line: str) -> str:
    """The path in a line of `git status --porcelain=v2`: after 7 fields, or 9 for a merge that is not resolved."""
    return line.split(" ", 10)[-1] if line.startswith("u ") else line.split(" ", 8)[-1]


def _address(listed: str) -> str:
    """Where the repository can be had: `origin`, else the only or first remote."""
    found = dict(line.removesuffix(" (fetch)").split("\t", 1) for line in listed.split("\n")
                 if line.endswith(" (fetch)") and "\t" in line)  # fmt: skip
    return found.get("origin") or next(iter(found.values()), "")


def _look_at_flagged(state: State, names: list[str], until: float) -> None:
    """Files that git was told to take for unchanged (assume-unchanged, skip-worktree) are compared with the commit."""
    answers = git.ask({
        "here": (state.root, ("hash-object", "--", *names)),
        "there": (state.root, ("ls-tree", "-z", "HEAD", "--", *names)),
    }, remaining(until))  # fmt: skip
    if any(answer.failed for answer in answers.values()):
        state.failed += [answer.failed for answer in answers.values() if answer.failed]
        state.uncertain += names
        return
    here = dict(zip(names, answers["here"].text().split(), strict=False))
    there = {entry.partition("\t")[2]: entry.split()[2] for entry in answers["there"].text().split("\0") if entry}
    state.changed = (state.changed or []) + [name for name in names if here.get(name) != there.get(name)]


# --- tags ---------------------------------------------------------------------------------------------------------


def _tags(found: dict[str, str], state: State, script: Source | None) -> None:
    found["dirty"] = state.dirty()
    if state.commit:
        found |= {"commit": state.commit, "branch": state.branch}
    if state.address:
        found["repository"] = redaction.text(state.address)
    if state.changed is not None:
        found["changed_files"] = str(len(state.changed))
    if state.untracked is not None:
        found["untracked_files"] = str(len(state.untracked))
    for tag, names in (
        ("uncommitted_code", state.strangers), ("edited_since_loaded", state.stale),
        ("perhaps_edited_since_loaded", state.uncertain),
    ):  # fmt: skip
        if names:
            found[tag] = _listed(names)
    if script is not None and state.root in script.place.parents and root_of(script.place.parent) == state.root:
        name = script.place.relative_to(state.root).as_posix()
        found["entry_point"] = name
        if state.strangers is not None and name in state.strangers:
            found["entry_point_state"] = "untracked"
        elif name in (state.changed or []) or script.state == CHANGED:
            found["entry_point_state"] = "modified"
        elif state.commit and state.changed is not None and state.strangers is not None and script.state == AS_LOADED:
            found["entry_point_state"] = "committed"


def _listed(names: Sequence[str]) -> str:
    """A JSON list of as many names as a tag holds; the last word says how many more there are."""
    kept = sorted(names)
    text = json.dumps(kept)
    while len(text) > TAG_BYTES:
        kept = kept[: len(kept) * 3 // 4]
        text = json.dumps([*kept, f"... and {len(names) - len(kept)} more"])
    return text


def _others(found: dict[str, str], states: Sequence[State], further: Sequence[Path]) -> None:
    listed: list[dict[str, str]] = []
    for state in states:
        about = {"name": state.root.name, "dirty": state.dirty()}
        if state.commit:
            about |= {"commit": state.commit, "branch": state.branch}
        if state.address:
            about["repository"] = redaction.text(state.address)
        listed.append(about)
    listed += [{"name": place.name, "dirty": "unknown"} for place in further]
    text = json.dumps(listed)
    while len(text) > TAG_BYTES:
        listed = [*listed[: len(listed) * 3 // 4], {"name": "... and more", "dirty": "unknown"}]
        text = json.dumps(listed)
    found["other_repositories"] = text
    if any(state.failed for state in states):
        said = next(f"{state.root.name}: {state.failed[0]}" for state in states if state.failed)
        found["failed_other_repositories"] = redaction.text(said)[:500]


def _digests(found: dict[str, str], state: State, until: float) -> None:
    """Digests of what the commit does not hold: the changes, and the files that git does not know."""
    if state.changed and state.commit:
        words = ("diff", "--binary", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames",
                 "--ignore-submodules=untracked", "HEAD")  # fmt: skip
        answer = git.ask({"": (state.root, words)}, remaining(until))[""]
        if answer.failed:
            state.failed.append(answer.failed)
        else:
            found["diff_sha256"] = answer.sha256
    if state.untracked:
        found["untracked_sha256"] = _untracked_digest(state.root, state.untracked, until)


def _untracked_digest(root: Path, names: Sequence[str], until: float) -> str:
    """SHA-256 over names and contents of untracked files; names and sizes where they are many, large or slow."""
    sizes: dict[str, int] = {}
    for name in names:
        try:
            about = (root / name).lstat()
        except OSError:
            continue  # gone since git saw it
        if stat.S_ISREG(about.st_mode):
            sizes[name] = about.st_size
    if len(sizes) > UNTRACKED_FILES or sum(sizes.values()) > UNTRACKED_BYTES:
        return f"names-and-sizes:{_digest_of(sizes)}"
    contents: dict[str, str | int] = {}
    unreadable = 0
    for name, size in sizes.items():
        if time.monotonic() > until:
            return f"names-and-sizes:{_digest_of(sizes)}"
        try:
            with (root / name).open("rb") as stream:
                contents[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            continue
        except OSError:
            contents[name] = size
            unreadable += 1
    said = f" ({unreadable} of {len(contents)} files could not be read)" if unreadable else ""
    return _digest_of(contents) + said


def _digest_of(values: Mapping[str, str | int]) -> str:
    lines = "".join(f"{name}\0{value}\n" for name, value in values.items())
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
