"""Record against replay: weights where the record holds them, else the metrics that both have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from traceability.replay.reasons import Stopped


@dataclass(frozen=True)
class Comparison:
    """What the comparison saw. `weights_equal` is None where the record or the replay holds no weights."""

    verdict: str
    weights_equal: bool | None
    common: int
    equal: int
    largest_difference: float
    differences: dict[str, float]


def compare(
    recorded: Mapping[str, float],
    replayed: Mapping[str, float],
    weights: tuple[str, str],
    margins: Mapping[str, float],
) -> Comparison:
    """The verdict on one replay; `weights` are the digests of record and replay (empty: none).

    `bitwise`: weights equal and no common metric differs; `same_metrics`: every common metric equal, digit for digit;
    `within_margin`: every metric of `margins` that both have (at least one) differs by no more than its margin;
    else `different`. Stops with `no_common_metric` if there is nothing to compare.
    """
    common = sorted(recorded.keys() & replayed.keys())
    known = bool(weights[0] and weights[1])
    if not common and not known:
        raise Stopped("no_common_metric", f"record: {_some(recorded)}; replay: {_some(replayed)}")
    differences = {name: _difference(recorded[name], replayed[name]) for name in common}
    equal = sum(difference == 0 for difference in differences.values())
    judged = [abs(differences[name]) <= margin for name, margin in margins.items() if name in differences]
    if known and weights[0] == weights[1] and equal == len(common):
        verdict = "bitwise"
    elif common and equal == len(common):
        verdict = "same_metrics"
    elif judged and all(judged):
        verdict = "within_margin"
    else:
        verdict = "different"
    return Comparison(
        verdict, weights[0] == weights[1] if known else None, len(common), equal,
        max((abs(value) for value in differences.values()), default=0.0), differences,
    )  # fmt: skip


def _difference(recorded: float, replayed: float) -> float:
    """Replay minus record; two not-a-numbers are the same result."""
    if math.isnan(recorded) and math.isnan(replayed):
        return 0.0
    difference = replayed - recorded
    return difference if math.isfinite(difference) else (0.0 if recorded == replayed else 1e308)


def _some(metrics: Mapping[str, float]) -> str:
    return ", ".join(sorted(metrics)[:3]) or "no metrics"
