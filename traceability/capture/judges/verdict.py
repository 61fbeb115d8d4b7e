"""The record against the truth, field by field.

A judge takes the claims of one launch and what was so, and says correct, partial, misleading or missing. The share is
counted: parts of the truth that the record gives, of all its parts; each judge says which parts.
*Misleading* on code is METHOD 7's: who checks out what the record names gets other code than ran, and nothing in the
record says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from traceability.capture import entries
from traceability.capture.entries import Claim


@dataclass(frozen=True)
class Verdict:
    """What a judge says; `claim` is the entry that decided, `recorded` what it is quoted as."""

    verdict: str
    share: float | None = None
    claim: Claim | None = None
    expected: str = ""
    recorded: str = ""


@dataclass(frozen=True)
class Launched:
    """One launch: its claims, and the truth as `truth.py` notes it."""

    claims: tuple[Claim, ...]
    truth: Mapping[str, Any]

    def of(self, *fields: str) -> list[Claim]:
        """Claims on any of these fields, in the order of the record."""
        return [claim for claim in self.claims if claim.field in fields]

    def stored(self, digest: str) -> Claim | None:
        """The stored file with this SHA-256, if there is one."""
        return next((claim for claim in self.of("file_sha256") if digest and claim.value == digest), None)

    def flags(self) -> list[tuple[Claim, dict[str, Any]]]:
        """Claims that are JSON objects of variables and flags."""
        objects = []
        for claim in self.of("flags", "variables"):
            value = claim.value if isinstance(claim.value, dict) else entries.plain(claim.value)
            if isinstance(value, dict):
                objects.append((claim, value))
        return objects

    def says_changed(self) -> Claim | None:
        """The entry that tells a reader that the code was not as committed."""
        for claim in self.of("dirty_state", "uncommitted_code", "diff", "untracked_files"):
            value = entries.plain(claim.value)
            if value is True or value in ("modified", "untracked"):
                return claim
            if claim.field in ("uncommitted_code", "diff", "untracked_files") and value not in (None, "", []):
                return claim
        # Code that lies outside every repository is in no commit.
        return next((claim for claim in self.of("entry_point_state") if claim.value == "outside"), None)


Judge = Callable[[Launched], Verdict]


def missing(expected: Any) -> Verdict:
    """Nothing is recorded."""
    return Verdict("missing", 0.0, None, str(expected))


def equal(claims: Sequence[Claim], expected: Any, same: Callable[[Any], bool] | None = None) -> Verdict:
    """Correct where a claim is the truth, misleading where there are only others, missing where there is none."""
    agrees = same or (lambda value: str(value).strip() == str(expected))
    for claim in claims:
        if agrees(claim.value):
            return Verdict("correct", 1.0, claim, str(expected), str(claim.value))
    if claims:
        return Verdict("misleading", 0.0, claims[0], str(expected), str(claims[0].value))
    return missing(expected)


def recall(truth: Mapping[str, Any], claims: Sequence[Claim], same: Callable[[Any, Any], bool]) -> Verdict:
    """Share of `truth` (name: value) that named claims hold; a name with only wrong values is misleading."""
    right: list[Claim] = []
    wrong: list[Claim] = []
    for name, value in truth.items():
        here = [claim for claim in claims if claim.name.rpartition("/")[2] == name]
        good = next((claim for claim in here if same(value, claim.value)), None)
        right += [good] if good else []
        wrong += here[:1] if here and not good else []
    expected = " ".join(f"{name}={value}" for name, value in truth.items())
    quoted = " ".join(f"{claim.name}={claim.value}" for claim in right + wrong)
    share = len(right) / len(truth) if truth else 0.0
    if wrong:
        return Verdict("misleading", share, wrong[0], expected, quoted)
    if not right:
        return missing(expected)
    return Verdict("correct" if share == 1 else "partial", share, right[0], expected, quoted)


def share_of(**parts: bool) -> float:
    """Parts of a fact that a record gives, of all that it has."""
    return sum(parts.values()) / len(parts)


def same_value(one: Any, other: Any) -> bool:
    """Do a true value and a recorded text stand for the same?"""
    left, right = entries.plain(one), entries.plain(other)
    return bool(left == right) or str(one) == str(other)
