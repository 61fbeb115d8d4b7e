"""Interface against store: an entry that only one of them has is found, whatever its kind."""

import contextlib
import sqlite3
import sys

import pytest

from traceability.capture import crosscheck
from traceability.capture.trackers import run_probe
from traceability.runtime.files import read_json
from traceability.stores import tracking

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path):
    """A run with entries of each kind, and what an honest reader would be told of it."""
    import mlflow

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = tracking.client(uri)
    experiment = client.create_experiment("one", artifact_location=(tmp_path / "a b").as_uri())
    run_id = client.create_run(experiment, tags={"t": "1"}, run_name="r").info.run_id
    client.log_param(run_id, "p", "1")
    client.log_metric(run_id, "m", 0.1 + 0.2)
    client.log_metric(run_id, "not a number", float("nan"))
    client.log_text(run_id, "x", "folder/file.txt")
    source = mlflow.data.from_numpy(mlflow.data.numpy_dataset.np.arange(3.0))
    dataset = mlflow.entities.DatasetInput(source._to_mlflow_entity(), [])
    client.log_inputs(run_id, [dataset])
    model = client.create_logged_model(experiment, "fitted", source_run_id=run_id, tags={"mt": "1"}, params={"mp": "2"})
    client.log_outputs(run_id, [mlflow.entities.LoggedModelOutput(model.model_id, 0)])
    (tmp_path / "MLmodel").write_text("flavors")
    client.log_model_artifact(model.model_id, str(tmp_path / "MLmodel"))
    told = [["run", "tag:t", "1"], ["run", "tag:mlflow.runName", "r"], ["run", "param:p", "1"],
            ["run", "metric:m", repr(0.1 + 0.2)], ["run", "metric:not a number", "nan"],
            ["dataset", f"dataset_digest:{dataset.dataset.name}", dataset.dataset.digest],
            ["artifact", "listed:folder/file.txt", "1"], ["model", f"output:{model.model_id}", ""],
            ["model", "model_tag:mt", "1"], ["model", "model_param:mp", "2"],
            ["model", "model_listed:MLmodel", "7"]]  # fmt: skip
    return tmp_path / "mlflow.db", told


def test_an_honest_reader_agrees(store):
    database, told = store
    rows = crosscheck.compare(database, "one", told)
    assert {row["kind"]: (row["told"], row["held"]) for row in rows} == {
        "param": (1, 1), "tag": (2, 2), "metric": (2, 2), "dataset": (1, 1), "model": (1, 1), "model_tag": (1, 1),
        "model_param": (1, 1), "model_file": (1, 1), "file": (1, 1),
    }  # fmt: skip
    assert all(row["agrees"] for row in rows)
    assert crosscheck.disagreements([row | {"key": "k"} for row in rows]) == []


def test_the_reader_of_the_study_is_told_what_the_store_holds(store, tmp_path):
    database, told = store
    run_probe(sys.executable, "read_mlflow.py", f"sqlite:///{database}", str(tmp_path / "read.json"))
    (evidence,) = read_json(tmp_path / "read.json")["one"]
    assert all(line in evidence for line in told)
    assert crosscheck.disagreements([row | {"key": "k"} for row in crosscheck.compare(database, "one", evidence)]) == []


KIND = {"dataset_digest": "dataset", "listed": "file", "output": "model", "model_listed": "model_file"}


def test_an_entry_that_was_not_told_or_told_otherwise_is_found_whatever_its_kind(store):
    database, told = store
    for number, (place, key, _) in enumerate(told):
        entry, _, name = key.partition(":")
        # A model that the run names has no value.
        for instead in ([],) if entry == "output" else ([], [[place, key, "8"]]):
            rows = crosscheck.compare(database, "one", told[:number] + instead + told[number + 1 :])
            assert [row["kind"] for row in rows if not row["agrees"]] == [KIND.get(entry, entry)]
            (line,) = crosscheck.disagreements([row | {"key": "k"} for row in rows])
            assert name in line


def test_one_of_two_models_with_the_same_tag_is_missed(store):
    database, told = store
    client = tracking.client(f"sqlite:///{database}")
    client.create_logged_model(client.get_experiment_by_name("one").experiment_id, "second", tags={"mt": "1"})
    (row,) = [row for row in crosscheck.compare(database, "one", told) if not row["agrees"]]
    assert (row["kind"], row["told"], row["held"], row["only_held"]) == ("model_tag", 1, 2, "mt")


def test_a_store_of_mlflow_2_has_no_models_of_its_own(store):
    database, told = store
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for table in ("logged_model_tags", "logged_model_params", "logged_models"):
            connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    rows = crosscheck.compare(database, "one", [line for line in told if not line[1].startswith("model_")])
    assert crosscheck.disagreements([row | {"key": "k"} for row in rows]) == []


def test_another_value_and_an_invented_entry_are_found(store):
    database, told = store
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE latest_metrics SET value = value * 1.0000001 WHERE key = 'm'")
    invented = [*told, ["run", "param:q", "1"]]
    wrong = {row["kind"]: row for row in crosscheck.compare(database, "one", invented) if not row["agrees"]}
    assert (wrong["metric"]["only_told"], wrong["metric"]["only_held"]) == ("m", "m")
    assert (wrong["param"]["only_told"], wrong["param"]["only_held"]) == ("q", "")
