"""The whole road once: what a newcomer gets from one command, and what happens when things go wrong on the way."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pandas as pd
import psutil
import pytest
from pypdf import PdfReader
from rocrate.rocrate import ROCrate
from running import copy_of_study, snakemake

from traceability.runtime.files import sha256_file
from traceability.study.registry import all_tables

pytestmark = pytest.mark.slow


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Every declared table that the run made, without its volatile columns."""
    found = {}
    for _, table in all_tables():
        path = folder / "results" / table.name
        if path.is_file():
            volatile = set(table.column_names) - set(table.stable_columns)
            found[table.name] = table.read(path).drop(columns=list(volatile), errors="ignore")
    return found


def test_figures_tables_and_runs_are_there(study):
    figures = sorted((study / "results" / "figures").glob("*.svg"))
    rules = "".join(path.read_text() for path in (study / "rules").glob("*.smk"))
    declared = set(re.findall(r'ensure\("results/figures/(\w+\.svg)"', rules))
    assert len(declared) >= 10
    assert {figure.name for figure in figures} == declared
    assert all(figure.with_suffix(".tsv").stat().st_size > 0 for figure in figures)
    made = tables(study)
    assert any("runs.parquet" in name for name in made)
    runs = next(frame for name, frame in made.items() if "runs.parquet" in name)
    network = runs[(runs["workload"] == "digits_mlp") & (runs["process"] == "forked")]
    distinct = network.groupby("arm")["weights_sha256"].nunique()
    assert distinct["same_seed"] == 1
    assert distinct["unseeded"] == (network["arm"] == "unseeded").sum()
    targets = pd.read_csv(study / "results" / "statistics" / "regression_targets.tsv", sep="\t")
    assert len(targets) >= 3


def test_every_tracker_recorded_what_it_was_told_and_nothing_was_a_surprise(study):
    expected = pd.read_csv(study / "results" / "capture" / "expected.tsv", sep="\t")
    assert expected["agrees"].all(), expected[~expected["agrees"]].to_string()
    assert {"MLflow", "Sacred"} == set(expected.loc[expected["field"] == "parameters", "system"])


def test_a_second_run_has_nothing_to_do(study):
    again = snakemake(study)
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout + again.stderr


def test_the_report_holds_every_figure(study):
    built = snakemake(study, "--report", "results/report.zip")
    assert built.returncode == 0, built.stderr[-3000:]
    with zipfile.ZipFile(study / "results" / "report.zip") as archive:
        names = archive.namelist()
    shown = {Path(name).name for name in names}
    figures = {figure.name for figure in (study / "results" / "figures").glob("*.svg")}
    assert figures
    assert figures <= shown


def test_the_paper_has_a_number_from_every_chapter(study):
    numbers = json.loads((study / "results" / "paper" / "numbers.json").read_text())
    for name in (
        "capture.modes.commit.correct",
        "storage.stores",
        "writers.ready.acknowledged",
        "corpus.traces_any",
        "arm.digits_mlp.unseeded.distinct",
        "price.explicit",
        "replay.notes.same.finished",
    ):
        assert numbers[name]["value"] is not None, name
    assert 4 <= len(PdfReader(study / "results" / "paper" / "study.pdf").pages) <= 8
    crate = ROCrate(study / "results" / "paper")
    assert crate.get("files/results/statistics/arms.tsv")["sha256"] == sha256_file(
        study / "results" / "statistics" / "arms.tsv"
    )


def test_two_runs_of_the_study_give_the_same_tables(study, tmp_path):
    """All but unseeded replicates and volatile columns: here, the chapters without unseeded work."""
    other = copy_of_study(tmp_path / "again")
    done = snakemake(other, "corpus", "results/datasets/datasets.tsv")
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = tables(study), tables(other)
    assert len(two) >= 2
    for name, frame in two.items():
        pd.testing.assert_frame_equal(one[name], frame, obj=name)


def running_replicate(folder: Path) -> str | None:
    """Id of a run that MLflow shows as RUNNING."""
    database = folder / "results" / "tracking" / "mlflow.db"
    if not database.exists():
        return None
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5) as connection:
            row = connection.execute("SELECT run_uuid FROM runs WHERE status = 'RUNNING'").fetchone()
    except sqlite3.OperationalError:
        return None
    return row[0] if row else None


