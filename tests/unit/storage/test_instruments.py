"""The chapter's instruments can tell: what is changed on purpose is seen, what is all right is not."""

import contextlib
import dataclasses
import math
import socket
import sqlite3
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.errors import StudyError
from traceability.runtime import services
from traceability.storage import (
    collaboration,
    cost,
    failures,
    mapping,
    moving,
    native_search,
    reasons,
    stores,
    tables,
    writer,
)
from traceability.storage.experiment import DATASET_FIELDS, log_experiment
from traceability.stores import tracking


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
        assert native_search.names_experiment(row | {"permission": "EDIT"}, "1")
    for row in (
        {"experiment_id": 2, "user_id": 1},
        {"id": 1, "resource_type": "experiment", "resource_pattern": "2"},
        {"role_id": 1, "resource_type": "registered_model", "resource_pattern": "1"},
    ):
        assert not native_search.names_experiment(row | {"permission": "EDIT"}, "1")


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


def loaded(seconds, **other):
    """One round of a set-up, as the load measures it."""
    counts = dict.fromkeys(collaboration.COUNTS, 0) | {"acknowledged": 20}
    row = {"store": "file", "writers": 2, "state": "ready", "seconds": seconds, "error": None}
    return row | counts | {"points_per_second": 20 / seconds} | other


def test_rounds_of_a_load_are_summed_and_their_ratios_to_the_same_round_of_the_reference_get_an_interval(tmp_path):
    reference = [loaded(1.0), loaded(3.0)]
    row = collaboration.summary([loaded(2.0, lost=1), loaded(2.0, error="locked", lost=2)], reference)
    assert (row["n"], row["processes"], row["acknowledged"], row["lost"], row["error"]) == (2, 4, 40, 3, "locked")
    assert row["seconds"] == pytest.approx(2.0)
    assert row["ratio"] == pytest.approx((2 / 1 * 2 / 3) ** 0.5), "of the rounds' own ratios"
    # By hand: two logarithms half a ln 3 from their mean, whose standard error that is; t(0.975, 1) = 12.7062.
    reach = 12.7062 * math.log(3) / 2
    assert math.log(row["ratio_high"] / row["ratio"]) == pytest.approx(reach, rel=1e-5)
    assert math.log(row["ratio"] / row["ratio_low"]) == pytest.approx(reach, rel=1e-5)
    assert row["points_per_second_low"] == row["points_per_second"] == row["points_per_second_high"]
    own = collaboration.summary(reference, reference)
    assert (own["ratio_low"], own["ratio"], own["ratio_high"]) == (1.0, 1.0, 1.0)
    # One round has no interval, a round in which nothing was acknowledged no speed, a first use no ratio.
    single = collaboration.summary([loaded(2.0, writers=4)], [loaded(1.0)])
    assert (single["ratio"], single["ratio_low"]) == (2.0, None)
    nothing = collaboration.summary([loaded(2.0, points_per_second=0.0, state="fresh")], [])
    assert (nothing["points_per_second"], nothing["ratio"], nothing["seconds"]) == (None, None, 2.0)
    unable = collaboration.summary([loaded(2.0)], [loaded(1.0) | {"seconds": 0.0}])
    assert unable["ratio"] is None, "no writer of the reference could begin"
    tables.COLLABORATION.write([row, single, nothing], tmp_path / "collaboration.tsv")


def test_numbers_of_writers_that_are_not_measured_with_accounts_are_rows_with_the_reason(opened, tmp_path):
    with opened("sqlite") as ((store,), _):
        store.access = "users"
        load = collaboration.Load([1, 2, 3], [2], runs=1, points=1, rounds=1)
        rows = collaboration.measure([store], load, seed=1)
    tables.COLLABORATION.write(rows, tmp_path / "collaboration.tsv")
    measured = {(row["writers"], row["state"]): row["found"] for row in rows if row["reason"] is None}
    assert (measured[2, "ready"], measured[2, "asynchronous"]) == (2, 2)
    left_out = [row for row in rows if row["reason"]]
    assert [(row["writers"], row["state"], row["n"]) for row in left_out] == [(1, "ready", None), (3, "ready", None)]
    assert all("storage.writers_with_accounts" in row["reason"] for row in left_out)


