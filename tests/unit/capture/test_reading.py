"""What `probes/read_mlflow.py` reads of a real store: a model below a run's artifacts is a model, whatever its path."""

import sys

import pytest

from traceability.capture.entries import claims
from traceability.capture.judges import JUDGES
from traceability.capture.judges.verdict import Launched
from traceability.capture.read_back import stored_weights
from traceability.capture.trackers import run_probe
from traceability.runtime.files import read_json
from traceability.stores import tracking

pytestmark = pytest.mark.slow

#: A model as MLflow 2.10.0 leaves it among the artifacts of its run.
MODEL = {
    "MLmodel": "artifact_path: model\nflavors:\n  python_function:\n    python_version: 3.11.7\n",
    "model.pkl": "another model",
    "python_env.yaml": "python: 3.11.7\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n",
    "requirements.txt": "mlflow==2.10.0\nnumpy==1.23.5\nscipy==1.12.0",
}
TRUTH = {
    "python": "3.11.7", "imported": {"numpy": "1.23.5", "scipy": "1.12.0"}, "weights": [[1.0, 2.0]],
    "installed": {"mlflow": "2.10.0", "numpy": "1.23.5", "scipy": "1.12.0", "pandas": "2.0.0"},
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """Log texts as artifacts of a run, and read the store as the study does."""

    def read(files):
        uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
        client = tracking.client(uri)
        run_id = client.create_run(client.create_experiment("one", (tmp_path / "a b").as_uri())).info.run_id
        for name, text in files.items():
            client.log_text(run_id, text, name)
        run_probe(sys.executable, "read_mlflow.py", uri, str(tmp_path / "read.json"))
        ((evidence,),) = [runs for name, runs in read_json(tmp_path / "read.json").items() if name == "one"]
        return evidence

    return read


@pytest.mark.parametrize("path", ["model", "models/fitted 1"])
def test_a_model_of_mlflow_2_says_packages_and_python_and_is_one(read, path):
    evidence = read({f"{path}/{name}": text for name, text in MODEL.items()} | {"notes/requirements.txt": "numpy==0.1"})
    launched = Launched(tuple(claims("MLflow", evidence, "log_model", ["model"])), TRUTH)
    fields = ("imported_packages", "installed_packages", "python", "weights")
    found = {field: JUDGES[field](launched) for field in fields}
    assert {field: (verdict.verdict, verdict.share) for field, verdict in found.items()} == {
        "imported_packages": ("correct", 1), "installed_packages": ("partial", 0.75), "python": ("correct", 1),
        "weights": ("misleading", 0),
    }  # fmt: skip
    assert {(verdict.claim.place, verdict.claim.by_whom) for verdict in found.values()} == {("model", "explicit")}
    # Elsewhere it is an artifact and no statement of a model; the interface's own list keeps the whole path.
    assert ["artifact", "file:notes/requirements.txt", "numpy==0.1"] in evidence
    assert {key for place, key, _ in evidence if place == "artifact" and key.startswith("listed:")} == {
        "listed:notes/requirements.txt", *(f"listed:{path}/{name}" for name in MODEL),
    }  # fmt: skip


def test_a_model_inside_a_model_is_a_part_of_it(read):
    evidence = read({"outer/MLmodel": "", "outer/artifacts/inner/MLmodel": "", "outer/artifacts/inner/model.pkl": "x"})
    names = {key.partition(":")[2] for place, key, _ in evidence if place == "model"}
    assert names == {"MLmodel", "artifacts/inner/MLmodel", "artifacts/inner/model.pkl"}
    assert stored_weights(evidence, [[1.0, 2.0]]) == []
