"""The seed study's Fashion-MNIST experiment, on a few made-up images: the files themselves must be downloaded."""

import json
import subprocess
import sys

import numpy as np
import pytest
from mlflow import MlflowClient
from support import ROOT

from traceability.runtime.files import sha256_npz

SUBJECT = ROOT / "subjects" / "fashion_mnist_mlp" / "train.py"


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


def train(images, folder, *options):
    done = subprocess.run(
        [sys.executable, str(SUBJECT), "--data", str(images), "--epochs", "2", "--output", str(folder), *options],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"},
        capture_output=True, text=True, check=False, cwd=images,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads((folder / "summary.json").read_text())


@pytest.mark.slow
def test_the_slip_changes_the_test_figures_and_nothing_of_the_training(images, tmp_path):
    # Named, because MLflow draws the name of an unnamed run from the generator that was just seeded.
    found = {}
    for name, tracking in (("scaled", "none"), ("unscaled", "explicit")):
        folder = tmp_path / name
        folder.mkdir()
        found[name] = train(images, folder, "--seed-policy", "keras", "--seed", "3", "--test-images", name,
                            "--tracking", tracking, "--run-name", name)  # fmt: skip
    assert sha256_npz(tmp_path / "scaled" / "weights.npz") == sha256_npz(tmp_path / "unscaled" / "weights.npz")
    scaled, unscaled = found["scaled"]["metrics"], found["unscaled"]["metrics"]
    assert unscaled["test_loss"] > 10 * scaled["test_loss"], "images 255 times as bright"
    assert unscaled["validation_loss"] == scaled["validation_loss"]
    client = MlflowClient(f"sqlite:///{tmp_path}/unscaled/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("fashion_mnist_mlp").experiment_id])
    assert run.data.metrics == pytest.approx(unscaled, rel=1e-12)
    assert run.data.params["test_images"] == "unscaled"