def test_points_of_more_runs_than_fit_on_a_page_are_found(opened, monkeypatch):
    monkeypatch.setattr(tracking, "RUNS_PER_PAGE", 2)
    with opened("file") as ((store,), _), stores.using(store):
        experiment = store.experiment("pages")
        lines = []
        writer.log_all(
            writer.Job(store.uri, experiment, "unused", 0, runs=5, points=1), lambda **said: lines.append(said)
        )
        counts = collaboration.counted(store, experiment, [lines])
    assert (counts["acknowledged"], counts["found"], counts["lost"]) == (5, 5, 0)


def test_without_the_reference_there_are_rows_without_ratios_and_moves_with_the_reason(opened, tmp_path):
    (tmp_path / "sqlite").write_text("a file where the set-up wants its folder")
    with opened("file", "sqlite") as (found, missing):
        assert [store.name for store in found] == ["file"]
        other = dataclasses.replace(found[0], name="postgresql")
        moves = moving.measure([other], missing | {"file": "none either"}, tmp_path)
    assert missing == {"sqlite": "[Errno 17] File exists: '<folder>/sqlite'"}, "no folder that another run lacks"
    tables.MOVES.write(moves, tmp_path / "moves.tsv")
    reason = "sqlite, from which it is moved, could not be started: " + missing["sqlite"]
    assert [(row["target"], row["reason"]) for row in moves] == [("postgresql", reason), ("file", "none either")]
    samples = {"file": cost.Samples({(cost.CREATE, 1): [1.0, 2.0, 3.0]})}
    costs = cost.rows_of("file", samples, 100, 1)
    tables.COST.write(costs + stores.not_measured(tables.COST, missing), tmp_path / "cost.tsv")
    reason = "no ratio: sqlite was not measured at this size"
    assert [(row["median"], row["ratio"], row["reason"]) for row in costs] == [(2.0, None, reason)]
    # The reference can also lack a single size, which took it too long.
    samples["sqlite"] = cost.Samples({(cost.SINGLE, 1): [1.0]})
    assert cost.rows_of("file", samples, 100, 1) == costs


def test_the_reason_of_a_service_that_ends_is_what_it_said_last_and_is_the_same_next_time(tmp_path):
    said = "2026-11-24 16:00:00 INFO [4711] no room in /tmp/x1y2/store/mlflow.db on port 40123"
    said += "\n(Background on this error at: https://sqlalche.me/e/20/e3q8)"
    command = [sys.executable, "-c", f"import sys; sys.exit({said!r})"]
    with pytest.raises(StudyError, match=str(tmp_path)) as told:
        services.start("mlflow server", command, tmp_path / "server.log", lambda: False)
    expected = "mlflow server ended at once: INFO [<process>] no room in <folder>/mlflow.db on <address>"
    assert reasons.reason(told.value) == expected


@given(*[st.tuples(st.integers(0, 2**10 - 1), st.integers(0, 2**20 - 1), st.integers(0, 2**20 - 1))] * 2)
def test_no_two_places_have_the_same_value(one, other):
    assert (writer.value_of(*one) == writer.value_of(*other)) == (one == other)


@given(st.integers(0, 2**10 - 1), st.integers(0, 2**20 - 1), st.integers(0, 2**20 - 2))
def test_neighbouring_steps_have_different_values(number, run, step):
    assert writer.value_of(number, run, step) < writer.value_of(number, run, step + 1)


@pytest.mark.slow
def test_a_set_up_that_does_not_come_back_is_rows_with_the_reason(opened):
    def take(port, taken):
        """Another program gets the port as soon as the killed server has left it."""
        while not taken:
            with contextlib.suppress(OSError):
                taken.append(socket.create_server(("127.0.0.1", port)))

    with opened("server_sqlite") as (found, _):
        (store,) = found
        taken = []
        thread = threading.Thread(target=take, args=(store.server.port, taken), daemon=True)
        thread.start()
        try:
            rows = failures.of_store(store)
        finally:
            taken.append(None)
            thread.join()
            for one in filter(None, taken):
                one.close()
    assert [row["event"] for row in rows] == list(failures.events(store))
    by_event = {row["event"]: row for row in rows}
    assert by_event[failures.CLIENT]["lost"] == 0
    for event in (failures.SERVER, failures.RECORDS, failures.ARTIFACTS):
        assert "mlflow server ended" in by_event[event]["reason"], by_event[event]
        assert by_event[event]["found"] is None
