"""SQLite stores of all eras: copied without a trace, at rest or at work, and read by the standard library."""

# ruff: noqa: S608 - every statement is made of the test's own words

import contextlib
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_stores import COMMIT, add_run, database, run_id, state
from support.processes import take_interrupts

from traceability.errors import StudyError
from traceability.stores import readers, snapshots, sql
from traceability.stores.errors import BusyStore, NotAStore
from traceability.stores.scope import PAGE, Scope

ROOT = Path(__file__).resolve().parents[3]


def read(path, *runs, experiments=()):
    """Runs and notes; the folder of the database must be afterwards what it was."""
    before = state(path.parent)
    with readers.opened(str(path)) as store:
        found = list(store.runs(Scope(tuple(experiments), tuple(runs))))
        told = {note.kind: note.number for note in store.notes}
    assert state(path.parent) == before, "reading left a trace"
    return found, told


def test_a_database_of_mlflow_1_0_has_its_source_in_columns_and_only_histories(tmp_path):
    path = database(
        tmp_path / "s" / "old.db",
        f"UPDATE runs SET source_name = 'fit.py', source_version = '{COMMIT}', source_type = 'PROJECT', "
        "entry_point_name = 'main'",
        *(f"INSERT INTO metrics VALUES ('mae', {value}, {stamp}, '{run_id(1)}', {step})"
          for value, stamp, step in ((3.0, 1, 0), (1.0, 9, 7), (2.0, 8, 7), (5.0, 99, 6))),
        later=False,
    )  # fmt: skip
    (found,), told = read(path)
    assert (found.source, found.tags["mlflow.source.git.commit"]) == ("fit.py", COMMIT)
    assert (found.source_type, found.entry_point) == ("PROJECT", "main")
    assert (found.metrics, found.steps, told) == ({"mae": 1.0}, {"mae": 7}, {})


def test_a_database_of_today(tmp_path):
    key = run_id(1)
    path = database(
        tmp_path / "s" / "mlflow.db",
        f"INSERT INTO params VALUES ('depth', '4', '{key}')", f"INSERT INTO tags VALUES ('t', 'v', '{key}')",
        *(f"INSERT INTO latest_metrics VALUES ('{name}', {value}, 5, 3, {is_nan}, '{key}')" for name, value, is_nan in (
            ("m", 0.5, 0), ("n", 0, 1), ("up", 1.7976931348623157e308, 0), ("down", -1.7976931348623157e308, 0))),
        "INSERT INTO datasets VALUES ('d', 1, 'rain', '1a2b', 'local', 'r.csv', NULL, NULL)",
        f"INSERT INTO inputs VALUES ('i', 'DATASET', 'd', 'RUN', '{key}', 0)",
        "INSERT INTO input_tags VALUES ('i', 'mlflow.data.context', 'eval')",
        f"INSERT INTO inputs VALUES ('j', 'RUN_OUTPUT', '{key}', 'MODEL_OUTPUT', 'm-1', 0)",
        "INSERT INTO logged_models VALUES ('m-1', 1, 'm', 's3://bucket/m-1')",
        "INSERT INTO trace_info VALUES ('tr-1', 1, 0)",
    )  # fmt: skip
    (found,), told = read(path)
    assert (found.params, found.tags, found.user, found.name) == ({"depth": "4"}, {"t": "v"}, "bo", "wide-lake")
    assert math.isnan(found.metrics.pop("n"))
    assert found.metrics == {"m": 0.5, "up": math.inf, "down": -math.inf}
    assert found.steps["m"] == 3
    (data,) = found.datasets
    assert (data.name, data.digest, data.context) == ("rain", "1a2b", "eval")
    assert found.models == ("s3://bucket/m-1",)
    assert told == {"trace": 1}


@pytest.mark.parametrize("recorded", [
    "/elsewhere/someone/proj/mlruns/1/{}/artifacts", "file:///C:/Users/some%20one/proj/mlruns/1/{}/artifacts",
    "C:\\Users\\someone\\proj\\mlruns\\1\\{}\\artifacts", "./mlruns/1/{}/artifacts", "mlruns/1/{}/artifacts",
    "mlflow-artifacts:/1/{}/artifacts", "/far/nested/deep/mlruns/1/{}/artifacts", "s3://bucket/exp/1/{}/artifacts",
])  # fmt: skip
@pytest.mark.parametrize("folder", ["mlruns", "mlartifacts", "."])
def test_artifacts_of_a_moved_store_are_found_beside_it(recorded, folder, tmp_path):
    place = recorded.format(run_id(1))
    path = database(tmp_path / "s" / "mlflow.db", f"UPDATE runs SET artifact_uri = '{place}'")
    home = path.parent / folder / "1" / run_id(1) / "artifacts"
    (home / "model").mkdir(parents=True)
    (home / "model" / "requirements.txt").write_text("numpy==1")
    with readers.opened(str(path)) as store:
        (found,) = store.runs(Scope())
        assert Path(found.artifacts) == home
        assert found.artifacts_recorded == place
        assert store.artifacts.text(f"{found.artifacts}/model", "requirements.txt") == "numpy==1"
        assert store.artifacts.names(found.artifacts) == {"model"}


