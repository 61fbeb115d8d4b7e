"""What lies where, what is kept, and who may do what: seen in real set-ups."""

import itertools
import multiprocessing
import os
import sys
from pathlib import Path

import pandas as pd
import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.runtime import services
from traceability.runtime.supervise import descendants
from traceability.storage import (
    access,
    collaboration,
    cost,
    disks,
    durability,
    environments,
    failures,
    latency,
    mapping,
    moving,
    stores,
    tables,
)
from traceability.storage.experiment import PARAMS, TAGS
from traceability.study import environments as built


@pytest.mark.slow
def test_map_finds_each_entity_in_files_in_sqlite_and_in_postgresql(opened, tmp_path):
    with opened("file", "sqlite", "postgresql") as (found, _):
        places, contents = mapping.draw_map(found)
    tables.MAP.write(places, tmp_path / "map.tsv")
    tables.CONTENTS.write(contents, tmp_path / "contents.tsv")
    where = {(row["store"], row["entity"], row["kind"]): [] for row in places}
    for row in places:
        where[row["store"], row["entity"], row["kind"]].append((row["place"], row["count"]))
    assert ("mlflow.db: metrics.key", 20) in where["sqlite", "metric history", "table"]
    assert ("PostgreSQL: metrics.key", 20) in where["postgresql", "metric history", "table"]
    assert ("store/<experiment>/<run>/metrics/probe_metric", 1) in where["file", "metric history", "file"]
    assert ("mlflow.db: params.key", len(PARAMS)) in where["sqlite", "param", "table"]
    assert ("mlflow.db: tags.key", len(TAGS)) in where["sqlite", "tag", "table"]
    assert all(row["bytes"] > 0 for row in places)
    for store in ("file", "sqlite", "postgresql"):
        assert (store, "model file", "file") in where
        assert (store, "artifact", "file") in where
    assert all(row["equal"] for row in contents if row["store"] != "file")
    # MLflow's file store logs the first point of a metric once more when a model is logged.
    unequal = [(row["entity"], row["values"]) for row in contents if not row["equal"]]
    assert unequal == [("metric history", 21)]


@pytest.mark.slow
def test_no_acknowledged_point_is_lost_by_several_writers_and_a_fresh_database_refuses_them(opened):
    with opened("sqlite") as (found, _):
        load = collaboration.Load([3], [3], runs=1, points=5, rounds=2)
        ready, asynchronous, fresh = collaboration.measure(found, load, seed=1)
    for row, points in ((ready, 30), (asynchronous, 15)):
        counts = [row[name] for name in ("acknowledged", "found", "lost", "duplicated", "torn", "failed_writers")]
        assert counts == [points, points, 0, 0, 0, 0], row["state"]
    assert [row["ratio"] for row in (ready, asynchronous)] == [1.0, 1.0]
    assert fresh["lost"] == 0
    assert fresh["failed_writers"] > 0, "parallel first uses of a fresh database fail in its migration"


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill_of_client_server_and_a_full_disk(rows, tmp_path):
    multiprocessing.get_context("forkserver").Process(target=int).start()  # this process has a fork server already
    measured = failures.measure(rows("sqlite", "server_sqlite"), tmp_path, stores.Given())
    tables.FAILURES.write(measured, tmp_path / "failures.tsv")
    found = {(row["store"], row["event"]): row for row in measured}
    events = [failures.CLIENT, failures.CLIENT_ASYNCHRONOUS, failures.SERVER, failures.RECORDS, failures.ARTIFACTS]
    assert [event for store, event in found if store == "server_sqlite"] == events
    for key, row in found.items():
        assert row["reason"] is None, key
        assert row["lost"] == 0 or row["logging"] == "asynchronous", key
        assert row["acknowledged"] > 0 or row["event"] == failures.ARTIFACTS, key
        assert row["artifacts_acknowledged"] == row["writers"], key
        assert row["artifacts_lost"] == 0, key
        assert row["continued"], key
    assert found["server_sqlite", failures.CLIENT]["run_status"] == "RUNNING", "nobody tells the store"
    killed = found["server_sqlite", failures.SERVER]
    assert killed["acknowledged"] >= failures.CLIENTS * failures.BEFORE * failures.BATCH
    assert "full" in found["sqlite", failures.RECORDS]["seen"], "the user sees why"
    # Behind a server the client only sees that it does not answer as it should.
    assert "log-batch failed" in found["server_sqlite", failures.RECORDS]["seen"]
    if sys.platform == "linux" and small_disks_allowed():
        assert {row["means"] for row in measured if "disk" in row["event"]} == {"tmpfs"}


