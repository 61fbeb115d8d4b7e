"""The one experiment that is logged in every set-up, and how it reads back through MLflow's API."""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.runtime.files import sha256_file
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
EXPERIMENT_TAGS = {"probe_experiment_tag": "tag of the experiment"}
MODEL = "probe-model"
MODEL_TAGS = {"probe_model_tag": "tag of the model"}
DATASET = "probe-dataset"
NOTE = b"probe-note: text that only the artifact holds\n"
STEPS = 20
START_MS = 1_700_000_000_000
#: What a set-up is to keep of a dataset input.
DATASET_FIELDS = ("name", "digest", "source_type", "source", "schema", "profile")


@dataclass(frozen=True)
class Logged:
    """Ids of what was logged; the model's files and the dataset as they were here, before a set-up had them."""

    experiment_id: str
    run_id: str
    model_id: str
    #: Digest of each file that MLflow saved on this machine.
    model_files: dict[str, str]
    dataset: dict[str, Any]


class Flavor:
    """MLflow's flavor for scikit-learn, which also notes the digests of what it saves, before anything is sent."""

    def __init__(self) -> None:
        self.saved: dict[str, str] = {}

    def save_model(self, path: str, **options: Any) -> None:
        """Called by `Model.log` to save the model in a folder of this machine."""
        import mlflow

        mlflow.sklearn.save_model(path=path, **options)
        self.saved = digests(Path(path))


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
    from mlflow.models import Model
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LinearRegression

    inputs, targets = load_diabetes(return_X_y=True)
    model = LinearRegression().fit(inputs[:353], targets[:353])
    mlflow.set_tracking_uri(store.uri)
    experiment_id = store.experiment(EXPERIMENT)
    client = store.client()
    for tag, value in EXPERIMENT_TAGS.items():
        client.set_experiment_tag(experiment_id, tag, value)
    flavor = Flavor()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with mlflow.start_run(experiment_id=experiment_id, run_name=RUN_NAME) as run:
            mlflow.log_params(PARAMS)
            mlflow.set_tags(TAGS)
            points = [Metric("probe_metric", value, at, step) for at, step, value in history()]
            client.log_batch(run.info.run_id, metrics=points)
            data = from_numpy(inputs[:353], targets=targets[:353], name=DATASET)
            mlflow.log_input(data, context="training")
            # What mlflow.sklearn.log_model does, with an eye on the files in between.
            info = Model.log(
                None, flavor, name=MODEL, tags=MODEL_TAGS, flavor_name="mlflow.sklearn",
                sk_model=model, pip_requirements=["scikit-learn"], serialization_format="cloudpickle",
            )  # fmt: skip
            with tempfile.TemporaryDirectory() as folder:
                note = Path(folder) / "probe-note.txt"
                note.write_bytes(NOTE)
                mlflow.log_artifact(str(note), "notes")
    return Logged(experiment_id, run.info.run_id, str(info.model_id), flavor.saved, data.to_dict())


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of a file, or of every file of a folder, by the path below it."""
    if root.is_file():
        return {root.name: sha256_file(root)}
    return {path.relative_to(root).as_posix(): sha256_file(path) for path in sorted(root.rglob("*")) if path.is_file()}


def _downloaded(uri: str, store: Store) -> list[tuple[str, str]]:
    """SHA-256 of every file that MLflow downloads from `uri`.

    A model is asked for by its location: of `models:/<id>` MLflow hands over one file more than there is.
    """
    import mlflow

    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(uri, dst_path=folder, tracking_uri=store.uri)
        return sorted(digests(Path(path)).items())


def expected(logged: Logged) -> dict[str, list[Any]]:
    """What must read back, entity by entity, as lists of values."""
    return {
        "experiment": [EXPERIMENT, *EXPERIMENT_TAGS.items()],
        "run": [RUN_NAME, "FINISHED", "active"],
        "param": sorted(PARAMS.items()),
        "metric history": history(),
        "tag": sorted(TAGS.items()),
        "dataset input": [
            *((name, logged.dataset[name]) for name in DATASET_FIELDS),
            ("mlflow.data.context", "training"),
        ],
        # MLflow gives a model the params of its run.
        "logged model": [MODEL, "READY", *sorted(PARAMS.items()), *MODEL_TAGS.items()],
        "model file": sorted(logged.model_files.items()),
        "artifact": [("probe-note.txt", hashlib.sha256(NOTE).hexdigest())],
    }


def read_back(store: Store, run_id: str) -> dict[str, list[Any]]:
    """The same lists as `expected`, read from a set-up through the API."""
    import mlflow

    mlflow.set_tracking_uri(store.uri)  # files behind a server are found through it
    client = store.client()
    run = client.get_run(run_id)
    points = client.get_metric_history(run_id, "probe_metric")
    experiment = client.get_experiment(run.info.experiment_id)
    inputs = run.inputs.dataset_inputs if run.inputs else []
    named = client.search_logged_models([run.info.experiment_id], filter_string=f"name = '{MODEL}'")
    models = [model for model in named if model.source_run_id == run_id]
    model_files = [file for model in models for file in _downloaded(model.artifact_location, store)]
    return {
        "experiment": [experiment.name, *own(experiment.tags)],
        "run": [run.info.run_name, run.info.status, run.info.lifecycle_stage],
        "param": sorted(run.data.params.items()),
        "metric history": sorted((point.timestamp, point.step, point.value) for point in points),
        "tag": own(run.data.tags),
        "dataset input": [value for item in inputs for value in _input(item)],
        "logged model": [value for model in models for value in _model(model)],
        "model file": model_files,
        "artifact": _downloaded(f"runs:/{run_id}/notes/probe-note.txt", store),
    }


def own(tags: dict[str, str]) -> list[tuple[str, str]]:
    """Tags that were given, sorted, without those that MLflow sets itself."""
    return sorted(item for item in tags.items() if not item[0].startswith("mlflow."))


def _input(item: Any) -> list[tuple[str, Any]]:
    """A dataset input as `expected` lists it."""
    fields = [(name, getattr(item.dataset, name)) for name in DATASET_FIELDS]
    return fields + sorted((tag.key, tag.value) for tag in item.tags)


def _model(model: Any) -> list[Any]:
    """A logged model as `expected` lists it."""
    return [model.name, str(model.status.value), *sorted(model.params.items()), *own(model.tags)]
