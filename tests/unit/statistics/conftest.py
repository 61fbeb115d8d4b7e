"""A small made-up table of runs in the form that collect_runs writes."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from support import ROOT

from traceability.statistics import plan

PLAN = ROOT / "config" / "preregistration.yaml"
PUBLISHED = {"test_mse": 2900.1936284934804, "test_mae": 42.79409467959994, "test_r2": 0.4526027629719196}


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def arm_rows(workload, arm, kind, n, metrics, weights, evaluation="fixed"):
    """`n` forked runs, and a fresh twin of the first two; `metrics(i)` and `weights(i)` decide their results."""
    numbers = [(i, "forked") for i in range(n)] + [(i, "fresh") for i in range(2)]
    return [
        {
            "workload": workload, "arm": arm, "kind": kind, "replicate": i, "process": process,
            "evaluation": evaluation, "pair": i // 2 if kind == "seed_varied" else i, "status": "finished",
            "run_id": digest(arm, i, process),
            "weights_sha256": weights(i) if kind != "unseeded" else digest(arm, i, process),
            "predictions_sha256": weights(i) if kind != "unseeded" else digest(arm, i, process),
            "plan_sha256": plan.sha256(PLAN), **{f"metric.{name}": value for name, value in metrics(i).items()},
        }
        for i, process in numbers
    ]  # fmt: skip


@pytest.fixture
def runs():
    """Two workloads: an exact linear model, and a network without a seed, with one seed, and with a seed per pair."""
    accuracy = np.random.default_rng(1).normal(0.95, 0.008, 100)
    rows = arm_rows(
        "diabetes_linear", "split_fixed", "split_fixed", 10, lambda i: PUBLISHED, lambda i: digest("linear")
    )
    rows += arm_rows(
        "digits_mlp", "unseeded", "unseeded", 50, lambda i: {"test_accuracy": accuracy[i]}, lambda i: digest("none", i)
    )
    rows += arm_rows(
        "digits_mlp", "same_seed", "same_seed", 30, lambda i: {"test_accuracy": 0.95}, lambda i: digest("same")
    )
    rows += arm_rows(
        "digits_mlp", "seed_varied", "seed_varied", 60, lambda i: {"test_accuracy": accuracy[i // 2]},
        lambda i: digest("seed", i // 2),
    )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def declared():
    return plan.read(PLAN)
