"""The seed study's Fashion-MNIST experiment, on a few made-up images."""

import json
import subprocess
import sys

import numpy as np
import pytest
from support import ROOT

SUBJECT = ROOT / "subjects" / "fashion_mnist_mlp" / "train.py"
RECORDED = {f"{part}_{name}" for part in ("train", "val", "test") for name in ("loss", "accuracy")}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fashion")
    generator = np.random.default_rng(1)
    np.savez(
        folder / "data.npz",
        inputs=generator.integers(0, 256, (120, 28, 28), dtype="uint8"),
        targets=np.arange(120, dtype="uint8") % 10,
    )
    np.savez(folder / "splits.npz", train=np.arange(80), validation=np.arange(80, 100), evaluation=np.arange(100, 120))
    return folder


@pytest.fixture(scope="module")
def trained(images, tmp_path_factory):
    """One training of two epochs, recorded as the notebook does: its folder and its summary."""
    folder = tmp_path_factory.mktemp("trained")
    done = subprocess.run(
        [sys.executable, str(SUBJECT), "--data", str(images), "--epochs", "2", "--output", str(folder),
         "--tracking", "notebook", "--seed-policy", "keras", "--seed", "3", "--run-name", "by hand"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"},
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, json.loads((folder / "summary.json").read_text())


@pytest.mark.slow
def test_the_slip_changes_the_test_figures_of_one_and_the_same_training(trained):
    _, summary = trained
    scaled, unscaled = summary["metrics_beside"], summary["metrics"]
    assert unscaled["test_loss"] > 10 * scaled["scaled_test_loss"], "images 255 times as bright"
    assert set(unscaled) == RECORDED
    assert [len(values) for values in summary["history"].values()] == [2] * 4


@pytest.mark.slow
def test_the_figures_are_those_of_the_predictions_that_are_kept(trained, images):
    folder, summary = trained
    with np.load(folder / "predictions.npz") as kept, np.load(images / "data.npz") as data:
        truth = data["targets"][100:]
        assert (kept["predictions"] == truth).mean() == pytest.approx(summary["metrics"]["test_accuracy"])
        assert (kept["scaled_predictions"] == truth).mean() == pytest.approx(
            summary["metrics_beside"]["scaled_test_accuracy"]
        )


@pytest.mark.slow
def test_the_record_is_the_notebooks_two_runs_and_nothing_of_the_study(trained):
    folder, summary = trained
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.get_experiment_by_name("fashion_mnist_mlp").experiment_id
    by_hand, automatic = sorted(client.search_runs([experiment]), key=lambda run: run.info.run_name != "by hand")
    assert by_hand.data.metrics == pytest.approx(summary["metrics"], rel=1e-12)
    assert by_hand.data.params == {"batch_size": "32", "epochs": "2"}
    # MLflow's autologging writes the validation figures twice, by Keras' names and by its own.
    assert set(automatic.data.metrics) == {
        "loss", "accuracy", "val_loss", "val_accuracy", "validation_loss", "validation_accuracy",
    }  # fmt: skip
    assert automatic.data.params["epochs"] == "2"
