"""Judges of the code version: would a reader of the record get the code that ran?"""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

from traceability.capture import entries
from traceability.capture.entries import Claim
from traceability.capture.judges.verdict import Launched, Verdict, equal, missing

#: What programs are called where there is no file.
_NO_FILE = ("", "-", "-c", "-m", "<stdin>", "<string>")


def obtained(launched: Launched, commit: str) -> set[str]:
    """Files that ran and that the record gives: by its commits, as stored copies, or through a recorded diff."""
    truth = launched.truth
    further = [
        named for claim in launched.of("other_repositories") for named in entries.further(str(claim.value), "commit")
    ]
    given = {path for name in (commit, *further) for path in truth["checkouts"].get(name) or []}
    given |= {path for path, digest in truth["files"].items() if launched.stored(digest)}
    if commit and _diff_recorded(launched):
        given |= {path for path in truth["files"] if path not in truth["untracked_paths"]}
    return given


def commit(launched: Launched) -> Verdict:
    truth = launched.truth
    expected = truth["commit"] or "no commit"
    named = [claim for claim in launched.of("commit") if claim.value and claim.value != "none"]
    if not named:
        return missing(expected)
    best = None
    for claim in named:
        share = len(obtained(launched, claim.value)) / len(truth["files"])
        known = truth["checkouts"].get(claim.value) is not None
        if known and share == 1:
            return Verdict("correct", 1.0, claim, expected, claim.value)
        says = launched.says_changed() if known else None
        verdict = Verdict("partial" if says else "misleading", share, claim, expected, claim.value)
        if says is not None:
            verdict = Verdict("partial", share, claim, expected, f"{claim.value}, {says.field} {says.value}")
        best = best or verdict
    assert best is not None  # noqa: S101 - there is at least one claim
    return best


def branch(launched: Launched) -> Verdict:
    name = launched.truth["branch"]
    detached = ("", "HEAD", "detached", "(detached)")
    claims = launched.of("branch") + _further(launched, "branch")
    return equal(claims, name or "detached", None if name else lambda value: value in detached)


def _further(launched: Launched, name: str) -> list[Claim]:
    """What the record says of repositories beside the one that the entry point lies in."""
    return [
        Claim(name, value, claim.place, claim.by_whom)
        for claim in launched.of("other_repositories")
        for value in entries.further(str(claim.value), name)
    ]


def remote(launched: Launched) -> Verdict:
    expected = launched.truth["remote"]
    # "none" is the plugin's word for having looked in vain.
    claims = [claim for claim in launched.of("remote") if claim.value not in ("", "none")]
    claims += _further(launched, "repository")
    if not expected:
        return missing("no remote")
    return equal(claims, expected, lambda value: _place(value) == _place(expected))


def _place(address: str) -> str:
    """An address without scheme and leading slashes, as trackers shorten it."""
    return str(address).removeprefix("file://").removeprefix("git://").strip("/").removesuffix(".git")


def dirty_state(launched: Launched) -> Verdict:
    dirty = launched.truth["dirty"]
    if dirty is None:
        return missing("no repository")
    claims = []
    for claim in launched.of("dirty_state"):
        value = entries.plain(claim.value)
        if isinstance(value, bool):
            claims.append(Claim("dirty_state", value, claim.place, claim.by_whom))
        elif value in ("modified", "untracked"):
            claims.append(Claim("dirty_state", True, claim.place, claim.by_whom))
    if not claims:
        # A diff that is there says it too.
        claims = [Claim("dirty_state", bool(str(claim.value).strip()), claim.place, claim.by_whom)
                 for claim in launched.of("diff")]  # fmt: skip
    return equal(claims, bool(dirty))


