"""Costs of one level relative to another: ratios of medians with their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from traceability.intervals import ratio_of_medians

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
