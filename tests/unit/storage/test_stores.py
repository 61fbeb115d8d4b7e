"""What lies where, what is kept, and who may do what: seen in real set-ups."""

import os
import sqlite3

import numpy as np
import pytest

from traceability.errors import StudyError
from traceability.guard import descendants
from traceability.storage import collaboration, cost, failures, mapping, moving, stores, tables, writer


@pytest.fixture
def opened(rows, tmp_path):
    """Several set-ups running at once, by name."""
    return lambda *names: stores.all_opened(rows(*names), tmp_path, "")


@pytest.mark.slow
def test_map_finds_each_entity_in_files_in_sqlite_and_in_postgresql(rows, tmp_path):
    places, contents = mapping.draw_map(rows("file", "sqlite", "postgresql"), tmp_path, "")
    tables.MAP.write(places, tmp_path / "map.tsv")
    tables.CONTENTS.write(contents, tmp_path / "contents.tsv")
    where = {(row["store"], row["entity"], row["kind"]): [] for row in places}
    for row in places:
        where[row["store"], row["entity"], row["kind"]].append((row["place"], row["count"]))
    assert ("mlflow.db: metrics.key", 20) in where["sqlite", "metric history", "table"]
    assert ("PostgreSQL: metrics.key", 20) in where["postgresql", "metric history", "table"]
    assert ("store/<experiment>/<run>/metrics/probe_metric", 1) in where["file", "metric history", "file"]
    for store in ("file", "sqlite", "postgresql"):
        assert (store, "model file", "file") in where
        assert (store, "artifact", "file") in where
    assert all(row["equal"] for row in contents if row["store"] != "file")
    # MLflow's file store logs the first point of a metric once more when a model is logged.
    unequal = [(row["entity"], row["values"]) for row in contents if not row["equal"]]
    assert unequal == [("metric history", 21)]


@pytest.mark.slow
def test_no_acknowledged_point_is_lost_by_several_writers_and_a_fresh_database_refuses_them(rows, tmp_path):
    measured = collaboration.measure(rows("sqlite"), tmp_path, "", writers=[3], runs=1, points=5)
    ready, fresh = measured
    assert (ready["acknowledged"], ready["found"], ready["lost"], ready["duplicated"], ready["torn"]) == (
        15,
        15,
        0,
        0,
        0,
    )
    assert ready["failed_writers"] == 0
    assert fresh["lost"] == 0
    assert fresh["failed_writers"] > 0, "parallel first uses of a fresh database fail in its migration"


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


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill_of_client_server_and_a_full_disk(opened):
    with opened("server_sqlite") as ((store,), reasons):
        assert reasons == {}
        rows = {event: failures.happen(store, event) for event in failures.events(store)}
    assert list(rows) == ["client killed", "server killed", "disk full: records", "disk full: artifacts"]
    for event, row in rows.items():
        assert row["lost"] == 0, event
        assert row["continued"], event
    assert rows["client killed"]["run_status"] == "RUNNING", "nobody tells the store that the client is gone"
    assert rows["server killed"]["acknowledged"] >= failures.BEFORE * 10
    assert rows["disk full: records"]["seen"]


@pytest.mark.slow
def test_a_killed_postgresql_keeps_what_it_acknowledged(opened):
    with opened("postgresql") as ((store,), _):
        row = failures.happen(store, "PostgreSQL killed")
    assert row["acknowledged"] >= failures.BEFORE * 10
    assert row["lost"] == 0
    assert row["continued"]
    assert "Error" in row["seen"]


@pytest.mark.slow
def test_a_client_moves_params_metrics_tags_inputs_and_artifacts_but_not_models(rows, tmp_path):
    moved = moving.measure(rows("sqlite", "postgresql"), tmp_path)
    kept = {row["entity"]: row["kept"] == row["values"] for row in moved if row["target"] == "postgresql"}
    assert kept.pop("logged model") is False
    assert kept.pop("model file") is False
    assert all(kept.values()), kept


def test_set_ups_that_cannot_start_are_reasons(opened):
    with opened("sqlite", "server_s3") as (found, reasons):
        assert [store.name for store in found] == ["sqlite"]
    assert "object store" in reasons["server_s3"]


def test_an_unknown_set_up_is_named_with_its_nearest_neighbour(rows):
    with pytest.raises(StudyError, match=r"no set-up 'sqlight'.*did you mean 'sqlite'"):
        rows("sqlight")


def test_ratio_of_a_sample_with_itself_is_one_and_a_slower_one_is_outside():
    draw = np.random.default_rng(1)
    fast, slow = (list(draw.normal(mean, 0.05, 10)) for mean in (1.0, 2.0))
    assert cost.bootstrap(fast, fast, 500, 1)[3:] == (1.0, 1.0, 1.0)
    _, _, _, ratio, low, high = cost.bootstrap(slow, fast, 500, 1)
    assert 1.5 < low < ratio < high < 2.5


def test_descendants_are_found_over_generations():
    assert os.getpid() in descendants(os.getppid())