def _changed_lines(diff: str) -> list[str]:
    """The lines that a diff adds or removes."""
    return [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def _diff_recorded(launched: Launched) -> Claim | None:
    """The claim that holds every changed line."""
    lines = _changed_lines(launched.truth["diff"])
    for claim in launched.of("diff"):
        said = _changed_lines(str(claim.value))
        if lines and all(line in said for line in lines):
            return claim
    return None


def _says_clean(launched: Launched, *fields: str) -> Claim | None:
    """The entry that says that there is nothing to record."""
    for claim in launched.of(*fields):
        value = entries.plain(claim.value)
        if value is False or value in (None, "", []):
            return claim
    return None


def diff(launched: Launched) -> Verdict:
    """Parts: the changed files, as copies; a digest gives none of them."""
    truth: Any = launched.truth
    if truth["dirty"] is None:
        return missing("no repository")
    if not truth["diff"]:
        clean = _says_clean(launched, "dirty_state", "diff")
        return Verdict("correct", 1.0, clean, "none", "none") if clean else missing("none")
    expected = " ".join(_changed_lines(truth["diff"]))
    whole = _diff_recorded(launched)
    if whole is not None:
        return Verdict("correct", 1.0, whole, expected, " ".join(_changed_lines(str(whole.value))))
    copies = [launched.stored(digest) for path, digest in truth["files"].items() if path in truth["changed_paths"]]
    kept = [copy for copy in copies if copy is not None]
    if kept:
        share = len(kept) / len(copies)
        return Verdict("correct" if share == 1 else "partial", share, kept[0], expected, kept[0].name)
    return _by_digest(launched, "diff_digest", expected)


def untracked_files(launched: Launched) -> Verdict:
    """Parts: the names; a digest gives none of them."""
    names = launched.truth["untracked"]
    if launched.truth["dirty"] is None:
        return missing("no repository")
    if not names:
        clean = _says_clean(launched, "untracked_files")
        if clean is None and any(claim.by_whom == "plugin" for claim in launched.of("dirty_state")):
            # The plugin counts untracked files when it says that a tree is clean; git's own word does not.
            clean = _says_clean(launched, "dirty_state")
        return Verdict("correct", 1.0, clean, "none", "none") if clean else missing("none")
    expected = " ".join(names)
    stored = {claim.name.rpartition("/")[2]: claim for claim in launched.of("file_sha256")}
    claims = [claim for claim in launched.of("untracked_files", "uncommitted_code")]
    kept = [name for name in names if Path(name).name in stored or any(name in str(c.value) for c in claims)]
    if kept:
        claim = stored.get(Path(kept[0]).name) or claims[0]
        share = len(kept) / len(names)
        return Verdict("correct" if share == 1 else "partial", share, claim, expected, " ".join(kept))
    return _by_digest(launched, "untracked_digest", expected)


def _by_digest(launched: Launched, field: str, expected: str) -> Verdict:
    """A digest lets a reader recognise a change that he finds elsewhere; it gives none of its parts."""
    claims = [claim for claim in launched.of(field) if claim.value]
    return Verdict("partial", 0.0, claims[0], expected, str(claims[0].value)) if claims else missing(expected)


def entry_point(launched: Launched) -> Verdict:
    wanted, folder = launched.truth["entry_point"], launched.truth["directory"]
    claims = [claim for claim in launched.of("entry_point") if str(claim.value).strip() not in _NO_FILE]
    if not wanted:
        expected = "no file"
        # A name that is no file says no more than that there was none.
        claims = [claim for claim in claims if str(claim.value).endswith((".py", ".ipynb"))]
        return Verdict("misleading", 0.0, claims[0], expected, str(claims[0].value)) if claims else missing(expected)

    def same(value: Any) -> bool:
        path = posixpath.normpath(posixpath.join(folder, str(value)))
        # A name relative to the repository counts too.
        return path == wanted or (not str(value).startswith("/") and f"{wanted}".endswith(f"/{value}"))

    verdict = equal(claims, wanted, same)
    launcher = any(claim.value == "installed" for claim in launched.of("entry_point_state"))
    # A record that calls what it names an installed launcher does not pass it off as the user's file.
    return missing(wanted) if launcher and verdict.verdict == "misleading" else verdict


def entry_point_sha256(launched: Launched) -> Verdict:
    digest = launched.truth["entry_point_sha256"]
    if not digest:
        return missing("no file")
    copy = launched.stored(digest)
    if copy is not None:
        return Verdict("correct", 1.0, copy, digest, copy.name)
    return equal(launched.of("entry_point_sha256"), digest)