def test_no_two_clients_note_what_was_acknowledged_in_the_same_file():
    """Else one finds the account of another, is killed before it did anything, and all of it counts as lost."""
    every = [failures.CLIENT, failures.CLIENT_ASYNCHRONOUS, failures.SERVER, failures.POSTGRESQL]
    every += [failures.RECORDS, failures.ARTIFACTS]
    stores_known = [row["store"] for row in tables.STORES.rows(ROOT / "config" / "stores.tsv")]
    assert {"server_postgresql_1", "server_postgresql_4"} <= set(stores_known)
    names = [failures.account_name(*case) for case in itertools.product(stores_known, every, range(failures.CLIENTS))]
    assert len(names) == len(set(names))


def small_disks_allowed() -> bool:
    """Whether this system lets a process of ours mount a small disk."""
    child = os.fork()
    if child == 0:
        try:
            disks.enter()
        except StudyError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.slow
def test_without_small_disks_the_size_of_files_is_limited_and_nothing_acknowledged_is_lost(opened):
    with opened("sqlite", "postgresql") as (found, _):
        for store in found:
            row = failures.happen(store, failures.RECORDS, small_disks=False)
            assert row["means"] == "RLIMIT_FSIZE"
            assert row["lost"] == 0
            assert row["continued"]
            assert "Error" in row["seen"] or "Exception" in row["seen"]


@pytest.mark.slow
def test_a_killed_postgresql_keeps_what_it_acknowledged(opened):
    with opened("postgresql") as ((store,), _):
        row = failures.happen(store, failures.POSTGRESQL)
    assert row["acknowledged"] >= failures.CLIENTS * failures.BEFORE * failures.BATCH
    assert row["lost"] == 0
    assert row["continued"]
    assert "Error" in row["seen"] or "Exception" in row["seen"]


@pytest.mark.slow
def test_an_existing_postgresql_is_used_by_uri_left_as_it_was_and_not_killed(rows, tmp_path):
    with services.postgresql() as server:
        given = stores.Given(postgresql=server.uri("postgres"))
        with stores.all_opened(rows("sqlite", "postgresql"), tmp_path, given) as ((_, store), reasons):
            assert reasons == {}
            assert server.has(store.database)
            places, contents = mapping.draw_map([store])
            assert all(row["equal"] for row in contents)
            assert any(row["place"].startswith("PostgreSQL: runs") for row in places)
            events = failures.events(store)
            assert "not the study's to kill" in events[failures.POSTGRESQL]
            assert events[failures.CLIENT] is None
            database = store.database
        assert server.answers()
        assert not server.has(database), "what was created is dropped"


def test_an_existing_postgresql_that_is_none_or_does_not_answer_is_a_reason_without_its_password(rows, tmp_path):
    for uri, said in (
        ("sqlite:///x.db", "a PostgreSQL server is expected"),
        ("postgresql://me:secret-word@127.0.0.1:1/postgres", "no answer"),
    ):
        with stores.all_opened(rows("sqlite", "postgresql"), tmp_path, stores.Given(postgresql=uri)) as (_, reasons):
            assert said in reasons["postgresql"]
            assert "secret-word" not in reasons["postgresql"]


@pytest.mark.slow
def test_a_client_moves_every_value_models_included_but_no_ids(opened, tmp_path):
    with opened("sqlite", "postgresql", "file") as (found, _):
        moved = moving.measure(found, {}, tmp_path)
    tables.MOVES.write(moved, tmp_path / "moves.tsv")
    kept = {row["entity"]: row["kept"] == row["values"] for row in moved if row["target"] == "postgresql"}
    assert {entity for entity, whole in kept.items() if not whole} == {"id of run", "id of model"}
    assert {"logged model", "model file", "link from run to model", "time of run"} <= kept.keys()
    # MLflow's own tool refuses the record that its file store wrote, and keeps ids once the doubled point is gone.
    (refused,) = [row for row in moved if row["tool"] == moving.MIGRATE]
    assert refused["reason"]
    mended = {
        row["entity"]: row["kept"] == row["values"] for row in moved if row["tool"].startswith(moving.MIGRATE + ",")
    }
    assert mended["id of run"]
    assert mended["param"]


