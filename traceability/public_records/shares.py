"""Shares of public records: the unit is the repository, the cluster its owner, never the run (METHOD 37).

One repository can hold two thirds of all runs, so a share is the mean over repositories of the share of their runs; it
stands beside the share of repositories of which most, or all, runs have it, and the share of all runs pooled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from traceability import intervals

MEASURES = ("mean", "most", "all", "pooled")


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made."""

    resamples: int
    seed: int
    confidence: float


def share(counts: pd.DataFrame, measure: str, how: Bootstrap) -> dict[str, Any]:
    """A share with its interval, from one row per repository with columns `owner`, `k` (runs with it) and `n` (runs).

    Keys: share, low, high, interval, repositories, owners, runs. Repositories without a run do not count. Where all
    repositories agree, or there is one owner only, the interval is the exact one over owners.
    """
    rows = counts[counts["n"] > 0]
    k, n = rows["k"].to_numpy(dtype=np.float64), rows["n"].to_numpy(dtype=np.float64)
    one = np.ones(len(rows))
    above, below = {
        "mean": (k / n, one), "most": ((2 * k > n).astype(float), one), "all": ((k == n).astype(float), one),
        "pooled": (k, n),
    }[measure]  # fmt: skip
    owners = int(rows["owner"].nunique())
    about = {"repositories": len(rows), "owners": owners, "runs": int(n.sum())}
    if not len(rows):
        return {"share": None, "low": None, "high": None, "interval": "none: no run", **about}
    value = float(above.sum() / below.sum())
    if owners < 2 or np.ptp(above / below) == 0:
        low, high = intervals.clopper_pearson(round(value * owners), owners, how.confidence)
        return {"share": value, "low": min(low, value), "high": max(high, value), "interval": "exact, owners", **about}
    low, high = intervals.clustered_ratio(
        above, below, rows["owner"].to_numpy(), how.resamples, how.seed, how.confidence
    )
    return {"share": value, "low": low, "high": high, "interval": "owner bootstrap", **about}


def counted(repositories: pd.Series, having: pd.Series) -> pd.DataFrame:
    """One row per repository: its owner, runs with something (`k`) and runs (`n`), for `share`."""
    grouped = having.astype("int64").groupby(repositories)
    found = pd.DataFrame({"k": grouped.sum(), "n": grouped.size()})
    return found.assign(owner=found.index.str.partition("/").get_level_values(0))
