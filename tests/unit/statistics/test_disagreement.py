"""Churn, read from the predictions that runs leave behind."""

import numpy as np
import pytest

from scripts import measure_churn
from tests.unit.statistics.conftest import PLAN
from traceability.errors import StudyError
from traceability.runtime.arrays import write_npz
from traceability.statistics.tables import CHURN

SETTINGS = {"resamples": 200, "seed": 1, "confidence": 0.95}


@pytest.fixture
def stored(runs, tmp_path):
    """Predictions of every network run: unseeded run i errs on example i; seeded runs agree."""
    network = runs[runs["workload"] == "digits_mlp"].assign(batch=0)
    network.to_parquet(tmp_path / "runs.parquet")
    predictions = {}
    for run in network[network["process"] == "forked"].itertuples():
        classes = np.zeros(100, dtype="uint8")
        classes[{"unseeded": run.replicate, "seed_varied": run.pair, "same_seed": 0}[run.arm]] = 1
        predictions[f"digits_mlp/{run.arm}-{run.replicate:04d}"] = classes
    write_npz(tmp_path / "predictions.npz", predictions)
    return tmp_path / "runs.parquet", tmp_path / "predictions.npz", tmp_path / "churn.tsv"


def test_runs_of_equal_accuracy_that_err_elsewhere_show_churn(stored):
    runs, predictions, table = stored
    measure_churn.main(runs, PLAN, predictions, table, **SETTINGS)
    rows = CHURN.read(table).set_index("arm")
    assert tuple(rows.loc["unseeded", ["units", "examples", "churn"]]) == (50, 100, pytest.approx(0.02))
    assert tuple(rows.loc["same_seed", ["churn", "low", "high"]]) == (0, 0, 0)
    assert tuple(rows.loc["seed_varied", ["units", "churn"]]) == (30, pytest.approx(0.02))


def test_missing_predictions_are_named(stored):
    runs, predictions, table = stored
    with np.load(predictions) as kept:
        write_npz(predictions, {name: kept[name] for name in kept if name != "digits_mlp/unseeded-0007"})
    with pytest.raises(StudyError, match=r"no predictions of digits_mlp/unseeded-0007"):
        measure_churn.main(runs, PLAN, predictions, table, **SETTINGS)
