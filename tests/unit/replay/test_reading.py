"""Reading a record changes no store and runs nothing."""

import contextlib
import json
import os
import pickle
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy
from support.records import model_note, source, write_run
from typer.testing import CliRunner

from traceability.cli import app
from traceability.errors import StudyError
from traceability.replay import model_files, reading
from traceability.replay.annotate import _client_schema, check
from traceability.replay.reasons import REASONS, STAGES, Stopped, reached_before
from traceability.replay.record import from_notes
from traceability.runtime.files import sha256_file
from traceability.stores import snapshots, tracking
from traceability.stores.artifacts import Artifacts

RUN = "a" * 32


@pytest.fixture
def old_store(tmp_path):
    """A SQLite store as an older MLflow left it: its schema is some revisions behind, and it holds one run."""
    from alembic import command
    from alembic.script import ScriptDirectory
    from mlflow.store.db import utils
    from mlflow.store.tracking.dbmodels.initial_models import Base

    path = tmp_path / "old.db"
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    config = utils._get_alembic_config(f"sqlite:///{path}")
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    command.upgrade(config, revisions[15])
    engine.dispose()
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute(
            "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) VALUES "
            "(1, 'theirs', ?, 'active')",
            [str(tmp_path / "artifacts")],
        )
        store.execute(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, user_id, status, start_time, end_time, "
            "lifecycle_stage, artifact_uri, experiment_id) VALUES (?, 'r', 'LOCAL', 'train.py', 'u', 'FINISHED', "
            "1705312800000, 1705312900000, 'active', ?, 1)",
            [RUN, str(tmp_path / "artifacts" / RUN)],
        )
        store.executemany(
            "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
            [("mlflow.source.git.commit", "c" * 40, RUN), ("mlflow.source.name", "train.py", RUN),
             ("traceability.weights_sha256", "d" * 64, RUN), ("traceability.commit", "e" * 40, RUN)],
        )  # fmt: skip
        store.execute("INSERT INTO params (key, value, run_uuid) VALUES ('seed', '7', ?)", [RUN])
    return path


def test_a_store_of_an_older_mlflow_is_read_and_stays_as_it_was(old_store, tmp_path):
    digest, version = sha256_file(old_store), snapshots.alembic_version(old_store)
    assert version != _client_schema()
    record = reading.read(RUN, f"sqlite:///{old_store}", tmp_path / "scratch")
    assert (record.commit, record.params, record.date) == ("c" * 40, {"seed": "7"}, "2024-01-15")
    assert sha256_file(old_store) == digest
    assert snapshots.alembic_version(old_store) == version
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("old.db")] == ["old.db"]


def test_the_study_own_tags_count_only_for_the_plugin(old_store, tmp_path):
    uri = f"sqlite:///{old_store}"
    assert reading.read(RUN, uri, tmp_path / "one", "mlflow_explicit").weights_sha256 == ""
    plugin = reading.read(RUN, uri, tmp_path / "two", "plugin")
    assert (plugin.weights_sha256, plugin.commit) == ("d" * 64, "e" * 40)


def test_annotating_a_store_that_would_be_migrated_is_refused(old_store):
    digest = sha256_file(old_store)
    with pytest.raises(StudyError, match="would migrate it"):
        check("mlflow", f"sqlite:///{old_store}")
    assert sha256_file(old_store) == digest


