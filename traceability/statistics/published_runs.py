"""The published runs of the study of 2024 beside our repetition of them, from the raw tables of 60 trainings.

The raw tables lie in resources/published/training_fashion with the plan they were made under, so that this comparison
is made anew wherever the study runs, also where the trainings were not.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from traceability import intervals
from traceability.statistics import spread
from traceability.statistics.arms import contrast_rows
from traceability.statistics.plan import Plan
from traceability.statistics.samples import arms
from traceability.statistics.tables import SLIP

Row = dict[str, Any]

WORKLOAD = "fashion_mnist_mlp"
CONTRAST = "slip_spread"
#: Images behind a share, where a metric is one.
IMAGES = {"train_accuracy": 60_000, "val_accuracy": 5_000, "test_accuracy": 5_000, "scaled_test_accuracy": 5_000}
#: Arms in which nothing was fixed, with the libraries they ran in.
UNSEEDED = {"unseeded": "today", "era_unseeded": "era"}
#: So many published runs there were.
_PUBLISHED = 3


def published_rows(runs: pd.DataFrame, plan: Plan, resamples: int, seed: int, confidence: float) -> list[Row]:
    """Rows of `PUBLISHED_RUNS`: every published value beside the unseeded runs of each set of libraries.

    `rank` counts from the smallest: 1 is below all our runs, n + 1 above all of them.
    """
    known = {arm.name: arm for arm in arms(runs, plan) if arm.workload == WORKLOAD}
    rows = []
    for published in plan.published_runs:
        if published.workload != WORKLOAD:
            continue
        for name, environment in UNSEEDED.items():
            values = known[name].values(published.metric) if name in known else np.empty(0)
            about = _distribution(values, published.metric, resamples, seed, confidence)
            for number, value in enumerate(published.values, start=1):
                row: Row = {
                    "source": published.source, "metric": published.metric, "environment": environment, "arm": name,
                    "run": number, "published": value, "rank": None, "inside": "not_measured",
                }  # fmt: skip
                if values.size:
                    # A published value is rounded: one that rounds to the same is not below it.
                    row["rank"] = 1 + int((values < value - 1e-9).sum())
                if about["prediction_low"] is not None:
                    inside = about["prediction_low"] <= value <= about["prediction_high"]
                    row["inside"] = "yes" if inside else "no"
                rows.append(row | about)
    return rows


def _distribution(
    values: NDArray[np.float64], metric: str, resamples: int, seed: int, confidence: float
) -> dict[str, Any]:
    names = ("mean", "sd", "sd_low", "sd_high", "prediction_low", "prediction_high", "sd_images", "three_low",
             "three_high")  # fmt: skip
    row: Row = dict.fromkeys(names) | {"n": values.size}
    if values.size < _PUBLISHED:
        return row
    row |= {"mean": float(values.mean()), "sd": float(values.std(ddof=1))}
    row["sd_low"], row["sd_high"] = intervals.sd_interval(values, resamples, seed, confidence)
    row["prediction_low"], row["prediction_high"] = intervals.prediction_interval(values, confidence)
    if metric in IMAGES:
        row["sd_images"] = row["sd"] * IMAGES[metric]
    row["three_low"], row["three_high"] = sds_of_three(values, confidence)
    return row


def sds_of_three(values: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Between which SDs the middle `confidence` of all choices of three of the runs lie: what three runs can say."""
    chosen = values[np.array(list(combinations(range(values.size), _PUBLISHED)))]
    low, high = intervals.percentiles(chosen.std(axis=1, ddof=1), confidence)
    return float(low), float(high)


def slip_row(runs: pd.DataFrame, plan: Plan, resamples: int, seed: int, confidence: float) -> Row:
    """The row of `SLIP`: the confirmatory contrast on the same trainings, with the interval of its ratio.

    Where fewer runs than planned are there the ratio is described and nothing is concluded.
    """
    contrast = plan.confirmatory.contrasts[CONTRAST]
    (tested,) = [row for row in contrast_rows(runs, plan) if row["contrast"] == CONTRAST]
    arm = next((arm for arm in arms(runs, plan) if (arm.workload, arm.name) == (WORKLOAD, contrast.arm)), None)
    pairs = arm.pairs_of(contrast.first, contrast.second) if arm else np.empty((0, 2))
    row: Row = dict.fromkeys(SLIP.column_names) | {
        "contrast": CONTRAST, "n_planned": contrast.n, "n": len(pairs), "margin": plan.margins["spread"].value,
        "verdict": tested["verdict"], "p": tested["p"], "p_holm": tested["p_holm"], "ratio": tested["estimate"],
    }  # fmt: skip
    if len(pairs) >= _PUBLISHED:
        for column, values in (("unscaled", pairs[:, 0]), ("scaled", pairs[:, 1])):
            row[f"mean_{column}"], row[f"sd_{column}"] = float(values.mean()), float(values.std(ddof=1))
        unscaled, scaled = pairs[:, 0], pairs[:, 1]
        row["correlation"] = float(stats.pearsonr(unscaled, scaled).statistic)
        row["ratio_low"], row["ratio_high"] = spread.sd_ratio_interval(unscaled, scaled, resamples, seed, confidence)
    return row
