"""Runs of this machine beside the published ones, one by one: the same weights, the same predictions, equal metrics?

Two runs are compared where everything that was chosen is the same: arm, number, seed, levels of a crossed design, the
kind of process, and the settings in `SETTINGS`. What is left to differ is the machine and, where `versions` says so, a
library. An unseeded arm is compared too: there chance makes runs differ anywhere, and the table shows that it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from traceability import intervals
from traceability.reproduction import origins

#: What makes two runs runs of the same thing.
KEY = ("workload", "arm", "replicate", "process", "seed", "init", "shuffle", "split")
#: Settings of the training chapter that change what a run computes, by the workloads that they reach.
SETTINGS: Mapping[str, tuple[str, ...]] = {"digits_mlp": ("epochs", "order_seed")}
FASHION = "fashion_mnist_mlp"
_METRIC = "metric."


def rows(
    published: pd.DataFrame, here: pd.DataFrame, settings: tuple[Mapping[str, Any], Mapping[str, Any]],
    confidence: float,
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows of `tables.RUNS_COMPARED`, one per arm of the published runs.

    `published` and `here` are tables of runs (`training.tables.RUNS`); `settings` are the sections of the training
    chapter of both configurations, the published one first.
    """
    made = []
    for (workload, arm), old in published[published["status"] == "finished"].groupby(["workload", "arm"], sort=True):
        new = here[(here["workload"] == workload) & (here["arm"] == arm) & (here["status"] == "finished")]
        row = {"workload": workload, "arm": arm, "kind": old["kind"].iloc[0]}
        other = _other_settings(str(workload), *settings)
        pairs = _pairs(old, new) if not other else _pairs(old, new.iloc[:0])
        reason = f"another setting here: {', '.join(other)}" if other else "" if len(pairs) else "no such run here"
        made.append(row | _compared(pairs, confidence) | {"reason": reason or None})
    return made


def _other_settings(workload: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The settings that make runs of a workload another thing here than they were."""
    if workload == FASHION:
        old, new = old["fashion_mnist"], new["fashion_mnist"]
        return [f"fashion_mnist.{name}" for name in origins.DECISIVE[origins.FASHION] if old.get(name) != new.get(name)]
    return [name for name in SETTINGS.get(workload, ()) if old.get(name) != new.get(name)]


def _pairs(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The same run of both tables in a row; columns end in `_old` and `_new`."""

    def keyed(frame: pd.DataFrame) -> pd.DataFrame:
        # A level that is not there must fit one that is not there.
        named = frame[list(KEY)].astype("object").where(frame[list(KEY)].notna(), "").astype(str)
        return frame.assign(key=named.agg("/".join, axis=1) if len(frame) else pd.Series(dtype="object"))

    return keyed(old).merge(keyed(new), on="key", suffixes=("_old", "_new"))


def _compared(pairs: pd.DataFrame, confidence: float) -> dict[str, Any]:
    n = len(pairs)
    counts = {
        f"same_{what}": int((pairs[f"{column}_old"] == pairs[f"{column}_new"]).sum())
        for what, column in (("weights", "weights_sha256"), ("predictions", "predictions_sha256"),
                             ("versions", "versions"))
    }  # fmt: skip
    low, high = intervals.wilson(counts["same_weights"], n, confidence) if n else (None, None)
    differences = _differences(pairs)
    return {"n": n} | counts | {
        "same_weights_low": low, "same_weights_high": high, "same_metrics": int((differences == 0).sum()),
        "median_difference": float(np.median(differences)) if n else None,
        "largest_difference": float(np.max(differences)) if n else None,
    }  # fmt: skip


def _differences(pairs: pd.DataFrame) -> np.ndarray:
    """Of each pair the largest difference of a metric, as a share of the larger of its two values."""
    largest = np.zeros(len(pairs))
    names = [str(name).removesuffix("_old") for name in pairs.columns if str(name).endswith("_old")]
    for column in (name for name in names if name.startswith(_METRIC)):
        one, two = (pairs[column + end].to_numpy(dtype="float64") for end in ("_old", "_new"))
        size = np.maximum(np.abs(one), np.abs(two))
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(one == two, 0.0, np.abs(one - two) / size)
        largest = np.fmax(largest, share)
    return largest
