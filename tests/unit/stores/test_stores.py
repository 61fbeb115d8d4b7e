"""Every kind of store tells the same story, and is afterwards what it was."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import mlflow
import pytest
from typer.testing import CliRunner

from traceability.audit import survey
from traceability.cli import app
from traceability.runtime import services
from traceability.runtime.files import sha256_file, sha256_tree
from traceability.stores import readers, snapshots, tracking
from traceability.stores.record_fields import MARK
from traceability.stores.scope import PAGE, Scope

run = CliRunner().invoke
COMMIT = "0123456789abcdef0123456789abcdef01234567"
pytestmark = pytest.mark.slow


def test_every_kind_of_store_is_read_and_gives_the_same_run(place, rich):
    uri, artifacts = place
    run_id = rich(uri, artifacts)
    with readers.opened(uri) as store:
        (found,) = store.runs(Scope())
        (judged,) = survey.judge(store, readers.scope_of(store, ["rich <b>"], []))
    assert (found.run_id, found.experiment, found.name, found.status) == (run_id, "rich <b>", "everything", "FINISHED")
    assert dict(found.params) == {"alpha": "0.5", "seed": "7", "data_path": "data/a.csv", "data_sha256": "a" * 64}
    assert found.tags["mlflow.source.git.commit"] == COMMIT
    assert found.metrics == {"loss": 1.0}, "the latest, by step"
    (dataset,) = found.datasets
    assert (dataset.name, dataset.context, dataset.source_type) == ("rows", "training", "local")
    assert dataset.digest
    assert found.start.startswith("20") and found.start.endswith("+00:00")
    assert {name: item.state for name, item in judged.items.items()} == dict.fromkeys(judged.items, "complete")
    assert (judged.level, judged.level_name) == (5, "everything needed to replay")


def test_numbers_that_are_none_are_the_same_by_every_road_and_a_run_is_named_by_its_beginning(place):
    uri, artifacts = place
    client = mlflow.MlflowClient(tracking_uri=uri)
    run_id = client.create_run(client.create_experiment("odd", artifact_location=artifacts)).info.run_id
    for name in ("nan", "inf", "-inf", "1e308"):
        client.log_metric(run_id, f"m {name}", float(name), step=3)
    gone = client.create_run("0" if uri.startswith("http") else client.create_experiment("gone")).info.run_id
    client.delete_run(gone)
    with readers.opened(uri) as store:
        (found,) = store.runs(Scope())
        assert {name: repr(value) for name, value in found.metrics.items()} == {
            "m nan": "nan", "m inf": "inf", "m -inf": "-inf", "m 1e308": "1e+308",
        }  # fmt: skip
        assert dict(found.steps) == dict.fromkeys(found.metrics, 3)
        assert str(store.notes) == "1 run deleted"
        assert readers.named(store, Scope(runs=(run_id[:12],)))[0].run_id == run_id
        assert readers.named(store, Scope(runs=(gone[:12],)))[0].deleted


def test_what_is_not_there_is_one_line_and_no_password_is_shown(place, rich, tmp_path):
    uri, artifacts = place
    rich(uri, artifacts)
    for words, said in (
        ([uri, "--experiment", "reich"], "did you mean"),
        ([uri, "--run", "0" * 32], "no such run"),
        ([uri, "--output", "audit.pdf"], "ends in .html, .json, .tsv"),
        ([uri, "--clone", str(tmp_path)], "no git repository"),
    ):
        done = run(app, ["audit", *words])
        assert done.exit_code == 2, done.output
        assert said in done.stderr
        assert sum(line.startswith("error: ") for line in done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr
    done = run(app, ["audit", uri, "--output", str(tmp_path / "a.json")])
    assert done.exit_code == 0, done.output
    shown = (tmp_path / "a.json").read_text() + done.output
    assert "hidden" not in shown and "tk-41d8" not in shown


@pytest.mark.parametrize("uri", [
    "sqlite:///{}/none.db", "{}/none", "http://me:hidden@127.0.0.1:9", "postgresql://me:hidden@127.0.0.1:9/x",
    "mysql://me:hidden@127.0.0.1/x", "{}/junk.db", "{}", "sqlite:///{}/other.db",
])  # fmt: skip
def test_no_store_is_one_line(uri, tmp_path):
    (tmp_path / "junk.db").write_bytes(b"no database" * 100)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE a (b)")
    done = run(app, ["audit", uri.format(tmp_path)])
    assert done.exit_code == 2, done.output
    assert sum(line.startswith("error: ") for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["junk.db", "other.db"]


def test_runs_beyond_a_page_are_all_read_and_deleted_ones_are_not(tmp_path):
    path = tmp_path / "mlflow.db"
    client = tracking.client(f"sqlite:///{path}")
    first = client.create_run("0").info.run_id
    client.delete_run(client.create_run("0").info.run_id)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        columns = "name, source_type, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id"
        database.executemany(
            f"INSERT INTO runs (run_uuid, {columns}) SELECT ?, {columns} FROM runs WHERE run_uuid = ?",  # noqa: S608
            [(f"{number:032x}", first) for number in range(2 * PAGE + 1)],
        )
    with readers.opened(str(path)) as store:
        found = [run.run_id for run in store.runs(Scope())]
        assert len(found) == len(set(found)) == store.count(Scope()) == 2 * PAGE + 2


def test_a_database_in_write_ahead_mode_gets_no_file_beside_it(rich, tmp_path):
    path = tmp_path / "mlflow.db"
    rich(f"sqlite:///{path}", (tmp_path / "a").as_uri())
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
    copy = tmp_path / "copy" / "mlflow.db"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    digest = sha256_file(copy)
    assert run(app, ["audit", str(copy)]).exit_code == 0
    assert [entry.name for entry in copy.parent.iterdir()] == ["mlflow.db"]
    assert sha256_file(copy) == digest
    # While somebody writes, what is committed but still in the log is read too.
    with contextlib.closing(sqlite3.connect(copy)) as writer:
        writer.execute("UPDATE runs SET name = 'renamed'")
        writer.commit()
        assert copy.with_name("mlflow.db-wal").stat().st_size > 0
        with readers.opened(str(copy)) as store:
            assert [found.name for found in store.runs(Scope())] == ["renamed"]


ERA_RUN = """
import sys, mlflow, pandas as pd
from sklearn.linear_model import LinearRegression
assert mlflow.__version__ == "2.10.0"
uri, artifacts = sys.argv[1:]
client = mlflow.MlflowClient(tracking_uri=uri)
mlflow.set_tracking_uri(uri)
mlflow.set_experiment(experiment_id=client.create_experiment("era", artifact_location=artifacts or None))
with mlflow.start_run(run_name="old"):
    mlflow.log_params({"random_state": 42})
    mlflow.log_metric("mse", 2900.19)
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    mlflow.log_input(mlflow.data.from_pandas(frame, source="data.csv"), context="training")
    mlflow.sklearn.log_model(LinearRegression().fit(frame, [1, 2]), "fitted")
