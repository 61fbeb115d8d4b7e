"""Published runs among ours: ranks, intervals and the contrast of the slip follow from the runs that are there."""

import numpy as np
import pandas as pd
import pytest

from tests.unit.statistics.conftest import arm_rows, digest
from traceability.statistics import published_runs, spread
from traceability.statistics.tables import PUBLISHED_RUNS, SLIP


def trainings(n, ratio=2.0):
    """`n` trainings whose accuracies on unscaled images spread `ratio` times as far as on scaled ones."""
    generator = np.random.default_rng(3)
    scaled = generator.normal(0, 0.003, n)
    unscaled = ratio * (0.5 * scaled + np.sqrt(0.75) * generator.normal(0, 0.003, n))
    metrics = {
        "test_accuracy": 0.87 + unscaled, "scaled_test_accuracy": 0.885 + scaled, "val_accuracy": 0.88 + scaled,
        "test_loss": 60 - 900 * unscaled, "train_accuracy": 0.915 + scaled, "train_loss": 0.226 + scaled,
        "val_loss": 0.345 + scaled,
    }  # fmt: skip
    return pd.DataFrame(
        arm_rows(
            "fashion_mnist_mlp", "unseeded", "unseeded", n, lambda i: {k: v[i] for k, v in metrics.items()},
            lambda i: digest("w", i),
        )
    )  # fmt: skip


def test_a_published_value_has_its_place_among_ours(declared):
    runs = trainings(30)
    rows = pd.DataFrame(published_runs.published_rows(runs, declared, 500, 1, 0.95))
    PUBLISHED_RUNS.validate(rows[PUBLISHED_RUNS.column_names], "test")
    ours = runs.loc[runs["process"] == "forked", "metric.test_accuracy"]
    today = rows[(rows["metric"] == "test_accuracy") & (rows["environment"] == "today")]
    assert today["published"].tolist() == [0.88, 0.864, 0.873]
    assert today["rank"].tolist() == [1 + (ours < value - 1e-9).sum() for value in (0.88, 0.864, 0.873)]
    assert today["sd_images"].iloc[0] == pytest.approx(5000 * ours.std())
    assert len(rows) == 36
    era = rows[rows["environment"] == "era"]
    assert set(era["inside"]) == {"not_measured"} and set(era["n"]) == {0}


def test_three_runs_leave_the_spread_open():
    values = np.random.default_rng(5).normal(0, 1, 30)
    low, high = published_runs.sds_of_three(values, 0.95)
    # The SD of three normal values lies between 0.16 and 1.92 times the true one in 95 % of cases (chi-square).
    assert (low, high) == (pytest.approx(0.16, abs=0.12), pytest.approx(1.92, abs=0.4))


def test_the_slip_is_shown_with_all_trainings_and_not_concluded_with_fewer(declared):
    row = published_runs.slip_row(trainings(30, ratio=3.0), declared, 1000, 1, 0.95)
    SLIP.validate(pd.DataFrame([row]), "test")
    assert row["verdict"] == "shown" and row["ratio_low"] > 1 and row["p_holm"] == pytest.approx(4 * row["p"])
    few = published_runs.slip_row(trainings(12), declared, 1000, 1, 0.95)
    assert few["verdict"] == "too_few" and few["ratio"] is not None
    none = published_runs.slip_row(trainings(30).assign(arm="other"), declared, 1000, 1, 0.95)
    assert none["verdict"] == "not_measured" and none["n"] == 0


def test_equal_spreads_are_called_different_at_most_as_often_as_allowed_even_with_heavy_tails():
    generator = np.random.default_rng(2)
    scale = np.sqrt(5 / generator.chisquare(5, (2000, 30)))
    first, second = (generator.normal(size=(2000, 30)) * scale for _ in range(2))
    assert (spread.paired_spread(first, second, 499, generator) <= 0.05).mean() <= 0.065
