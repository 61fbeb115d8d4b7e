"""The whole road once: what a newcomer gets from one command, in every chapter and with real networks and services."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader
from rocrate.rocrate import ROCrate
from support.studies import QUICK, RUNS, copy_of_study, killed_and_taken_up, same_weights, snakemake, tables

from traceability.runtime.files import sha256_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def study(quick_study: tuple[Path, float]) -> Path:
    """The quick study's folder, with all its results."""
    return quick_study[0]


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


def test_a_killed_study_gives_the_weights_of_one_that_was_not(study, tmp_path):
    runs = killed_and_taken_up(copy_of_study(tmp_path / "killed"), QUICK)
    same_weights(runs, pd.read_parquet(study / RUNS), at_least=31)
