"""Published numbers beside those of this machine: same, compatible, different, or not measured.

Each number is compared by its declared kind (METHOD 38). `exact`: it must be equal; where the sample has another size,
a count is compared as the share of its sample. `interval`: the difference of two estimates must lie within its
interval, made of the two intervals by the method of variance estimates recovery (Newcombe, Statistics in Medicine 1998,
17:873; Zou and Donner, Statistics in Medicine 2008, 27:1693). `machine`: costs, which must be within a factor.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from traceability import intervals
from traceability.reproduction import origins
from traceability.reproduction.tables import COMPATIBLE, DIFFERENT, NOT_MEASURED, SAME

#: Relative difference of equal values that were computed with other versions of the same libraries.
ROUNDING = 1e-9

Entry = Mapping[str, Any]
Verdict = tuple[str, str, float | None, float | None]


@dataclass(frozen=True)
class Sameness:
    """How alike the two runs are.

    `same_size`: chapters whose settings are those of the published run. `taken`: chapters that are the published run
    itself, as their raw tables were taken from it. `unlike`: chapters whose values cannot be compared, with the reason.
    """

    same_size: Collection[str] = ()
    taken: Collection[str] = ()
    unlike: Mapping[str, str] = field(default_factory=dict)


def rows(
    published: Mapping[str, Entry], here: Mapping[str, Entry], alike: Sameness, *, confidence: float, factor: float
) -> list[dict[str, Any]]:
    """One row of the table for every published number, in its order.

    `published` and `here` are numbers.json of the two runs; costs may differ by `factor`. Where all raw tables behind a
    number were taken from the published run, it must be equal, whatever its kind.
    """
    made = []
    for name, old in published.items():
        new = here.get(name, {})
        chapters = origins.of_table(str(old["table"]))
        taken = all(chapter in alike.taken for chapter in chapters)
        kind = "exact" if taken else old.get("compared", "exact")
        same = taken or all(chapter in alike.same_size for chapter in chapters)
        low, high = None, None
        why = [] if same else [alike.unlike[chapter] for chapter in chapters if chapter in alike.unlike]
        if not same and origins.MIXED.fullmatch(name):
            why.append("made of other cases here")
        reason = _hindrance(kind, old, new, why)
        verdict = NOT_MEASURED
        if not reason:
            verdict, reason, low, high = _verdict(kind, old, new, same, confidence, factor)
        made.append(
            {"number": name, "chapter": chapters[0], "kind": kind, "verdict": verdict, "reason": reason or None,
             "unit": old["unit"], "difference_low": low, "difference_high": high}
            | {f"published{end}": _cell(end, old) for end in ("", "_low", "_high", "_n")}
            | {f"here{end}": _cell(end, new) for end in ("", "_low", "_high", "_n")}
        )  # fmt: skip
    return made


def _hindrance(kind: str, old: Entry, new: Entry, unlike: Sequence[str]) -> str:
    """Why two values cannot be compared at all; empty where they can. `unlike` says how the two runs differ."""
    if new.get("value") is None:
        return "not measured here"
    if old.get("value") is None:
        return "not measured in the published run"
    # How often a result repeats does not depend on what the result is.
    if unlike and not (kind == "exact" and old.get("scale") == "distinct"):
        return unlike[0]
    return ""


def summary(table: Iterable[Mapping[str, Any]], paper: bool = True, status: str = "published") -> str:
    """The outcome in one sentence, naming what differs; one more where the numbers of the paper are not published.

    `status` is that of the published run: a `trial` is called one.
    """
    counted: dict[str, list[str]] = {}
    for row in table:
        counted.setdefault(row["verdict"], []).append(row["number"])
    agree = len(counted.get(SAME, [])) + len(counted.get(COMPATIBLE, []))
    different = counted.get(DIFFERENT, [])
    every = sum(map(len, counted.values()))
    of_what = "published numbers" if paper else "published numbers of the trainings on Fashion-MNIST"
    text = (
        f"Of {every} {of_what}{' (a trial run)' if status == 'trial' else ''} {agree + len(different)} can be compared "
        f"at this size: {agree} agree, {len(different)} differ"
    )
    text = f"{text} ({', '.join(different)})." if different else f"{text}."
    return text if paper else f"The numbers of the paper are not published yet, so none of them can be compared. {text}"


def _cell(end: str, entry: Entry) -> Any:
    value = entry.get(end.removeprefix("_") or "value")
    if value is None:
        return None
    return str(value) if end == "" else float(value)


def _verdict(kind: str, old: Entry, new: Entry, same_size: bool, confidence: float, factor: float) -> Verdict:
    if kind == "interval":
        counted = old["unit"] == "count" and new.get("n") is not None
        return _by_share(old, new, "share", False, confidence) if counted else _by_interval(old, new)
    if kind == "machine":
        return _by_factor(float(old["value"]), float(new["value"]), factor)
    return _exact(old, new, same_size, confidence)


def _exact(old: Entry, new: Entry, same_size: bool, confidence: float) -> Verdict:
    one, two = old["value"], new["value"]
    same_sample = old.get("n") == new.get("n")
    if _equal(one, two) and same_sample:
        return SAME, "", None, None
    scale = old.get("scale", "size")
    if scale == "size" or isinstance(one, str) or old.get("n") is None or new.get("n") is None:
        if same_size:
            return DIFFERENT, f"{two} here, {one} published", None, None
        return NOT_MEASURED, "depends on the size of the study, which is another one here", None, None
    return _by_share(old, new, scale, same_sample and same_size, confidence)


def _by_share(old: Entry, new: Entry, scale: str, same: bool, confidence: float) -> Verdict:
    """Two counts as shares of their samples; with `same` size of both they must be equal."""
    if _equal(old["value"], new["value"]) and old["n"] == new["n"]:
        return SAME, "", None, None
    verdict, low, high = _as_share(old, new, scale, same, confidence)
    reason = {DIFFERENT: f"{new['value']} of {new['n']} here, {old['value']} of {old['n']} published",
              NOT_MEASURED: "too few observations"}.get(verdict, "")  # fmt: skip
    return verdict, reason, low, high


def _as_share(
    old: Entry, new: Entry, scale: str, same: bool, confidence: float
) -> tuple[str, float | None, float | None]:
    """A count as the share of its sample; with `same` size of both, equality is all that counts."""
    # Of n runs at least one result is distinct; a repeatable arm has one, whatever n is.
    shift = 1 if scale == "distinct" else 0
    (k, n), (m, o) = ((float(entry["value"]) - shift, float(entry["n"]) - shift) for entry in (old, new))
    if min(n, o) < 1:
        return NOT_MEASURED, None, None
    if k / n == m / o and k / n in (0.0, 1.0):
        return SAME, None, None
    if same:
        return DIFFERENT, None, None
    low, high = difference(
        (k / n, *intervals.wilson(round(k), round(n), confidence)),
        (m / o, *intervals.wilson(round(m), round(o), confidence)),
    )
    return (COMPATIBLE if low <= 0 <= high else DIFFERENT), low, high


def _by_interval(old: Entry, new: Entry) -> Verdict:
    ends = [entry.get(end) for entry in (old, new) for end in ("low", "high")]
    if any(end is None for end in ends):
        if _equal(old["value"], new["value"]):
            return SAME, "", None, None
        return NOT_MEASURED, "an interval is missing", None, None
    estimates = [tuple(float(entry[part]) for part in ("value", "low", "high")) for entry in (old, new)]
    ratio = old["unit"] == "ratio" and all(part > 0 for estimate in estimates for part in estimate)
    if ratio:
        estimates = [tuple(math.log(part) for part in estimate) for estimate in estimates]
    low, high = difference(*estimates)  # type: ignore[arg-type]
    zero = low <= 0 <= high
    if ratio:
        low, high = math.exp(low), math.exp(high)
    if _equal(old["value"], new["value"]):
        return SAME, "", low, high
    if zero:
        return COMPATIBLE, "", low, high
    return DIFFERENT, "the difference does not lie within its interval", low, high


def difference(one: tuple[float, float, float], two: tuple[float, float, float]) -> intervals.Interval:
    """Interval of `two` minus `one`, each an estimate with the ends of its own interval."""
    (old, old_low, old_high), (new, new_low, new_high) = one, two
    between = new - old
    low = between - math.hypot(new - new_low, old_high - old)
    high = between + math.hypot(new_high - new, old - old_low)
    return low, high


def _by_factor(old: float, new: float, factor: float) -> Verdict:
    if min(old, new) <= 0:
        same = old == new
        return (SAME, "", None, None) if same else (NOT_MEASURED, "a cost of nothing has no factor", None, None)
    times = new / old
    if 1 / factor <= times <= factor:
        return COMPATIBLE, "", 1 / factor, factor
    return DIFFERENT, f"{times:.2g} times the published cost; up to {factor:g} times is expected", 1 / factor, factor


def _equal(one: Any, two: Any) -> bool:
    if isinstance(one, str) or isinstance(two, str):
        return bool(one == two)
    return math.isclose(float(one), float(two), rel_tol=ROUNDING, abs_tol=0.0)
