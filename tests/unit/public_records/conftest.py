"""Repositories with MLflow records in them, made here by git and by hand, as early and late versions lay them out."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from traceability.public_records.judging import Place
from traceability.public_records.places import Repository
from traceability.runtime import git

SCRIPT = """import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--data-path", default="data")
arguments = parser.parse_args()
"""
#: What no table may hold.
PRIVATE = ("ada.lovelace", "ada@example.org", "/home/ada", "hush-hush-value", "secret experiment")


def run_id(number: int) -> str:
    return f"{number:032x}"


def write_run(
    store: Path, number: int, *, commit: str = "", source: str = "", params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None, points: int = 0, experiment: str = "0",
    model: Mapping[str, str] | None = None, lifecycle: str = "active",
) -> Path:  # fmt: skip
    """A run of a file store, file by file."""
    home = store / experiment
    folder = home / run_id(number)
    (folder / "params").mkdir(parents=True)
    (folder / "tags").mkdir()
    (folder / "metrics").mkdir()
    (home / "meta.yaml").write_text(
        f"experiment_id: '{experiment}'\nname: secret experiment\nlifecycle_stage: active\n"
    )
    (folder / "meta.yaml").write_text(
        f"run_id: {run_id(number)}\nrun_name: secret experiment\nuser_id: ada.lovelace\nstatus: 3\n"
        f"lifecycle_stage: {lifecycle}\nstart_time: 1700000000000\nend_time: 1700000060000\n"
        f"artifact_uri: file:///home/ada/project/mlruns/{experiment}/{run_id(number)}/artifacts\n"
    )
    said = {"mlflow.user": "ada.lovelace"} | dict(tags or {})
    said |= {"mlflow.source.git.commit": commit} if commit else {}
    said |= {"mlflow.source.name": source, "mlflow.source.type": "LOCAL"} if source else {}
    for name, value in said.items():
        (folder / "tags" / name).write_text(value)
    for name, value in (params or {}).items():
        (folder / "params" / name).write_text(value)
    if points:
        (folder / "metrics" / "loss").write_text("".join(f"17000000{i:05} 0.5 {i}\n" for i in range(points)))
    for name, text in (model or {}).items():
        place = folder / "artifacts" / "model" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder


def write_database(path: Path, numbers: list[int], points: int = 3) -> None:
    """A database with the tables that every schema has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as base, base:
        base.executescript(
            """CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
            CREATE TABLE runs (run_uuid TEXT, experiment_id INTEGER, name TEXT, status TEXT, user_id TEXT,
              start_time BIGINT, end_time BIGINT, artifact_uri TEXT, lifecycle_stage TEXT);
            CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE tags (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE metrics (run_uuid TEXT, key TEXT, value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN);
            CREATE TABLE alembic_version (version_num TEXT);
            INSERT INTO experiments VALUES (0, 'secret experiment', 'active');
            INSERT INTO alembic_version VALUES ('bd07f7e963c5');"""
        )
        for number in numbers:
            place = f"./mlruns/0/{run_id(number)}/artifacts"
            row = (run_id(number), 0, "r", "FINISHED", "ada.lovelace", 1600000000000, 1600000001000, place, "active")
            base.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            base.execute("INSERT INTO params VALUES (?, 'random_state', '7')", (run_id(number),))
            for step in range(points):
                base.execute("INSERT INTO metrics VALUES (?, 'loss', 0.5, ?, ?, 0)", (run_id(number), step, step))


class Upstream:
    """A repository with records, and where it would be fetched from."""

    def __init__(self, folder: Path, name: str = "ada/project") -> None:
        self.folder, self.name = folder, name
        folder.mkdir(parents=True)

    def commit(self, message: str) -> str:
        return git.commit_all(self.folder, message)

    def repository(self, *stores: tuple[str, str]) -> Repository:
        return Repository(self.name, git.head(self.folder), stores)

    def place(self, *stores: tuple[str, str]) -> Place:
        one = self.repository(*stores)
        return Place(one.name, one.commit, str(self.folder), "", one.stores)


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream" / "ada" / "project")


@pytest.fixture
def traced(upstream: Upstream) -> tuple[Upstream, str]:
    """A project whose code was committed before its run, and its record after: the repository, the code's commit."""
    (upstream.folder / "src").mkdir()
    (upstream.folder / "src" / "train.py").write_text(SCRIPT)
    (upstream.folder / "data").mkdir()
    (upstream.folder / "data" / "train.csv").write_text("a,b\n1,2\n")
    code = upstream.commit("code")
    write_run(
        upstream.folder / "mlruns", 1, commit=code, source="/home/ada/project/src/train.py", points=5,
        params={"lr": "0.3", "data_path": "/home/ada/project/data/train.csv", "note": "hush-hush-value", "seed": "4"},
        model={
            "MLmodel": "mlflow_version: 2.9.2\n", "requirements.txt": "numpy==1.26.4\nmlflow==2.9.2\npandas\n",
            "python_env.yaml": "python: 3.9.7\n", "model.pkl": "never opened",
        },
    )  # fmt: skip
    upstream.commit("records")
    return upstream, code