def test_an_address_outside_the_store_must_be_the_runs_own(tmp_path):
    private, own = tmp_path / "private", tmp_path / "elsewhere" / "1" / run_id(1) / "artifacts"
    for folder in (private, own):
        folder.mkdir(parents=True)
        (folder / "requirements.txt").write_text("numpy==1")
    path = database(tmp_path / "s" / "mlflow.db", f"UPDATE runs SET artifact_uri = '{own}'")
    with readers.opened(str(path)) as store:
        (found,) = store.runs(Scope())
        assert store.artifacts.text(found.artifacts, "requirements.txt") == "numpy==1"
        for place in (str(private), private.as_uri(), "../private", f"{own}/../../../../private"):
            assert store.artifacts.text(place, "requirements.txt") is None
        assert store.artifacts.text(str(own), "../../../../private/requirements.txt") is None


def test_deleted_runs_and_experiments_of_a_database(tmp_path):
    path = database(tmp_path / "s" / "mlflow.db", "INSERT INTO experiments VALUES (2, 'old', '', 'deleted')")
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        add_run(made, 2, "deleted")
        add_run(made, 3, "active", 2)
    found, told = read(path)
    assert [one.run_id for one in found] == [run_id(1)]
    assert told == {"run_deleted": 2, "experiment_deleted": 1}
    found, told = read(path, run_id(2), run_id(3))
    assert [one.deleted for one in found] == [True, True]
    assert told["deleted_read"] == 2
    (found,), _ = read(path, experiments=["2"])
    assert (found.run_id, found.experiment) == (run_id(3), "old")


def test_pages_join_without_a_seam_and_without_an_index(tmp_path):
    path = tmp_path / "s" / "mlflow.db"
    database(path)
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        for number in range(2, 2 * PAGE + 2):
            add_run(made, number, "deleted" if number % 3 == 0 else "active")
            made.execute("INSERT INTO params VALUES ('n', ?, ?)", (str(number), run_id(number)))
    found, told = read(path)
    assert [one.run_id for one in found] == [run_id(n) for n in range(1, 2 * PAGE + 2) if n == 1 or n % 3]
    assert all(one.params == {"n": str(int(one.run_id, 16))} for one in found[1:])
    assert told["run_deleted"] == sum(n % 3 == 0 for n in range(2, 2 * PAGE + 2))


def test_what_is_committed_in_the_log_is_read_and_nothing_is_written_beside_it(tmp_path):
    made = database(tmp_path / "made" / "mlflow.db")
    with contextlib.closing(sqlite3.connect(made, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        add_run(writer, 2)
        for name, parts in (("copied", ("", "-wal")), ("with-shm", ("", "-wal", "-shm"))):
            home = tmp_path / name
            home.mkdir()
            for part in parts:
                shutil.copy(f"{made}{part}", home / f"mlflow.db{part}")
            assert len(read(home / "mlflow.db")[0]) == 2
            home.chmod(0o555)
            try:
                assert len(read(home / "mlflow.db")[0]) == 2
            finally:
                home.chmod(0o755)
        (tmp_path / "links").mkdir()
        (tmp_path / "links" / "linked.db").symlink_to(made)
        assert len(read(tmp_path / "links" / "linked.db")[0]) == 2, "the log lies beside the real file"
        assert len(read(made)[0]) == 2


def test_a_writer_that_was_killed_costs_only_what_it_had_not_committed(tmp_path):
    """Its journal is played back in the copy, not in the store."""
    path = database(tmp_path / "s" / "mlflow.db")
    kill = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size=1'); c.execute('PRAGMA cache_spill=1'); c.execute('BEGIN')\n"
        "c.execute(\"UPDATE runs SET name = 'never'\")\n"
        "for n in range(3000): c.execute('INSERT INTO params VALUES (?, ?, ?)', (str(n), 'x' * 200, 'r'))\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", kill, str(path)], check=False)
    assert path.with_name("mlflow.db-journal").stat().st_size > 0
    (found,), _ = read(path)
    assert (found.name, found.params) == ("wide-lake", {})


@pytest.mark.parametrize("name", ["a#b.db", "what?.db", "half%20way.db", "ein Größe.db"])
def test_any_name_of_a_file_will_do(name, tmp_path):
    path = database(tmp_path / "s" / name)
    assert len(read(path)[0]) == 1
    with readers.opened(f"sqlite:///{path}") as store:
        assert store.count(Scope()) == 1


