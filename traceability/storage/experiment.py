"""The one experiment that is logged in every set-up, and how it reads back through MLflow's API."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.storage.stores import Store, using

# Words that occur nowhere else, so that whoever opens a store finds each entity by its word.
EXPERIMENT = "probe-experiment"
RUN_NAME = "probe-run"
PARAMS = {
    "probe_param": "0.25",
    "probe_param_switch": "True",
    "probe_param_long": "x" * 6000,
    "probe_param_unicode": "größe → 名",
}
TAGS = {"probe_tag": "probe tag value", "probe_tag_lines": "line one\nline two\ttabbed"}
MODEL = "probe-model"
DATASET = "probe-dataset"
NOTE = b"probe-note: text that only the artifact holds\n"
STEPS = 20
START_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Logged:
    """Ids of what was logged, and digests of its files."""

    experiment_id: str
    run_id: str
    model_id: str
    model_files: dict[str, str]


def history() -> list[tuple[int, int, float]]:
    """Metric points as (time in ms, step, value): values whose last bit would show a rounding."""
    return [(START_MS + step, step, 1 / (3 + step)) for step in range(STEPS)]


def log_experiment(store: Store) -> Logged:
    """`log_everything` with a model that holds nothing of the folder in which the study happens to run."""
    with using(store, MLFLOW_UV_AUTO_DETECT="false", MLFLOW_LOG_UV_FILES="false"):
        return log_everything(store)


def log_everything(store: Store) -> Logged:
    """Fit the linear regression on the diabetes data and log it with all that MLflow offers for a run."""
    import mlflow
    from mlflow.data.numpy_dataset import from_numpy
    from mlflow.entities import Metric
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LinearRegression

    inputs, targets = load_diabetes(return_X_y=True)
    model = LinearRegression().fit(inputs[:353], targets[:353])
    mlflow.set_tracking_uri(store.uri)
    experiment_id = store.experiment(EXPERIMENT)
    client = store.client()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with mlflow.start_run(experiment_id=experiment_id, run_name=RUN_NAME) as run:
            mlflow.log_params(PARAMS)
            mlflow.set_tags(TAGS)
            points = [Metric("probe_metric", value, at, step) for at, step, value in history()]
            client.log_batch(run.info.run_id, metrics=points)
            data = from_numpy(inputs[:353], targets=targets[:353], name=DATASET)
            mlflow.log_input(data, context="training")
            info = mlflow.sklearn.log_model(
                model, name=MODEL, pip_requirements=["scikit-learn"], serialization_format="cloudpickle"
            )
            with tempfile.TemporaryDirectory() as folder:
                note = Path(folder) / "probe-note.txt"
                note.write_bytes(NOTE)
                mlflow.log_artifact(str(note), "notes")
    return Logged(experiment_id, run.info.run_id, str(info.model_id), _digests(f"models:/{info.model_id}", store))


def _digests(uri: str, store: Store) -> dict[str, str]:
    """SHA-256 of every file that MLflow downloads from `uri`."""
    import mlflow

    with tempfile.TemporaryDirectory() as folder:
        root = Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=store.uri))
        paths = [path for path in sorted(root.rglob("*")) if path.is_file()] if root.is_dir() else [root]
        return {
            os.path.relpath(path, root) if root.is_dir() else path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in paths
        }


def expected(logged: Logged) -> dict[str, list[Any]]:
    """What must read back, entity by entity, as sorted lists of values."""
    return {
        "experiment": [EXPERIMENT],
        "run": [RUN_NAME, "FINISHED"],
        "param": sorted(PARAMS.items()),
        "metric history": history(),
        "tag": sorted(TAGS.items()),
        "dataset input": [(DATASET, "training")],
        "logged model": [MODEL, "READY"],
        "model file": sorted(logged.model_files.items()),
        "artifact": [("probe-note.txt", hashlib.sha256(NOTE).hexdigest())],
    }


def read_back(store: Store, run_id: str) -> dict[str, list[Any]]:
    """The same lists as `expected`, read from a set-up through the API."""
    import mlflow

    mlflow.set_tracking_uri(store.uri)  # files of models are found through it
    client = store.client()
    run = client.get_run(run_id)
    points = client.get_metric_history(run_id, "probe_metric")
    experiment = client.get_experiment(run.info.experiment_id)
    inputs = run.inputs.dataset_inputs if run.inputs else []
    models = client.search_logged_models([run.info.experiment_id], filter_string=f"name = '{MODEL}'")
    files: dict[str, str] = {}
    if models:
        files = _digests(f"models:/{models[0].model_id}", store)
    return {
        "experiment": [experiment.name],
        "run": [run.info.run_name, run.info.status],
        "param": sorted(run.data.params.items()),
        "metric history": sorted((point.timestamp, point.step, point.value) for point in points),
        "tag": sorted(item for item in run.data.tags.items() if not item[0].startswith("mlflow.")),
        "dataset input": [(item.dataset.name, item.tags[0].value if item.tags else "") for item in inputs],
        "logged model": [text for model in models[:1] for text in (model.name, str(model.status.value))],
        "model file": sorted(files.items()),
        "artifact": sorted(_digests(f"runs:/{run_id}/notes/probe-note.txt", store).items()),
    }
