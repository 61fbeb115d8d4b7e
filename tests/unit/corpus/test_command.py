"""`traceability scan` as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from traceability.corpus import tables

FLAGS = [
    "uses_mlflow",
    "log_param",
    "log_metric",
    "autolog",
    "log_model",
    "log_artifact",
    "set_tag",
    "log_input",
    "start_run",
    "set_experiment",
    "set_tracking_uri",
    "via_client",
    "wrapper",
    "mlproject",
    "seeds",
    "traces_direct",
    "traces_any",
]


def scan(*words: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [str(Path(sys.executable).parent / "traceability"), "scan", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def projects(tmp_path):
    """Two projects: one logs through an alias, the other only names MLflow in a comment and cannot be parsed."""
    files = {"logs/train.py": "import mlflow as m\nm.log_metric('loss', 0.5)\n", "names/train.py": "# mlflow\nif :\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return [tmp_path / "logs", tmp_path / "names"]


def test_one_row_per_directory_in_the_order_given(projects, tmp_path):
    outputs = {name: tmp_path / name for name in ("usage.tsv", "calls.parquet", "problems.tsv")}
    done = scan(
        projects[1], projects[0], "--output", outputs["usage.tsv"], "--calls", outputs["calls.parquet"],
        "--problems", outputs["problems.tsv"], "--jobs", 2,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    usage = tables.USAGE.read(outputs["usage.tsv"])
    assert list(usage["repository"]) == [str(projects[1]), str(projects[0])]
    assert set(FLAGS) <= set(usage.columns)
    used = {name for name in FLAGS if usage.iloc[1][name]}
    assert used == {"uses_mlflow", "log_metric", "traces_direct", "traces_any"}
    assert not any(usage.iloc[0][name] for name in FLAGS)
    (call,) = pd.read_parquet(outputs["calls.parquet"]).to_dict("records")
    assert (call["api"], call["line"], call["way"]) == ("mlflow.log_metric", 2, "module")
    assert list(pd.read_csv(outputs["problems.tsv"], sep="\t")["kind"]) == ["syntax"]


def test_without_an_output_the_table_goes_to_standard_output(projects):
    done = scan(*projects)
    assert done.returncode == 0
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["repository", *map(str, projects)]
    assert "1 files had problems; --problems FILE lists them" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (lambda folder: [folder / "none"], "none: no such folder; give the folder of a project"),
        (lambda folder: [folder / "logs", folder / "logs"], "a folder is given twice; name each once"),
        (lambda folder: [folder / "logs" / "train.py"], "train.py: no such folder"),
    ],
)
def test_a_mistake_is_one_line(projects, words, expected):
    done = scan(*words(projects[0].parent))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_an_unreadable_file_is_a_problem_and_the_scan_goes_on(projects, tmp_path):
    (projects[0] / "train.py").chmod(0)
    done = scan(projects[0], "--problems", tmp_path / "problems.tsv")
    assert done.returncode == 0
    assert list(pd.read_csv(tmp_path / "problems.tsv", sep="\t")["kind"]) == ["unreadable"]