def test_a_held_database_is_one_line_after_some_seconds(tmp_path, monkeypatch):
    path = database(tmp_path / "s" / "mlflow.db")
    hold = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(60)"
    )
    monkeypatch.setattr(snapshots, "PATIENCE", 1.0)
    holder = subprocess.Popen([sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        begin = time.monotonic()
        with pytest.raises(BusyStore, match="somebody is writing this database; try again"), readers.opened(str(path)):
            pass
        assert time.monotonic() - begin < 20
    finally:
        holder.kill()
        holder.wait()


def test_a_killed_reader_leaves_no_copy(tmp_path):
    path = database(tmp_path / "s" / "mlflow.db")
    text = (
        "import sys, time\nfrom traceability.stores import readers\n"
        "with readers.opened(sys.argv[1]):\n    print('open', flush=True); time.sleep(60)"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", text, str(path)]
    for number in (signal.SIGTERM, signal.SIGINT):
        reader = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
            preexec_fn=take_interrupts,  # noqa: PLW1509 - no threads
        )  # fmt: skip
        assert reader.stdout.readline() == "open\n"
        reader.send_signal(number)
        assert reader.wait(30) != 0
        assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(("content", "said"), [
    (b"", "the file is empty"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "a Git LFS pointer.*git lfs pull"),
    (b"no database" * 100, "file is not a database"),
    (b"SQLite format 3\0" + b"\xff" * 4096, "cannot be read as"),
])  # fmt: skip
def test_a_file_that_is_no_database_is_named_for_what_it_is(content, said, tmp_path):
    path = tmp_path / "mlflow.db"
    path.write_bytes(content)
    with pytest.raises(NotAStore, match=said), readers.opened(str(path)):
        pass
    with pytest.raises(NotAStore), readers.opened(f"sqlite:///{path}"):
        pass


def test_a_pipe_or_a_device_is_no_store(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(NotAStore, match="no regular file"), readers.opened(str(path)):
            pass


@pytest.mark.parametrize("uri", [
    "mysql://me:hidden@[", "http://me:hidden@127.0.0.1:99999999", "http://[::1", "a\0b", "x" * 5000,
    "mssql://me:hidden@x/y", "postgresql+nope://me:hidden@127.0.0.1/x", "file:///no/such/place", "sqlite:///no/such.db",
])  # fmt: skip
def test_an_address_that_cannot_be_used_is_one_line_without_its_password(uri):
    with pytest.raises(StudyError) as caught, readers.opened(uri):
        pass
    assert "hidden" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_recorded_name_does_not_steer_the_terminal_by_way_of_an_error(tmp_path):
    name = "river\x1b]0;forged\x07\n"
    path = database(tmp_path / "s" / "mlflow.db", f"UPDATE experiments SET name = '{name}'")
    with readers.opened(str(path)) as store, pytest.raises(StudyError) as caught:
        readers.scope_of(store, ["riverx"], [])
    assert str(caught.value).isprintable()


def test_programs_in_a_database_are_not_run(tmp_path):
    """A view, a virtual table or a computed column in the place of a table is what the file's author wrote."""
    for number, statement in enumerate((
        "CREATE VIEW params AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS run_uuid, i AS key, i AS value FROM n",
        "CREATE VIRTUAL TABLE params USING fts5(run_uuid, key, value)",
        "CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT GENERATED ALWAYS AS (hex(zeroblob(900000000))))",
    )):  # fmt: skip
        path = database(tmp_path / str(number) / "mlflow.db", "DROP TABLE params", statement)
        with pytest.raises(NotAStore, match="'params'"), readers.opened(str(path)):
            pass


def test_text_that_is_no_utf_8_costs_nothing_else(tmp_path):
    path = database(
        tmp_path / "s" / "mlflow.db", f"INSERT INTO params VALUES ('a', CAST(x'c3' AS TEXT), '{run_id(1)}')"
    )
    (found,), _ = read(path)
    assert found.params == {"a": "\ufffd"}


def test_files_and_sqlite_need_nothing_but_the_standard_library_and_yaml(tmp_path):
    """In a process that has none of the packages that servers of databases need."""
    path = database(tmp_path / "s" / "mlflow.db")
    text = (
        "import sys\n"
        "for name in ('sqlalchemy', 'mlflow', 'numpy', 'pandas', 'requests', 'psycopg2', 'psycopg'):\n"
        "    sys.modules[name] = None\n"
        "from traceability.stores import readers\nfrom traceability.stores.scope import Scope\n"
        "from traceability.errors import StudyError\n"
        "with readers.opened(sys.argv[1]) as store: print(len(list(store.runs(Scope()))))\n"
        "try:\n    with readers.opened('postgresql://me:hidden@127.0.0.1:9/x'): pass\n"
        "except StudyError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", text, str(path)], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "1",
        "the package sqlalchemy is not installed; pip install 'traceability[audit]' brings it",
    ]


def test_infinities_of_a_database_are_those_of_mlflow():
    assert sql.as_number(1.7976931348623157e308, 0) == sql.as_number("Infinity", 0) == math.inf
    assert sql.as_number(-1.7976931348623157e308, False) == sql.as_number("-Infinity", None) == -math.inf
    assert all(math.isnan(sql.as_number(value, flag)) for value, flag in ((0, 1), (None, 0), ("NaN", 0), ("x", 0)))
