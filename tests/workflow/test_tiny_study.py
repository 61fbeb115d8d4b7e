"""The mechanics of a study, on one so small that it takes a minute: made, read back, reported, killed, taken up."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from support.studies import (
    RUNS,
    TINY,
    copy_of_study,
    environment_of,
    killed_and_taken_up,
    same_weights,
    snakemake,
    tables,
)

from traceability.runtime.files import sha256_file


def test_runs_are_measured_read_back_and_drawn(tiny_study: Path) -> None:
    made = tables(tiny_study)
    (runs,) = (frame for name, frame in made.items() if name.endswith("training/runs.parquet"))
    assert set(runs["workload"]) == {"diabetes_linear"}
    distinct = runs.groupby("arm")["weights_sha256"].nunique()
    assert distinct["split_fixed"] == 1, "the study of 2024 fixed the split: every run gives the same model"
    assert distinct["unseeded"] == (runs["arm"] == "unseeded").sum(), "a new split every time gives another model"
    figure = tiny_study / "results" / "figures" / "arms.svg"
    assert figure.stat().st_size > 0
    assert figure.with_suffix(".tsv").stat().st_size > 0


def test_the_launch_is_judged_field_by_field(tiny_study: Path) -> None:
    captured = pd.read_csv(tiny_study / "results" / "capture" / "capture.tsv", sep="\t")
    verdicts = dict(zip(captured["field"], captured["verdict"], strict=True))
    assert verdicts["commit"] == "correct", "a clean, tracked script"
    assert verdicts["seeds"] == "missing" if "seeds" in verdicts else len(verdicts) >= 5


def test_a_second_run_has_nothing_to_do(tiny_study: Path, targets: tuple[str, ...]) -> None:
    again = snakemake(tiny_study, *targets, config=TINY)
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout + again.stderr


def test_the_report_holds_the_figure(tiny_study: Path, targets: tuple[str, ...]) -> None:
    built = snakemake(tiny_study, *targets, "--report", "results/report.zip", config=TINY)
    assert built.returncode == 0, built.stderr[-3000:]
    with zipfile.ZipFile(tiny_study / "results" / "report.zip") as archive:
        assert "arms.svg" in {Path(name).name for name in archive.namelist()}


def test_after_a_kill_the_study_finishes_and_holds_each_replicate_once(tiny_study: Path, tmp_path: Path) -> None:
    runs = killed_and_taken_up(copy_of_study(tmp_path / "killed"), TINY)
    same_weights(runs, pd.read_parquet(tiny_study / RUNS), at_least=2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--config", 'trainig={"replicates": 3}'], "unknown key 'trainig'; did you mean 'training'?"),
        (["--config", 'training={"replicates": 1}'], "'training.replicates' is 1"),
        (["--config", 'training={"arms": "config/none.tsv"}'], "none.tsv is not there; name a file"),
        (["--config", 'training={"arms": "config/broken.tsv"}'], "broken.tsv: column 'arm' is missing"),
        (["--config", 'storage={"stores": ["sqlight"]}'], "sqlight"),
    ],
)
def test_a_mistake_is_told_in_one_line_before_any_job(tiny_study: Path, arguments: list[str], expected: str) -> None:
    (tiny_study / "config" / "broken.tsv").write_text("workload\tname\na\tb\n")
    done = snakemake(tiny_study, "-n", *arguments, config=TINY)
    assert done.returncode != 0
    # A dry run reports on standard output, a run on standard error.
    output = done.stdout + done.stderr
    assert len([line for line in output.splitlines() if expected in line]) == 1, output
    assert "Traceback" not in output


def test_a_dead_tracking_server_stops_the_training_with_one_line(tmp_path: Path) -> None:
    folder = copy_of_study(tmp_path / "dead")
    dead = 'tracking={"uri": "http://me:secret@127.0.0.1:9"}'
    done = snakemake(folder, RUNS, "--config", dead, config=TINY)
    assert done.returncode != 0
    said = done.stderr + (folder / "results" / "logs" / "init_tracking.log").read_text()
    assert "no MLflow answers at http://***@127.0.0.1:9" in said
    assert "start the server or correct the address" in said


def test_mlflow_shows_well_named_and_tagged_runs(tiny_study: Path) -> None:
    with sqlite3.connect(tiny_study / "results" / "tracking" / "mlflow.db") as connection:
        names = connection.execute("SELECT experiment_id, name FROM runs").fetchall()
        tags = dict(
            connection.execute("SELECT key, value FROM tags WHERE run_uuid = (SELECT run_uuid FROM runs LIMIT 1)")
        )
    # A name says which replicate of which arm; in an experiment (a workload) nobody else has it.
    assert len(names) == len(set(names)) >= 4
    assert any(name.startswith("split_fixed-000") for _, name in names)
    assert {"traceability.arm", "traceability.plan", "mlflow.source.git.commit", "mlflow.user"} <= set(tags)
    receipts = [json.loads(path.read_text()) for path in (tiny_study / "results" / "subjects").glob("*.json")]
    assert tags["mlflow.source.git.commit"] in {receipt["commit"] for receipt in receipts}


def test_the_audit_reads_the_study_own_store_and_changes_nothing(tiny_study: Path, tmp_path: Path) -> None:
    store = tiny_study / "results" / "tracking" / "mlflow.db"
    before = sha256_file(store)
    words = [str(Path(sys.executable).parent / "traceability"), "audit", f"sqlite:///{store}"]
    words += ["--clone", str(tiny_study / "results" / "subjects" / "diabetes_linear")]
    words += ["--output", str(tmp_path / "audit.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment_of(tiny_study))
    assert done.returncode == 0, done.stderr
    assert sha256_file(store) == before
    audited = json.loads((tmp_path / "audit.json").read_text())["runs"]
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM runs WHERE lifecycle_stage = 'active'").fetchone()
    assert len(audited) == count > 0
    for run in (run for run in audited if run["experiment"] == "diabetes_linear"):
        assert run["items"]["code"]["state"] in ("usable", "complete"), run
        assert "the commit holds train.py" in run["items"]["code"]["evidence"]
        assert "(traceability.*)" not in json.dumps(run), "the study's own tags are not part of the record (METHOD 3)"