def at_work_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in process.cwd() and process.pid != os.getpid():
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def test_after_a_kill_the_study_finishes_and_holds_each_replicate_once(study, tmp_path):
    folder = copy_of_study(tmp_path / "killed")
    command = [sys.executable, "envs/run_study.py", "training", "--cores", "2", "--configfile", "config/quick.yaml"]
    with (tmp_path / "first.log").open("w") as log:
        first = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    run_id = None
    for _ in range(1800):
        run_id = running_replicate(folder)
        if run_id:
            break
        time.sleep(0.1)
    assert run_id, (tmp_path / "first.log").read_text()[-3000:]
    steering = [p for p in at_work_in(folder) if "snakemake" in " ".join(p.cmdline()) and "--mode" not in p.cmdline()]
    for process in steering:
        process.send_signal(signal.SIGKILL)
    first.kill()
    first.wait()
    deadline = time.monotonic() + 30
    while at_work_in(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not at_work_in(folder), "jobs of a killed run go on"

    second = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr[-5000:]
    assert "unlocking" in second.stderr, "it says that it removed the lock"
    runs = pd.read_parquet(folder / "results" / "training" / "runs.parquet")
    assert not runs.duplicated(["workload", "arm", "replicate", "process"]).any()
    with sqlite3.connect(folder / "results" / "tracking" / "mlflow.db") as connection:
        status = dict(connection.execute("SELECT run_uuid, status FROM runs"))
    assert status[run_id] == "KILLED"
    assert run_id not in set(runs["run_id"])
    assert "RUNNING" not in status.values()
    same_weights(runs, pd.read_parquet(study / "results" / "training" / "runs.parquet"))


def same_weights(one: pd.DataFrame, two: pd.DataFrame) -> None:
    """Two runs of the study give the same weights wherever the seed reaches (`numpy_tf` does not reach Keras 3)."""
    key = ["workload", "arm", "replicate", "process"]
    seeded = [frame[(frame["seed"] != "unseeded") & (frame["arm"] != "numpy_tf")] for frame in (one, two)]
    hashes = [frame.set_index(key)["weights_sha256"].sort_index() for frame in seeded]
    assert len(hashes[0]) > 30
    pd.testing.assert_series_equal(*hashes)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--config", 'trainig={"replicates": 3}'], "unknown key 'trainig'; did you mean 'training'?"),
        (["--config", 'training={"replicates": 1}'], "'training.replicates' is '1'"),
        (["--config", 'training={"arms": "config/none.tsv"}'], "none.tsv: no such table"),
        (["--config", 'training={"arms": "config/broken.tsv"}'], "broken.tsv: column 'arm' is missing"),
    ],
)
def test_a_mistake_is_told_in_one_line_before_any_job(study, arguments, expected):
    (study / "config" / "broken.tsv").write_text("workload\tname\na\tb\n")
    done = snakemake(study, "-n", *arguments)
    assert done.returncode != 0
    # A dry run reports on standard output, a run on standard error.
    output = done.stdout + done.stderr
    assert len([line for line in output.splitlines() if expected in line]) == 1, output
    assert "Traceback" not in output


def test_a_dead_tracking_server_stops_the_training_with_one_line(tmp_path):
    folder = copy_of_study(tmp_path / "dead")
    done = snakemake(folder, "training", "--config", 'tracking={"uri": "http://me:secret@127.0.0.1:9"}')
    assert done.returncode != 0
    said = done.stderr + (folder / "results" / "logs" / "init_tracking.log").read_text()
    assert "no MLflow answers at http://***@127.0.0.1:9" in said
    assert "start the server or correct the address" in said


def test_mlflow_shows_well_named_and_tagged_runs(study):
    with sqlite3.connect(study / "results" / "tracking" / "mlflow.db") as connection:
        names = connection.execute("SELECT experiment_id, name FROM runs").fetchall()
        tags = dict(
            connection.execute("SELECT key, value FROM tags WHERE run_uuid = (SELECT run_uuid FROM runs LIMIT 1)")
        )
    # A name says which replicate of which arm; in an experiment (a workload) nobody else has it.
    assert len(names) == len(set(names)) > 50
    assert any(name.startswith("same_seed-000") for _, name in names)
    assert {"traceability.arm", "traceability.plan", "mlflow.source.git.commit", "mlflow.user"} <= set(tags)
    receipts = [json.loads(path.read_text()) for path in (study / "results" / "subjects").glob("*.json")]
    assert tags["mlflow.source.git.commit"] in {receipt["commit"] for receipt in receipts}


def test_the_audit_reads_the_study_own_store_and_changes_nothing(study, tmp_path):
    store = study / "results" / "tracking" / "mlflow.db"
    before = sha256_file(store)
    words = [str(Path(sys.executable).parent / "traceability"), "audit", f"sqlite:///{store}"]
    words += ["--clone", str(study / "results" / "subjects" / "digits_mlp"), "--output", str(tmp_path / "audit.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sha256_file(store) == before
    audited = json.loads((tmp_path / "audit.json").read_text())["runs"]
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM runs WHERE lifecycle_stage = 'active'").fetchone()
    assert len(audited) == count > 0
    for run in (run for run in audited if run["experiment"] == "digits_mlp"):
        assert run["items"]["code"]["state"] in ("usable", "complete"), run
        assert "the commit holds train.py" in run["items"]["code"]["evidence"]
        assert "(traceability.*)" not in json.dumps(run), "the study's own tags are not part of the record (METHOD 3)"
