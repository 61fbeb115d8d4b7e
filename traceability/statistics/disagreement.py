"""How often two runs of an arm predict different classes for the same example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from traceability.errors import StudyError
from traceability.statistics import spread
from traceability.statistics.plan import Plan
from traceability.statistics.samples import Arm, arms
from traceability.training.tables import label

#: Fewer runs give so few different pairs that a bootstrap interval would look precise and mean nothing.
_SMALLEST_BOOTSTRAP = 5


def churn_rows(
    runs: pd.DataFrame,
    plan: Plan,
    kept: Mapping[str, NDArray[np.generic]],
    resamples: int,
    seed: int,
    confidence: float,
) -> list[dict[str, Any]]:
    """Rows of `CHURN`: one per arm of a classifier whose runs share an evaluation set.

    `kept` holds the predictions of every run, by `<workload>/<arm>-<replicate>` (or `-fresh`, `-era`). Where a seed is
    run twice, its first run stands for it. Raises `StudyError` for a run without its predictions.
    """
    rows = []
    for arm in arms(runs, plan):
        primary = plan.primary_metrics.get(arm.workload)
        if primary is None or primary.images is None or not arm.fixed_evaluation or arm.units < 2:
            continue
        predictions = _predictions(arm, kept)
        churn, low, high = spread.mean_churn(predictions, resamples, seed, confidence)
        enough = churn == 0 or len(predictions) >= _SMALLEST_BOOTSTRAP
        rows.append({
            "workload": arm.workload, "arm": arm.name, "units": len(predictions), "examples": predictions.shape[1],
            "churn": churn, "low": low if enough else None, "high": high if enough else None,
            "accuracy_sd": float(arm.values(primary.metric).std(ddof=1)),
        })  # fmt: skip
    return rows


def _predictions(arm: Arm, kept: Mapping[str, NDArray[np.generic]]) -> NDArray[np.generic]:
    """Predicted classes, shape (units, examples)."""
    runs = arm.runs.drop_duplicates("pair") if arm.paired else arm.runs
    predicted = []
    for run in runs.itertuples():
        name = f"{arm.workload}/{label(arm.name, int(run.replicate), str(run.process))}"  # type: ignore[arg-type]
        if name not in kept:
            raise StudyError(f"predictions.npz: no predictions of {name}; run `snakemake training` again")
        predicted.append(kept[name])
    if len({len(one) for one in predicted}) > 1:
        raise StudyError(f"{arm.workload}/{arm.name}: runs predict different numbers of examples; run the arm again")
    return np.stack(predicted)
