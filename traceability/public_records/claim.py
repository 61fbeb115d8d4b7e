"""The confirmatory claim on public records: an exact binomial test whose unit is the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from traceability import intervals


@dataclass(frozen=True)
class Claim:
    """What the plan declares: the share tested against, the level, and what the power was computed for."""

    against: float
    alpha: float
    planned: int
    share: float


def owners(units: pd.DataFrame) -> pd.Series:
    """For each owner whether more than half of its repositories lead; `units` are rows of `tables.REPOSITORIES`."""
    leading = units["majority_leads"].astype("int64").groupby(units["owner"]).mean()
    return (leading > 0.5).astype("int64")


def rows(units: pd.DataFrame, claim: Claim, confidence: float) -> list[dict[str, Any]]:
    """The rows of `tables.CLAIM`: the test first, then the estimate without repositories seen before."""
    parts = {"all": units, "without repositories seen before": units[units["seen"] == 0]}
    found = []
    for sample, part in parts.items():
        leads = owners(part)
        k, n = int(leads.sum()), len(leads)
        low, high = intervals.clopper_pearson(k, n, confidence)
        row = {
            "sample": sample, "k": k, "n": n, "share": k / n if n else None, "low": low, "high": high,
            "against": claim.against, "p": None, "planned": claim.planned, "verdict": "estimate",
            "power": intervals.binomial_power(n, claim.share, claim.against, claim.alpha),
        }  # fmt: skip
        if sample == "all":
            p = intervals.binomial_exact(k, n, claim.against)
            row |= {"p": p, "verdict": _verdict(k, n, p, claim)}
        found.append(row)
    return found


def _verdict(k: int, n: int, p: float, claim: Claim) -> str:
    if p > claim.alpha:
        return "undecided"
    return "fewer than half" if k / n < claim.against else "more than half"
