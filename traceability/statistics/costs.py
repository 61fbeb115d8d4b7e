"""Costs of one level relative to another: ratios of medians with a percentile bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

BASE = "none"
"""The level that others are compared with: nothing is recorded, nothing made deterministic."""
QUANTITIES = ("fit_seconds", "track_seconds", "total_seconds", "database_bytes", "artifact_bytes")


def cost_rows(costs: pd.DataFrame, resamples: int, seed: int, confidence: float) -> list[dict[str, Any]]:
    """One row per workload, level and quantity: the median, and its ratio to the base level's with an interval.

    Runs that failed are counted and left out. A ratio to a median of 0 (bytes, where nothing is recorded) is empty, as
    is the interval of fewer than 3 repetitions.
    """
    rows = []
    for (workload, level), group in costs.groupby(["workload", "level"]):
        finished = group[group["status"] == "finished"]
        base = costs[(costs["workload"] == workload) & (costs["level"] == BASE) & (costs["status"] == "finished")]
        for quantity in QUANTITIES:
            above = finished[quantity].to_numpy(dtype=float)
            below = base[quantity].to_numpy(dtype=float)
            row = {"workload": workload, "level": level, "quantity": quantity, "n": len(above)}
            row |= {"failed": len(group) - len(above), "weights": finished["weights_sha256"].nunique()}
            row["median"] = float(np.median(above)) if len(above) else None
            rows.append(row | ratio_of_medians(above, below, resamples, seed, confidence))
    return rows


def ratio_of_medians(
    above: np.ndarray, below: np.ndarray, resamples: int, seed: int, confidence: float
) -> dict[str, float | None]:
    """Ratio of the medians of two samples and its bootstrap interval: keys `ratio`, `low`, `high`.

    All are empty without values or with a median of 0 below; the interval also with fewer than 3 values.
    """
    if not (len(above) and len(below)) or np.median(below) <= 0:
        return {"ratio": None, "low": None, "high": None}
    ratio = float(np.median(above) / np.median(below))
    if min(len(above), len(below)) < 3:
        return {"ratio": ratio, "low": None, "high": None}
    interval = bootstrap(
        (above, below),
        lambda a, b, axis: np.median(a, axis=axis) / np.median(b, axis=axis),
        n_resamples=resamples, confidence_level=confidence, method="percentile", rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return {"ratio": ratio, "low": float(interval.low), "high": float(interval.high)}