def test_no_artifact_of_a_store_is_ever_unpickled(old_store, tmp_path):
    proof = tmp_path / "unpickled"

    class Trap:
        def __reduce__(self):
            return Path.touch, (proof,)

    model = tmp_path / "artifacts" / RUN / "model"
    model.mkdir(parents=True)
    (model / "MLmodel").write_text("flavors: {sklearn: {pickled_model: model.pkl}}\n")
    (model / "model.pkl").write_bytes(pickle.dumps(Trap()))
    (model / "requirements.txt").write_text("numpy\n")
    record = reading.read(RUN, f"sqlite:///{old_store}", tmp_path / "scratch")
    assert (record.model / "requirements.txt").read_text() == "numpy\n"
    assert not (record.model / "model.pkl").exists()
    done = CliRunner().invoke(app, ["replay", RUN, "--tracking-uri", f"sqlite:///{old_store}", "--yes", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["reason"] == "no_repository"
    assert not proof.exists()
    pickle.loads((model / "model.pkl").read_bytes())  # noqa: S301 - the trap works, so its silence above means something
    assert proof.exists()


@pytest.mark.parametrize("uri", ["sqlite:///{}/none.db", "{}/nothing"])
def test_a_store_that_is_not_there_is_a_reason_and_is_not_created(uri, tmp_path):
    with pytest.raises(Stopped) as stopped:
        reading.read(RUN, uri.format(tmp_path), tmp_path / "scratch")
    assert stopped.value.code == "store_unreadable"
    assert not (tmp_path / "none.db").exists()


def test_notes_that_are_none(tmp_path):
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text('{"params": {}, "metrics": {"m": "high"}}')
    for name, code in (("a", "store_unreadable"), ("b", "store_unreadable"), ("c", "run_not_found")):
        with pytest.raises(Stopped) as stopped:
            from_notes(tmp_path / f"{name}.json")
        assert stopped.value.code == code


def test_every_reason_belongs_to_a_stage():
    assert {stage for stage, _ in REASONS.values()} == set(STAGES)
    assert [reached_before(stage) for stage in STAGES] == ["", *STAGES[:-1]]


def test_the_command_says_in_one_line_what_is_wrong(tmp_path, old_store):
    run = CliRunner().invoke
    for words, said in (
        (["replay", RUN], "--tracking-uri is missing"),
        (["replay", RUN, "--record", "diary"], "expected mlflow, notes or plugin"),
        (["replay", RUN, "--tracking-uri", "x", "--add", "color=red"], "expected one of repository, commit, source"),
        (["replay", RUN, "--tracking-uri", "x", "--margin", "m=wide"], "expected a number"),
        (["replay", "n.json", "--record", "notes", "--annotate"], "notes have no tags"),
        (["replay", RUN, "--tracking-uri", "x", "--environment", "record"], "nor one of same, recorded, recorded_then"),
        (["replay", str(tmp_path / "n.json"), "--record", "notes"], "n.json: no such notes; give the path"),
        (
            ["replay", RUN, "--tracking-uri", f"sqlite:///{tmp_path}/none.db"],
            "none.db: no such database; check the path",
        ),
        (["replay", "beef", "--tracking-uri", f"sqlite:///{old_store}"], "run 'beef': no such run in the store"),
        (["replay", RUN, "--tracking-uri", "http://127.0.0.1:9"], "no MLflow answers at http://127.0.0.1:9"),
    ):
        done = run(app, words)
        assert done.exit_code == 2, done.output
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert said in line


def test_where_a_field_would_help_the_command_says_which(tmp_path):
    (tmp_path / "notes.json").write_text('{"params": {}, "metrics": {"m": 1}}')
    done = CliRunner().invoke(app, ["replay", str(tmp_path / "notes.json"), "--record", "notes", "--yes"])
    assert done.exit_code == 0, done.output
    assert "reason: no_repository (the record names no repository)" in done.stdout
    assert "hint: --add repository=..." in done.stdout


@pytest.mark.slow
def test_nothing_runs_unless_confirmed_and_annotating_writes_the_verdict(bench):
    original = bench.original("mlflow_explicit")
    words = ["replay", original.run_id, "--tracking-uri", bench.uri]
    refused = CliRunner().invoke(app, words, input="n\n")
    assert refused.exit_code == 2
    assert "will run, with" in refused.stderr
    assert original.facts["commit"][:12] in refused.stderr
    assert "nothing was run" in refused.stderr
    done = CliRunner().invoke(app, [*words, "--yes", "--annotate"])
    assert done.exit_code == 0, done.output
    assert "verdict: same_metrics" in done.stdout
    tags = tracking.client(bench.uri).get_run(original.run_id).data.tags
    assert tags["traceability.replay.verdict"] == "same_metrics"


def test_a_file_store_is_read_as_it_lies_there(tmp_path):
    """The installed MLflow refuses folders, and an older one would add to them; replay reads the files."""
    run = tmp_path / "mlruns" / "0" / RUN
    for name, text in (
        ("params/depth", "3"), ("metrics/loss", "1700000000000 0.25 0\n"), ("tags/mlflow.source.name", "fit.py"),
        ("tags/mlflow.source.git.commit", "c" * 40), ("tags/mlflow.source.git.repoURL", "https://host.example/r.git"),
    ):  # fmt: skip
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(text)
    (run / "meta.yaml").write_text(f"run_uuid: {RUN}\nexperiment_id: 0\nstatus: 3\nstart_time: 1705312800000\n")
    (run.parent / "meta.yaml").write_text("experiment_id: 0\nname: Default\n")
    before = sorted(tmp_path.rglob("*"))
    record = reading.read(RUN, str(tmp_path / "mlruns"), tmp_path / "scratch")
    assert (record.params, record.metrics, record.source) == ({"depth": "3"}, {"loss": 0.25}, "fit.py")
    assert (record.commit, record.repository, record.model) == ("c" * 40, "https://host.example/r.git", None)
    assert reading.read(RUN[:6], f"file://{tmp_path}/mlruns", tmp_path / "scratch").run_id == RUN
    assert sorted(tmp_path.rglob("*")) == before


def test_a_model_of_a_server_that_the_record_names_is_never_asked_for(tmp_path):
    """An address in a record with a host of its own is somebody else's server: it would be given the user's token."""
    artifacts = Artifacts(server="http://127.0.0.1:9")
    for place in ("mlflow-artifacts://127.0.0.1:1/x", "http://127.0.0.1:1/x", "s3://bucket/x", "ftp://127.0.0.1/x"):
        assert model_files.collect(artifacts, [place], tmp_path / "model") is None


def test_what_a_program_left_is_not_read_through_its_links(tmp_path):
    left = tmp_path / "scratch" / "store" / "model"
    left.mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (left / "MLmodel").write_text("flavors: {}\n")
    (left / "requirements.txt").symlink_to(tmp_path / "secret")
    os.mkfifo(left / "model.skops")
    artifacts = Artifacts(tmp_path / "scratch")
    found = model_files.collect(artifacts, [left.as_uri()], tmp_path / "copy", within=tmp_path / "scratch")
    assert [path.name for path in found.iterdir()] == ["MLmodel"]
    (left / "MLmodel").unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "scratch" / "link").symlink_to(elsewhere)
    place = (tmp_path / "scratch" / "link").as_uri()
    assert model_files.collect(Artifacts(), [place], tmp_path / "other", within=tmp_path / "scratch") is None


def test_a_model_is_found_under_the_name_that_the_record_gives_it(tmp_path):
    listed = json.dumps([model_note("net/v2", sklearn="1.2.2"), {"artifact_path": "../../elsewhere"}])
    run_id = write_run(tmp_path / "store", 1, tags=source("fit.py") | {"mlflow.log-model.history": listed})
    (folder,) = (tmp_path / "store").glob(f"*/{run_id}")
    for place in (folder / "artifacts" / "net" / "v2", tmp_path / "elsewhere"):
        place.mkdir(parents=True)
        (place / "MLmodel").write_text("flavors: {}\n")
        (place / "requirements.txt").write_text(f"{place.name}==1\n")
    record = reading.read(run_id, str(tmp_path / "store"), tmp_path / "scratch")
    assert (record.model / "requirements.txt").read_text() == "v2==1\n"
    (folder / "artifacts" / "net" / "v2" / "MLmodel").unlink()
    assert reading.read(run_id, str(tmp_path / "store"), tmp_path / "again").model is None
