"""The record against the truth, field by field.

A judge takes the claims of one launch and what was so, and says correct, partial, misleading or missing. The share is
counted: parts of the truth that the record gives, of all its parts; each judge says which parts.
*Misleading* on code is METHOD 7's: who checks out what the record names gets other code than ran, and nothing in the
record says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from traceability.capture import entries as reading
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
        found = []
        for claim in self.of("flags", "variables"):
            value = claim.value if isinstance(claim.value, dict) else reading.plain(claim.value)
            if isinstance(value, dict):
                found.append((claim, value))
        return found

    def says_changed(self) -> Claim | None:
        """The entry that tells a reader that the code was not as committed."""
        for claim in self.of("dirty_state", "uncommitted_code", "diff", "untracked_files"):
            value = reading.plain(claim.value)
            if value is True or value in ("modified", "untracked"):
                return claim
            if claim.field in ("uncommitted_code", "diff", "untracked_files") and value not in (None, "", []):
                return claim
        # Code that lies outside every repository is in no commit.
        return next((claim for claim in self.of("entry_point_state") if claim.value == "outside"), None)


Judge = Callable[[Launched], Verdict]
JUDGES: dict[str, Judge] = {}


def judges(field: str) -> Callable[[Judge], Judge]:
    """Register the judge of a field."""

    def register(function: Judge) -> Judge:
        JUDGES[field] = function
        return function

    return register


def missing(expected: Any) -> Verdict:
    """Nothing is recorded."""
    return Verdict("missing", 0.0, None, str(expected))


def equal(found: Sequence[Claim], expected: Any, same: Callable[[Any], bool] | None = None) -> Verdict:
    """Correct where a claim is the truth, misleading where there are only others, missing where there is none."""
    agrees = same or (lambda value: str(value).strip() == str(expected))
    for claim in found:
        if agrees(claim.value):
            return Verdict("correct", 1.0, claim, str(expected), str(claim.value))
    if found:
        return Verdict("misleading", 0.0, found[0], str(expected), str(found[0].value))
    return missing(expected)


def recall(truth: Mapping[str, Any], found: Sequence[Claim], same: Callable[[Any, Any], bool]) -> Verdict:
    """Share of `truth` (name: value) that named claims hold; a name with only wrong values is misleading."""
    right: list[Claim] = []
    wrong: list[Claim] = []
    for name, value in truth.items():
        here = [claim for claim in found if claim.name.rpartition("/")[2] == name]
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
    left, right = reading.plain(one), reading.plain(other)
    return bool(left == right) or str(one) == str(other)


# --- run parameters, randomness, results --------------------------------------------------------------------------


@judges("argv")
def argv(launched: Launched) -> Verdict:
    words = [str(word) for word in launched.truth["argv"][1:]]
    expected = " ".join(words)
    best = missing(expected)
    for claim in launched.of("argv"):
        said = claim.value if isinstance(claim.value, list) else str(claim.value).split()
        left = [str(word).strip("'\"") for word in said]
        kept = 0
        for word in words:
            if word in left:
                left.remove(word)
                kept += 1
        share = kept / len(words) if words else 1.0
        verdict = "correct" if share == 1 else "partial" if kept else "misleading"
        if best.verdict == "missing" or share > (best.share or 0):
            best = Verdict(verdict, share, claim, expected, str(claim.value))
    return best


@judges("parameters")
def parameters(launched: Launched) -> Verdict:
    return recall(launched.truth["parameters"], launched.of("parameters"), same_value)


@judges("defaults")
def defaults(launched: Launched) -> Verdict:
    return recall(launched.truth["defaults"], launched.of("parameters", "defaults"), same_value)


@judges("split")
def split(launched: Launched) -> Verdict:
    wanted = {name: launched.truth["split"][name] for name in ("seed", "test_size")}
    return recall(wanted, launched.of("parameters"), same_value)


@judges("seed")
def seed(launched: Launched) -> Verdict:
    wanted = launched.truth["parameters"]["seed"]
    named = [c for c in launched.of("parameters") if c.name.rpartition("/")[2] in ("seed", "random_state")]
    for claim in launched.of("seeds"):
        value = reading.plain(claim.value)
        said = list(value.values()) if isinstance(value, dict) else [value]
        named += [Claim("seed", text, claim.place, claim.by_whom) for text in said if same_value(wanted, text)]
    return equal(named, wanted, lambda value: same_value(wanted, value))


@judges("hash_seed")
def hash_seed(launched: Launched) -> Verdict:
    wanted = launched.truth["variables"].get("PYTHONHASHSEED", "")
    found = [Claim("hash_seed", value["PYTHONHASHSEED"], c.place, c.by_whom)
             for c, value in launched.flags() if "PYTHONHASHSEED" in value]  # fmt: skip
    return equal(found, wanted)


@judges("determinism")
def determinism(launched: Launched) -> Verdict:
    wanted = bool(launched.truth["deterministic_ops"])
    found = [Claim("determinism", value["deterministic_ops"], c.place, c.by_whom)
             for c, value in launched.flags() if "deterministic_ops" in value]  # fmt: skip
    return equal(found, wanted)


@judges("metrics")
def metrics(launched: Launched) -> Verdict:
    found = [claim for claim in launched.of("metrics") if not claim.name.startswith("system/")]
    values = {name: float(value) for name, value in launched.truth["metrics"].items()}
    by_value: list[Claim] = []
    for name, value in values.items():
        # Autologging has names of its own; a value that is equal to the last digit is that metric.
        same = [claim for claim in found if _number(claim.value) == value]
        by_value += [Claim("metrics", same[0].value, same[0].place, same[0].by_whom, name)] if same else []
    named = [claim for claim in found if claim.name in values]
    return recall(values, by_value + named, lambda one, other: _number(other) == one)


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


@judges("weights")
def weights(launched: Launched) -> Verdict:
    values = [value for array in launched.truth["weights"] for value in array]
    expected = f"{len(values)} weights"
    found = launched.of("weights_file")
    if found:
        return Verdict("correct", 1.0, found[0], expected, found[0].name)
    model = [claim for claim in launched.of("file_path") if claim.name == "MLmodel"]
    if model:
        return Verdict("misleading", 0.0, model[0], expected, "a model with other weights")
    return missing(expected)


# --- data ---------------------------------------------------------------------------------------------------------


@judges("data_location")
def data_location(launched: Launched) -> Verdict:
    """Parts: the folder, and the name in it."""
    path = str(launched.truth["data"])
    folder, _, name = path.rpartition("/")
    for claim in launched.of("data_location"):
        if path in str(claim.value):
            return Verdict("correct", 1.0, claim, path, str(claim.value))
    for claim in launched.of("argv", "variables"):
        if path in str(claim.value):
            return Verdict("correct", 1.0, claim, path, str(claim.value))
    copy = launched.stored(launched.truth["data_sha256"])
    if copy is not None:
        return Verdict("correct", 1.0, copy, path, copy.name)
    partly = next((claim for claim in launched.of("data_location") if name in str(claim.value)), None)
    if partly is None:
        return missing(path)
    said = str(partly.value)
    share = share_of(folder=folder in said, name=name in said)
    return Verdict("correct" if share == 1 else "partial", share, partly, path, said)


@judges("data_content")
def data_content(launched: Launched) -> Verdict:
    digest = launched.truth["data_sha256"]
    copy = launched.stored(digest)
    if copy is not None:
        return Verdict("correct", 1.0, copy, digest, copy.name)
    full = launched.of("data_sha256")
    if full:
        return equal(full, digest)
    covered: Mapping[str, float] = launched.truth.get("digests", {})
    found = launched.of("dataset_digest")
    wrong = [claim for claim in found if claim.value not in covered]
    if wrong:
        return Verdict("misleading", 0.0, wrong[0], " ".join(covered), wrong[0].value)
    if not found:
        return missing(digest)
    best = max(found, key=lambda claim: covered[claim.value])
    share = covered[best.value]
    return Verdict("correct" if share == 1 else "partial", share, best, digest, best.value)


# --- identity -----------------------------------------------------------------------------------------------------


@judges("user")
def user(launched: Launched) -> Verdict:
    # "unknown" is MLflow's word for having no name; who records by commits knows the user as git does.
    known = (launched.truth["user"], launched.truth.get("author"))
    found = [claim for claim in launched.of("user") if claim.value not in ("", "unknown")]
    return equal(found, launched.truth["user"], lambda value: value in known)


@judges("times")
def times(launched: Launched) -> Verdict:
    """Parts: begin and end."""
    begin, end = launched.truth["began"], launched.truth["ended"]
    expected = f"{begin:.0f} to {end:.0f}"

    def inside(value: Any) -> bool:
        seconds = _number(value)
        # Milliseconds are larger than any second of this age.
        seconds = seconds / 1000 if seconds and seconds > 1e11 else seconds
        return seconds is not None and begin - 2 <= seconds <= end + 2

    both = [equal([claim for claim in launched.of(name) if claim.value], expected, inside) for name in ("start", "end")]
    said = [verdict for verdict in both if verdict.verdict != "missing"]
    wrong = next((verdict for verdict in said if verdict.verdict == "misleading"), None)
    if wrong is not None or not said:
        return wrong or missing(expected)
    return said[0] if len(said) == len(both) else replace(said[0], verdict="partial", share=len(said) / len(both))
