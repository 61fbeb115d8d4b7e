"""Planted defects in a record get their verdict, and a sound record none of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from traceability.capture import verdicts

COMMIT, OTHER = "a" * 40, "b" * 40


@pytest.fixture
def line() -> dict[str, Any]:
    """One launch whose record is sound in what it says."""
    truth = {
        "entry_point": "/p/train.py", "entry_point_sha256": "e" * 64, "directory": "/p", "user": "me", "cpu": "c",
        "gpu": [], "memory_bytes": 8 * 2**30, "cores": 2, "release": "6.1", "commit": COMMIT, "branch": "main",
        "remote": "/o.git", "dirty": False, "diff": "", "untracked": [], "files": {"/p/train.py": "e" * 64},
        "untracked_paths": [], "changed_paths": [], "checkouts": {COMMIT: ["/p/train.py"], OTHER: []},
        "argv": ["train.py", "--seed", "7"], "parameters": {"seed": 7, "test_size": 0.25},
        "defaults": {"tol": "1e-06"},
        "split": {"seed": 7, "test_size": 0.25}, "python": "3.11.7", "platform": "Linux-6.1", "threads": 1,
        "deterministic_ops": None, "variables": {"PYTHONHASHSEED": "0"}, "imported": {"numpy": "2.4.6", "scipy": "1.0"},
        "installed": {"numpy": "2.4.6", "scipy": "1.0"},
        "metrics": {"mse": 1.5}, "weights": [[1.0, 2.0]],
        "data": "/d/table.csv", "data_sha256": "d" * 64, "digests": {"0a1b2c3d": 1.0},
        "began": 1.7e9, "ended": 1.7e9 + 1,
        "explicit": ["seed", "test_size", "mse"],
    }  # fmt: skip
    evidence = [
        ["run", "tag:mlflow.source.git.commit", COMMIT], ["run", "tag:mlflow.source.name", "train.py"],
        ["run", "param:seed", "7"], ["run", "param:test_size", "0.25"], ["run", "metric:mse", "1.5"],
        ["model", "model_file:requirements.txt", "numpy==2.4.6\nscipy==1.0\n"],
        ["dataset", "dataset_digest:t", "0a1b2c3d"], ["run", "info:user_id", "me"],
        ["run", "info:start_time", "1700000000500"],
    ]  # fmt: skip
    return {
        "key": "k", "tracker": "mlflow_3", "system": "MLflow", "version": "3.17.2", "launch_mode": "script",
        "tracking": "params_metrics", "defect": "none", "expected": "", "truth": truth,
        "evidence": evidence, "reason": "",
    }  # fmt: skip


def judged(line: dict[str, Any]) -> dict[str, str]:
    return {row["field"]: row["verdict"] for row in verdicts.rows(line)}


def replaced(line: dict[str, Any], key: str, value: str) -> dict[str, Any]:
    damaged = copy.deepcopy(line)
    for entry in damaged["evidence"]:
        entry[2] = value if entry[1] == key else entry[2]
    return damaged


def test_sound_record_is_correct(line: dict[str, Any]) -> None:
    found = judged(line)
    sound = "commit entry_point parameters metrics imported_packages data_content user times"
    for field in sound.split():
        assert found[field] == "correct", field
    assert found["dirty_state"] == "missing"
    assert "misleading" not in found.values()


@pytest.mark.parametrize(
    ("key", "value", "field", "verdict"),
    [
        ("tag:mlflow.source.git.commit", OTHER, "commit", "misleading"),
        ("tag:mlflow.source.git.commit", "c" * 40, "commit", "misleading"),
        ("tag:mlflow.source.name", "other.py", "entry_point", "misleading"),
        ("param:seed", "8", "seed", "misleading"),
        ("metric:mse", "1.5000001", "metrics", "misleading"),
        ("model_file:requirements.txt", "numpy==2.4.6\n", "imported_packages", "partial"),
        ("model_file:requirements.txt", "numpy==1.0\nscipy==1.0\n", "imported_packages", "misleading"),
        ("dataset_digest:t", "0badd1e5", "data_content", "misleading"),
        ("info:start_time", "1600000000500", "times", "misleading"),
    ],
)
def test_planted_defect_gets_its_verdict(line: dict[str, Any], key: str, value: str, field: str, verdict: str) -> None:
    assert judged(replaced(line, key, value))[field] == verdict


def test_dirty_tree_misleads_unless_the_record_says_so(line: dict[str, Any]) -> None:
    line["truth"] |= {"dirty": True, "diff": "+# changed\n", "changed_paths": ["/p/train.py"]}
    line["truth"]["checkouts"][COMMIT] = []
    assert judged(line)["commit"] == "misleading"
    line["evidence"].append(["run", "tag:traceability.dirty", "true"])
    assert judged(line)["commit"] == "partial"
