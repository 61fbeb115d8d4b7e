"""Judges of parameters, randomness, results, data and identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from traceability.capture import entries
from traceability.capture.entries import Claim
from traceability.capture.judges.verdict import Launched, Verdict, equal, missing, recall, same_value, share_of


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


def parameters(launched: Launched) -> Verdict:
    return recall(launched.truth["parameters"], launched.of("parameters"), same_value)


def defaults(launched: Launched) -> Verdict:
    return recall(launched.truth["defaults"], launched.of("parameters", "defaults"), same_value)


def split(launched: Launched) -> Verdict:
    wanted = {name: launched.truth["split"][name] for name in ("seed", "test_size")}
    return recall(wanted, launched.of("parameters"), same_value)


def seed(launched: Launched) -> Verdict:
    wanted = launched.truth["parameters"]["seed"]
    named = [c for c in launched.of("parameters") if c.name.rpartition("/")[2] in ("seed", "random_state")]
    for claim in launched.of("seeds"):
        value = entries.plain(claim.value)
        said = list(value.values()) if isinstance(value, dict) else [value]
        named += [Claim("seed", text, claim.place, claim.by_whom) for text in said if same_value(wanted, text)]
    return equal(named, wanted, lambda value: same_value(wanted, value))


def hash_seed(launched: Launched) -> Verdict:
    wanted = launched.truth["variables"].get("PYTHONHASHSEED", "")
    claims = [Claim("hash_seed", value["PYTHONHASHSEED"], c.place, c.by_whom)
             for c, value in launched.flags() if "PYTHONHASHSEED" in value]  # fmt: skip
    return equal(claims, wanted)


def determinism(launched: Launched) -> Verdict:
    wanted = bool(launched.truth["deterministic_ops"])
    claims = [Claim("determinism", value["deterministic_ops"], c.place, c.by_whom)
             for c, value in launched.flags() if "deterministic_ops" in value]  # fmt: skip
    return equal(claims, wanted)


def metrics(launched: Launched) -> Verdict:
    claims = [claim for claim in launched.of("metrics") if not claim.name.startswith("system/")]
    values = {name: float(value) for name, value in launched.truth["metrics"].items()}
    by_value: list[Claim] = []
    for name, value in values.items():
        # Autologging has names of its own; a value that is equal to the last digit is that metric.
        same = [claim for claim in claims if _number(claim.value) == value]
        by_value += [Claim("metrics", same[0].value, same[0].place, same[0].by_whom, name)] if same else []
    named = [claim for claim in claims if claim.name in values]
    return recall(values, by_value + named, lambda one, other: _number(other) == one)


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def weights(launched: Launched) -> Verdict:
    values = [value for array in launched.truth["weights"] for value in array]
    expected = f"{len(values)} weights"
    claims = launched.of("weights_file")
    if claims:
        return Verdict("correct", 1.0, claims[0], expected, claims[0].name)
    model = [claim for claim in launched.of("file_path") if claim.name == "MLmodel"]
    if model:
        return Verdict("misleading", 0.0, model[0], expected, "a model with other weights")
    return missing(expected)


# --- data ---------------------------------------------------------------------------------------------------------


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


def data_content(launched: Launched) -> Verdict:
    digest = launched.truth["data_sha256"]
    copy = launched.stored(digest)
    if copy is not None:
        return Verdict("correct", 1.0, copy, digest, copy.name)
    full = launched.of("data_sha256")
    if full:
        return equal(full, digest)
    covered: Mapping[str, float] = launched.truth.get("digests", {})
    claims = launched.of("dataset_digest")
    wrong = [claim for claim in claims if claim.value not in covered]
    if wrong:
        return Verdict("misleading", 0.0, wrong[0], " ".join(covered), wrong[0].value)
    if not claims:
        return missing(digest)
    best = max(claims, key=lambda claim: covered[claim.value])
    share = covered[best.value]
    return Verdict("correct" if share == 1 else "partial", share, best, digest, best.value)


# --- identity -----------------------------------------------------------------------------------------------------


def user(launched: Launched) -> Verdict:
    # "unknown" is MLflow's word for having no name; who records by commits knows the user as git does.
    known = (launched.truth["user"], launched.truth.get("author"))
    claims = [claim for claim in launched.of("user") if claim.value not in ("", "unknown")]
    return equal(claims, launched.truth["user"], lambda value: value in known)


def times(launched: Launched) -> Verdict:
    """Parts: begin and end."""
    begin, end = launched.truth["began"], launched.truth["ended"]
    expected = f"{begin:.0f} to {end:.0f}"

    def during(value: Any) -> bool:
        seconds = _number(value)
        # Milliseconds are larger than any second of this age.
        seconds = seconds / 1000 if seconds and seconds > 1e11 else seconds
        return seconds is not None and begin - 2 <= seconds <= end + 2

    both = [equal([claim for claim in launched.of(name) if claim.value], expected, during) for name in ("start", "end")]
    said = [verdict for verdict in both if verdict.verdict != "missing"]
    wrong = next((verdict for verdict in said if verdict.verdict == "misleading"), None)
    if wrong is not None or not said:
        return wrong or missing(expected)
    return said[0] if len(said) == len(both) else replace(said[0], verdict="partial", share=len(said) / len(both))