"""


@pytest.mark.parametrize("kind", ["file", "sqlite", "postgresql", "server"])
def test_a_store_of_mlflow_2_10_is_read_without_migrating_it(kind, era, tmp_path, database, monkeypatch):
    script, artifacts = tmp_path / "era.py", (tmp_path / "artifacts").as_uri()
    script.write_text(ERA_RUN)
    outside = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "GIT_PYTHON_REFRESH": "quiet"}
    uri = {
        "file": (tmp_path / "store").as_uri(), "sqlite": f"sqlite:///{tmp_path / 'old.db'}",
        "postgresql": database.create(f"old_{tmp_path.name.lower()}"[:60]), "server": "",
    }[kind]  # fmt: skip
    with contextlib.ExitStack() as stack:
        if kind == "server":
            port = services.free_port()
            uri = f"http://127.0.0.1:{port}"
            words = [str(era), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
            words += ["--backend-store-uri", f"sqlite:///{tmp_path / 'old.db'}"]
            words += ["--artifacts-destination", str(tmp_path / "artifacts")]
            bin_first = outside | {"PATH": f"{era.parent}:{outside['PATH']}"}
            server = services.start(
                "mlflow 2.10.0",
                words,
                tmp_path / "server.log",
                lambda: services.port_answers(port),
                environment=bin_first,
            )
            stack.callback(server.stop)
        place = "" if kind in ("file", "server") else artifacts
        subprocess.run([str(era), str(script), uri, place], cwd=tmp_path, env=outside, check=True)
        before = fingerprint(kind, tmp_path, database, uri)
        done = run(app, ["audit", uri, "--output", str(tmp_path / "a.json")])
        assert done.exit_code == 0, done.output
        assert fingerprint(kind, tmp_path, database, uri) == before, "the audit changed the store"
    (found,) = json.loads((tmp_path / "a.json").read_text())["runs"]
    states = {name: item["state"] for name, item in found["items"].items()}
    # The script lies in no repository; the rest MLflow 2.10 knew as well as MLflow 3.
    assert states == {"code": "partial", "parameters": "usable", "environment": "usable", "data": "usable",
                      "randomness": "usable"}  # fmt: skip
    assert "scikit-learn" not in done.output
    assert any("pinned packages (requirements of the logged model)" in said
               for said in found["items"]["environment"]["evidence"])  # fmt: skip
    assert found["level"] == 1
    if kind != "server":
        text = "import sys, mlflow; print(len(mlflow.MlflowClient(sys.argv[1]).search_runs([sys.argv[2]])))"
        words = [str(era), "-c", text, uri, mlflow_id(found, uri)]
        again = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=outside, check=True)
        assert again.stdout.strip().endswith("1"), "MLflow 2.10.0 can still open it"


def mlflow_id(found, uri):
    with readers.opened(uri) as store:
        return next(key for key, name in store.experiments().items() if name == found["experiment"])


def fingerprint(kind, folder: Path, database, uri):
    if kind == "file":
        return sha256_tree((path for path in (folder / "store").rglob("*") if path.is_file()), folder)
    if kind == "postgresql":
        name = uri.partition("@/")[2].partition("?")[0]
        with contextlib.closing(database.connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT version_num FROM alembic_version")
            version = cursor.fetchall()
            cursor.execute("SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2")
            return version, cursor.fetchall()
    return sha256_file(folder / "old.db"), snapshots.alembic_version(folder / "old.db")


def test_the_study_own_tags_are_not_part_of_the_record(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = tracking.client(uri)
    run_id = client.create_run("0").info.run_id
    for name in ("commit", "seed", "argv", "packages", "data_sha256"):
        client.set_tag(run_id, f"traceability.{name}", COMMIT)
    with readers.opened(uri) as store:
        (judged,) = survey.judge(store, Scope())
    assert judged.level == 0
    # The same tags are, where the plugin says that it wrote them.
    client.set_tag(run_id, MARK, "1")
    with readers.opened(uri) as store:
        (judged,) = survey.judge(store, Scope())
    assert judged.level > 0
