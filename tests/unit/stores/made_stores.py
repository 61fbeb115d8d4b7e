"""Stores as versions of MLflow wrote them, made from plain files and SQL: no MLflow is needed to make or read them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from pathlib import Path

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


def run_id(number: int) -> str:
    """A run's id as MLflow makes them."""
    return f"{number:032x}"


def experiment(root: Path, key: str = "3", name: str = "forest", stage: str = "active", folder: str = "") -> Path:
    """An experiment of a file store."""
    home = root / (folder or key)
    home.mkdir(parents=True, exist_ok=True)
    (home / "meta.yaml").write_text(
        f"artifact_location: /elsewhere/mlruns/{key}\nexperiment_id: '{key}'\nlifecycle_stage: {stage}\nname: {name}\n"
    )
    return home


def run(home: Path, number: int, meta: str = "", stage: str = "active", **parts: dict[str, str]) -> Path:
    """A run of a file store; `parts` are files by name for `params`, `tags`, `metrics`."""
    folder = home / run_id(number)
    folder.mkdir(parents=True)
    (folder / "meta.yaml").write_text(meta or (
        f"artifact_uri: /elsewhere/mlruns/{home.name}/{run_id(number)}/artifacts\nexperiment_id: '{home.name}'\n"
        f"lifecycle_stage: {stage}\nrun_id: {run_id(number)}\nrun_name: calm-owl-{number}\nstart_time: 1690000000000\n"
        "status: 3\nuser_id: ann\n"
    ))  # fmt: skip
    for part, files in parts.items():
        for name, text in files.items():
            path = folder / part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder


#: Tables as MLflow 1.0 made them, and those that later versions added.
FIRST = """
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR(256), artifact_location VARCHAR(256),
    lifecycle_stage VARCHAR(32));
CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), source_type VARCHAR(20),
    source_name VARCHAR(500), entry_point_name VARCHAR(50), user_id VARCHAR(256), status VARCHAR(20),
    start_time BIGINT, end_time BIGINT, source_version VARCHAR(50), lifecycle_stage VARCHAR(20),
    artifact_uri VARCHAR(200), experiment_id INTEGER);
CREATE TABLE tags (key VARCHAR(250), value VARCHAR(250), run_uuid VARCHAR(32), PRIMARY KEY (key, run_uuid));
CREATE TABLE params (key VARCHAR(250), value VARCHAR(250), run_uuid VARCHAR(32), PRIMARY KEY (key, run_uuid));
CREATE TABLE metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32), step BIGINT DEFAULT 0);
INSERT INTO experiments VALUES (1, 'rivers', '/elsewhere/mlruns/1', 'active');
"""
LATER = """
CREATE TABLE alembic_version (version_num VARCHAR(32));
INSERT INTO alembic_version VALUES ('bda7b8c39065');
CREATE TABLE latest_metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN,
    run_uuid VARCHAR(32), PRIMARY KEY (key, run_uuid));
CREATE TABLE datasets (dataset_uuid VARCHAR(36), experiment_id INTEGER, name VARCHAR(500), digest VARCHAR(36),
    dataset_source_type VARCHAR(36), dataset_source TEXT, dataset_schema TEXT, dataset_profile TEXT);
CREATE TABLE inputs (input_uuid VARCHAR(36), source_type VARCHAR(36), source_id VARCHAR(36),
    destination_type VARCHAR(36), destination_id VARCHAR(36), step BIGINT DEFAULT 0);
CREATE TABLE input_tags (input_uuid VARCHAR(36), name VARCHAR(255), value VARCHAR(500));
CREATE TABLE logged_models (model_id VARCHAR(34), experiment_id INTEGER, name VARCHAR(500),
    artifact_location VARCHAR(1000));
CREATE TABLE trace_info (request_id VARCHAR(50), experiment_id INTEGER, timestamp_ms BIGINT);
"""


def database(path: Path, *statements: str, later: bool = True) -> Path:
    """A SQLite store with experiment 1 and one run, id 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        made.executescript(FIRST + (LATER if later else ""))
        add_run(made, 1)
        for statement in statements:
            made.execute(statement)
    return path


def add_run(made: sqlite3.Connection, number: int, stage: str = "active", experiment_id: int = 1) -> None:
    """One more run."""
    place = f"/elsewhere/mlruns/{experiment_id}/{run_id(number)}/artifacts"
    made.execute(
        "INSERT INTO runs (run_uuid, name, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id) "
        "VALUES (?, 'wide-lake', 'bo', 'FINISHED', 1690000000000, ?, ?, ?)",
        (run_id(number), stage, place, experiment_id),
    )


def state(folder: Path) -> str:
    """Digest of everything in a folder: names, kinds, contents and times of change."""
    found = hashlib.sha256()
    for path in sorted([folder, *folder.rglob("*")]):
        seen = path.lstat()
        found.update(f"{path} {seen.st_mode} {seen.st_size} {seen.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        if path.is_file() and not path.is_symlink():
            handle = os.open(path, os.O_RDONLY | os.O_NOATIME if hasattr(os, "O_NOATIME") else os.O_RDONLY)
            with os.fdopen(handle, "rb") as stream:
                found.update(stream.read())
    return found.hexdigest()