def test_a_store_that_claims_durability_and_loses_something_has_a_row_that_says_so(rows, tmp_path):
    columns = ["store", "state", "acknowledged", "lost", "torn", "reason"]
    together = pd.DataFrame(
        [
            ["file", "ready", 10, 1, 0, None],
            ["sqlite", "ready", 10, 0, 0, None],
            ["sqlite", "fresh", 10, 10, 0, None],
            ["server_s3", None, None, None, None, "no object store"],
        ],
        columns=columns,
    )
    names = ["store", "logging", *columns[2:5], "artifacts_acknowledged", "artifacts_lost", "reason"]
    broken = pd.DataFrame(
        [["sqlite", "synchronous", 80, 0, 0, 1, 0, None], ["sqlite", "asynchronous", 80, 30, 0, 1, 0, None]],
        columns=names,
    )
    chosen = rows("file", "sqlite", "postgresql", "server_s3")
    judged = durability.judge(together, broken, chosen)
    tables.DURABILITY.write(judged, tmp_path / "durability.tsv")
    assert [(row["store"], row["measurements"], row["acknowledged"], row["lost"], row["agrees"]) for row in judged] == [
        ("file", 1, 10, 1, True),  # it claims nothing
        ("sqlite", 2, 90, 0, True),
        ("server_s3", 0, None, None, None),
    ]
    assert judged[2]["reason"] == "no object store"
    assert durability.broken_claims(judged) == []
    for column, said in (("lost", "lost 1 and changed 0 of 90"), ("artifacts_lost", "lost 1 of 1 acknowledged files")):
        worse = broken.copy()
        worse.loc[0, column] = 1
        (line,) = durability.broken_claims(durability.judge(together, worse, chosen))
        assert line.startswith("sqlite claims durability")
        assert said in line


@pytest.mark.slow
def test_accounts_decide_who_sees_reads_writes_and_deletes(rows, tmp_path):
    tried = access.attempts(rows("sqlite", "server_users"), tmp_path, stores.Given())
    tables.ACCESS.write(tried, tmp_path / "access.tsv")
    (unprotected,) = [row for row in tried if row["store"] == "sqlite"]
    assert "no accounts" in unprotected["reason"]
    allowed = {
        permission: {row["action"] for row in tried if row["permission"] == permission and row["allowed"]}
        for permission in {row["permission"] for row in tried}
    }
    looking = {"see it in the list", "find its runs", "read the run", "list artifacts", "download an artifact"}
    writing = {"log a metric", "upload an artifact", "create a run"}
    every = looking | writing | {"delete the run", "delete the experiment"}
    assert allowed["owner (MANAGE)"] == allowed["MANAGE"] == every
    assert allowed["default (READ)"] == allowed["READ"] == looking
    assert allowed["no account"] == allowed["wrong password"] == allowed["DENY"] == set()
    assert looking | writing <= allowed["EDIT"]
    assert "delete the experiment" not in allowed["EDIT"]


def test_set_ups_that_cannot_start_are_reasons(opened):
    with opened("sqlite", "server_s3") as (found, reasons):
        assert [store.name for store in found] == ["sqlite"]
    assert "object store" in reasons["server_s3"]


def test_a_component_whose_environment_lacks_it_is_one_line_that_names_the_key(tmp_path):
    with pytest.raises(StudyError, match=r"storage\.swift: .* holds no package 'swift'"):
        built.build(tmp_path / "unused.txt", "swift", tmp_path / "swift.json", {}, given=str(Path(sys.prefix)))
    (tmp_path / "swift.json").write_text('{"package": "swift", "python": "", "reason": "cannot be installed: x"}')
    with pytest.raises(StudyError, match="object store: swift cannot be installed: x"):
        environments.interpreter("object store", tmp_path / "swift.json")


