"""The chapter's instruments can tell: what is changed on purpose is seen, what is all right is not."""

import contextlib
import dataclasses
import sqlite3

from traceability.storage import collaboration, mapping, opening, stores, writer
from traceability.storage.experiment import DATASET_FIELDS, log_experiment


def test_content_that_a_store_changed_is_not_what_was_logged(opened):
    """The instrument itself: every kind of record is changed behind MLflow's back, and each change is seen."""
    with opened("sqlite") as ((store,), _), stores.using(store):
        logged = log_experiment(store)
        assert {
            row["entity"]: row["difference"] for row in mapping.contents_of(store, logged) if not row["equal"]
        } == {}
        (weights,) = store.artifacts.rglob("model.pkl")
        weights.write_bytes(weights.read_bytes() + b"!")
        for change in (
            "experiment_tags SET value = 'another'",
            "runs SET lifecycle_stage = 'deleted'",
            "logged_model_tags SET tag_value = 'another'",
        ):
            alter(store, f"UPDATE {change}")
        assert changed(store, logged) == {"experiment", "run", "logged model", "model file"}
        for field in DATASET_FIELDS:
            other = dataclasses.replace(logged, dataset=logged.dataset | {field: "another"})
            assert "dataset input" in changed(store, other), field


def alter(store, statement):
    """Execute SQL on a set-up's SQLite file."""
    with contextlib.closing(sqlite3.connect(store.folder / "mlflow.db")) as connection, connection:
        connection.execute(statement)


def changed(store, logged):
    """Entities that do not read back as they were logged."""
    return {row["entity"] for row in mapping.contents_of(store, logged) if not row["equal"]}


def test_a_permission_is_found_by_the_experiment_it_names_and_by_no_other_number():
    for row in ({"experiment_id": 1, "user_id": 7}, {"resource_type": "experiment", "resource_pattern": "1"}):
        assert opening.names_experiment(row | {"permission": "EDIT"}, "1")
    for row in (
        {"experiment_id": 2, "user_id": 1},
        {"id": 1, "resource_type": "experiment", "resource_pattern": "2"},
        {"role_id": 1, "resource_type": "registered_model", "resource_pattern": "1"},
    ):
        assert not opening.names_experiment(row | {"permission": "EDIT"}, "1")


def test_a_lost_doubled_or_torn_point_is_counted(opened):
    """The instrument itself: points are removed, doubled and changed behind MLflow's back."""
    with opened("sqlite") as ((store,), _):
        experiment = store.experiment("tampered")
        account = store.folder / "account.jsonl"
        process = writer.start(writer.Job(store.uri, experiment, str(account), 0, 1, 6))
        process.join()
        with sqlite3.connect(store.folder / "mlflow.db") as connection:
            connection.execute("DELETE FROM metrics WHERE step = 0")
            connection.execute("UPDATE metrics SET value = 7 WHERE step = 1")
            connection.execute(
                "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
                "SELECT key, value, timestamp + 1, run_uuid, step, is_nan FROM metrics WHERE step = 2"
            )
        connection.close()
        counts = collaboration.counted(store, experiment, [writer.read_account(account)])
    assert (counts["acknowledged"], counts["lost"], counts["torn"], counts["duplicated"]) == (6, 2, 1, 1)
