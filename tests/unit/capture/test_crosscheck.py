"""Interface against store: an entry that only one of them has is found, whatever its kind."""

import contextlib
import sqlite3

import mlflow
import pytest

from traceability import records
from traceability.capture import crosscheck

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path):
    """A run with one entry of each kind but a model, and what an honest reader would be told of it."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = records.client(uri)
    experiment = client.create_experiment("one", artifact_location=(tmp_path / "a b").as_uri())
    run_id = client.create_run(experiment, tags={"t": "1"}, run_name="r").info.run_id
    client.log_param(run_id, "p", "1")
    client.log_metric(run_id, "m", 0.1 + 0.2)
    client.log_metric(run_id, "not a number", float("nan"))
    client.log_text(run_id, "x", "folder/file.txt")
    source = mlflow.data.from_numpy(mlflow.data.numpy_dataset.np.arange(3.0))
    dataset = mlflow.entities.DatasetInput(source._to_mlflow_entity(), [])
    client.log_inputs(run_id, [dataset])
    told = [["run", "tag:t", "1"], ["run", "tag:mlflow.runName", "r"], ["run", "param:p", "1"],
            ["run", "metric:m", repr(0.1 + 0.2)], ["run", "metric:not a number", "nan"],
            ["dataset", f"dataset_digest:{dataset.dataset.name}", dataset.dataset.digest],
            ["artifact", "listed:folder/file.txt", "1"]]  # fmt: skip
    return tmp_path / "mlflow.db", told


def test_an_honest_reader_agrees(store):
    database, told = store
    rows = crosscheck.compare(database, "one", told)
    assert {row["kind"]: (row["told"], row["held"]) for row in rows} == {
        "param": (1, 1), "tag": (2, 2), "metric": (2, 2), "dataset": (1, 1), "model": (0, 0), "file": (1, 1),
    }  # fmt: skip
    assert all(row["agrees"] for row in rows)
    assert crosscheck.disagreements([row | {"key": "k"} for row in rows]) == []


@pytest.mark.parametrize("number", range(7))
def test_an_entry_that_was_not_told_is_found(store, number):
    database, told = store
    kind = told[number][1].partition(":")[0].replace("dataset_digest", "dataset").replace("listed", "file")
    rows = crosscheck.compare(database, "one", told[:number] + told[number + 1 :])
    assert [row["kind"] for row in rows if not row["agrees"]] == [kind]
    (line,) = crosscheck.disagreements([row | {"key": "k"} for row in rows])
    assert told[number][1].partition(":")[2] in line


def test_another_value_and_an_invented_entry_are_found(store):
    database, told = store
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE latest_metrics SET value = value * 1.0000001 WHERE key = 'm'")
    invented = [*told, ["run", "param:q", "1"]]
    wrong = {row["kind"]: row for row in crosscheck.compare(database, "one", invented) if not row["agrees"]}
    assert (wrong["metric"]["only_told"], wrong["metric"]["only_held"]) == ("m", "m")
    assert (wrong["param"]["only_told"], wrong["param"]["only_held"]) == ("q", "")