@pytest.mark.slow
def test_a_real_object_store_holds_the_artifacts_of_a_server(rows, tmp_path):
    built.build(ROOT / "envs" / "swift.txt", "swift", tmp_path / "environments" / "swift.json", {"package": "swift"})
    given = stores.Given(tmp_path / "environments" / "swift.json")
    with stores.all_opened(rows("sqlite", "server_s3"), tmp_path, given) as (found, reasons):
        assert reasons == {}
        places, contents = mapping.draw_map(found[1:])
        full = failures.happen(found[1], failures.ARTIFACTS)
    assert {row["kind"] for row in places if row["entity"] in ("model file", "artifact")} == {"object"}
    assert all(row["equal"] for row in contents)
    assert full["seen"]
    assert full["continued"]


def test_sizes_that_would_take_too_long_are_left_out_and_slow_ones_are_repeated_less_often():
    sizes = cost.Sizes(10, (1, 10, 300), (100,), 1, repeat_seconds=5, at_most_seconds=20)
    samples = cost.Samples({(cost.SINGLE, 1): [0.1] * 10, (cost.SINGLE, 10): [0.1] * 5})
    assert not samples.wanted((cost.SINGLE, 1), sizes), "ten are enough"
    assert not samples.wanted((cost.SINGLE, 10), sizes), "five seconds are enough"
    assert not samples.wanted((cost.SINGLE, 300), sizes)
    assert samples.left_out[cost.SINGLE, 300].startswith("300 of them would take 30 s")
    quick = cost.Samples({(cost.SINGLE, 1): [0.001], (cost.SINGLE, 10): [0.001]})
    assert all(quick.wanted((cost.SINGLE, size), sizes) for size in (1, 10, 300))


@pytest.mark.slow
def test_a_kept_connection_to_two_workers_waits_for_the_delayed_acknowledgement_and_accounts_for_the_hash(tmp_path):
    built.build(
        ROOT / "envs" / "uvloop.txt", "uvloop", tmp_path / "environments" / "uvloop.json", {"package": "uvloop"}
    )
    measured = latency.measure(tmp_path, tmp_path / "environments" / "uvloop.json", 15, 200, 1)
    tables.LATENCY.write(measured, tmp_path / "latency.tsv")
    assert [row["reason"] for row in measured] == [None] * len(measured)
    took = {(row["workers"], row["loop"], row["accounts"], row["connection"]): row["median_ms"] for row in measured}
    slow = took[2, "asyncio", "none", "kept"]
    assert slow > 35
    assert took[latency.DEFAULT_WORKERS, "asyncio", "none", "kept"] > 35
    for way in (
        (1, "asyncio", "none", "kept"),
        (4, "asyncio", "none", "new"),
        (2, "asyncio", "none", "kept, acknowledged at once"),
        (2, "uvloop", "none", "kept"),
    ):
        assert took[way] < slow - 25, way
    assert took[1, "asyncio", "checked", "kept"] > took[1, "asyncio", "remembered", "kept"] + 20


def test_chosen_set_ups_are_known_and_the_one_that_others_are_compared_with_is_among_them():
    table = ROOT / "config" / "stores.tsv"
    with pytest.raises(StudyError, match=r"no set-up 'sqlight'.*did you mean 'sqlite'"):
        tables.chosen(table, ["sqlight"])
    with pytest.raises(StudyError, match=r"^storage\.stores: 'sqlite' is missing"):
        tables.chosen(table, ["file", "postgresql"])
    assert [row["store"] for row in tables.chosen(table, ["file", "sqlite"])] == ["file", "sqlite"]


def test_ratio_of_a_sample_with_itself_is_one_and_a_slower_one_is_outside():
    cell, other = (cost.SINGLE, 1), (cost.SINGLE, 10)
    fast, slow = [1.0, 1.1, 0.9, 1.0], [2.0, 2.1, 1.9, 2.0]
    samples = {tables.REFERENCE: cost.Samples({cell: fast}), "file": cost.Samples({cell: slow, other: slow})}
    (own,) = cost.rows_of(tables.REFERENCE, samples, 500, 1)
    assert (own["ratio"], own["ratio_low"], own["ratio_high"]) == (1.0, 1.0, 1.0)
    slower, alone = cost.rows_of("file", samples, 500, 1)
    assert 1.5 < slower["ratio_low"] < slower["ratio"] == 2.0 < slower["ratio_high"] < 2.5
    assert (alone["ratio"], alone["reason"][:8]) == (None, "no ratio")


def test_descendants_are_found_over_generations():
    assert os.getpid() in descendants(os.getppid())
