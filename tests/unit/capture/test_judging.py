"""Planted defects in a record get their verdict, and a sound record none of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from traceability.capture import verdicts
from traceability.capture.fields import FIELDS, NEED_OF, OURS
from traceability.capture.judges import JUDGES
from traceability.capture.tables import CAPTURE

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
        ["run", "info:start_time", "1700000000500"], ["run", "info:end_time", "1700000000900"],
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
        ("info:end_time", "1800000000500", "times", "misleading"),
        ("info:end_time", "", "times", "partial"),
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


#: (field, entries of a record in common words, changes of the truth, verdict, share).
RECORDS: list[tuple[str, list[list[str]], dict[str, Any], str, float]] = [
    ("commit", [["run", "commit", COMMIT]], {}, "correct", 1),
    ("branch", [["run", "branch", "main"]], {}, "correct", 1),
    ("branch", [["run", "branch", "other"]], {}, "misleading", 0),
    ("branch", [["run", "branch", "main"]], {"branch": ""}, "misleading", 0),
    ("branch", [["run", "branch", "(detached)"]], {"branch": ""}, "correct", 1),
    ("remote", [["run", "remote", "file:///o"]], {}, "correct", 1),
    ("remote", [["run", "remote", "/other.git"]], {}, "misleading", 0),
    ("dirty_state", [["run", "dirty_state", "False"]], {}, "correct", 1),
    ("dirty_state", [["run", "dirty_state", "False"]], {"dirty": True, "diff": "+a"}, "misleading", 0),
    ("dirty_state", [["run", "diff", "+a"]], {"dirty": True, "diff": "+a"}, "correct", 1),
    ("diff", [["run", "diff", "+a\n-b"]], {"dirty": True, "diff": "+a\n-b"}, "correct", 1),
    ("diff", [["run", "diff", ""]], {"dirty": True, "diff": "+a\n-b"}, "missing", 0),
    ("untracked_files", [["run", "untracked_files", "x.py"]], {"dirty": True, "untracked": ["x.py"]}, "correct", 1),
    ("untracked_files", [["run", "untracked_files", "x.py"]], {"dirty": True, "untracked": ["x.py", "y.py"]}, "partial",
     0.5),
    ("entry_point", [["run", "entry_point", "train.py"]], {}, "correct", 1),
    ("entry_point", [["run", "entry_point", "/q/train.py"]], {}, "misleading", 0),
    ("entry_point", [["run", "entry_point", "-c"]], {"entry_point": ""}, "missing", 0),
    ("entry_point", [["run", "entry_point", "runner.py"]], {"entry_point": ""}, "misleading", 0),
    ("entry_point_sha256", [["run", "entry_point_sha256", "e" * 64]], {}, "correct", 1),
    ("entry_point_sha256", [["run", "entry_point_sha256", "f" * 64]], {}, "misleading", 0),
    ("entry_point_sha256", [["artifact", "file_sha256:train.py", "e" * 64]], {}, "correct", 1),
    ("argv", [["run", "argv", "--seed 7"]], {}, "correct", 1),
    ("argv", [["run", "argv", "--seed"]], {}, "partial", 0.5),
    ("argv", [["run", "argv", "--alpha 1"]], {}, "misleading", 0),
    ("parameters", [["run", "parameters:seed", "7"]], {}, "partial", 0.5),
    ("parameters", [["run", "parameters:seed", "7"], ["run", "parameters:test_size", "0.5"]], {}, "misleading", 0.5),
    ("defaults", [["run", "defaults:tol", "1e-06"]], {}, "correct", 1),
    ("python", [["run", "python", "3.11.7"]], {}, "correct", 1),
    ("python", [["run", "python", "3.11"]], {}, "partial", 2 / 3),
    ("python", [["run", "python", "3.12.0"]], {}, "misleading", 0),
    ("system", [["run", "platform", "Linux 6.1 #1"]], {}, "correct", 1),
    ("system", [["run", "platform", "linux"]], {}, "partial", 0.5),
    ("system", [["run", "platform", "Windows"]], {}, "misleading", 0),
    ("cpu", [["run", "cpu", "c"]], {}, "correct", 1),
    ("cpu", [["run", "cpu", "other"]], {}, "misleading", 0),
    ("cpu", [["run", "cpu_count", "2"]], {}, "partial", 0),
    ("gpu", [["run", "gpu", "0"]], {}, "correct", 1),
    ("gpu", [["run", "gpu", "1"]], {}, "misleading", 0),
    ("gpu", [["run", "gpu", "A, B"]], {"gpu": ["A", "B"]}, "correct", 1),
    ("memory", [["run", "memory", str(8 * 2**30)]], {}, "correct", 1),
    ("memory", [["run", "memory", "8.0"]], {}, "correct", 1),
    ("memory", [["run", "memory", "16"]], {}, "misleading", 0),
    ("memory", [["run", "memory_usage", "500"]], {}, "partial", 0),
    ("threads", [["run", "threads", "1"]], {}, "correct", 1),
    ("threads", [["run", "threads", "8"]], {}, "misleading", 0),
    ("variables", [["run", "variables", '{"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}']],
     {"variables": {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}}, "correct", 1),
    ("variables", [["run", "variables", '{"PYTHONHASHSEED": "0"}']],
     {"variables": {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}}, "partial", 0.5),
    ("variables", [["run", "variables", '{"PYTHONHASHSEED": "1"}']], {}, "misleading", 0),
    ("imported_packages", [["run", "packages", "numpy==2.4.6"]], {}, "partial", 0.5),
    ("installed_packages", [["run", "packages", "numpy==2.4.6\nscipy==1.0"]], {}, "correct", 1),
    ("installed_packages", [["run", "packages", "numpy==2.4.6\nscipy==0.9"]], {}, "misleading", 0.5),
    ("data_location", [["run", "data_location", "/d/table.csv"]], {}, "correct", 1),
    ("data_location", [["run", "data_location", "table.csv"]], {}, "partial", 0.5),
    ("data_location", [["run", "data_location", '{"file": "table.csv", "folder": "/d"}']], {}, "correct", 1),
    ("diff", [["run", "tag:traceability.diff_sha256", "0" * 64]], {"dirty": True, "diff": "+a"}, "partial", 0),
    ("untracked_files", [["run", "tag:traceability.untracked_sha256", "0" * 64]],
     {"dirty": True, "untracked": ["x.py"]}, "partial", 0),
    ("system", [["run", "platform", "darwin"]], {"platform": "Darwin-24.1.0", "release": "24.1.0"}, "partial", 0.5),
    ("system", [["run", "platform", "linux"]], {"platform": "Darwin-24.1.0", "release": "24.1.0"}, "misleading", 0),
    ("data_location", [["artifact", "file_sha256:table.csv", "d" * 64]], {}, "correct", 1),
    ("data_content", [["run", "data_sha256", "d" * 64]], {}, "correct", 1),
    ("data_content", [["run", "data_sha256", "e" * 64]], {}, "misleading", 0),
    ("data_content", [["dataset", "dataset_digest:t", "0a1b2c3d"]], {"digests": {"0a1b2c3d": 0.75}}, "partial", 0.75),
    ("split", [["run", "parameters:seed", "7"], ["run", "parameters:test_size", "0.25"]], {}, "correct", 1),
    ("split", [["run", "parameters:seed", "7"]], {}, "partial", 0.5),
    ("seed", [["run", "parameters:seed", "7"]], {}, "correct", 1),
    ("seed", [["run", "parameters:seed", "8"]], {}, "misleading", 0),
    ("seed", [["run", "seeds", '{"numpy": 7}']], {}, "correct", 1),
    ("hash_seed", [["run", "variables", '{"PYTHONHASHSEED": "0"}']], {}, "correct", 1),
    ("hash_seed", [["run", "variables", '{"PYTHONHASHSEED": "1"}']], {}, "misleading", 0),
    ("determinism", [["run", "variables", '{"deterministic_ops": false}']], {}, "correct", 1),
    ("determinism", [["run", "variables", '{"deterministic_ops": true}']], {}, "misleading", 0),
    ("metrics", [["run", "metrics:mse", "1.5"]], {}, "correct", 1),
    ("metrics", [["run", "metrics:mse", "1.4999999"]], {}, "misleading", 0),
    ("metrics", [["run", "metrics:mse", "1.5"]], {"metrics": {"mse": 1.5, "mae": 2.0}}, "partial", 0.5),
    ("weights", [["artifact", "weights_file:model.bin", "/x"]], {}, "correct", 1),
    ("weights", [["model", "file_path:MLmodel", "/x"]], {}, "misleading", 0),
    ("user", [["run", "user", "me"]], {}, "correct", 1),
    ("user", [["run", "user", "you"]], {}, "misleading", 0),
    ("times", [["run", "start", "1700000000.5"]], {}, "partial", 0.5),
    ("times", [["run", "start", "1700000000.5"], ["run", "end", "1700000000.9"]], {}, "correct", 1),
]  # fmt: skip


@pytest.mark.parametrize(("field", "evidence", "truth", "verdict", "share"), RECORDS)
def test_each_fact_gets_its_verdict_and_share(
    line: dict[str, Any], field: str, evidence: list[list[str]], truth: dict[str, Any], verdict: str, share: float
) -> None:
    tracker = "MLflow" if evidence[0][1].startswith("tag:") else "Another"
    line |= {"system": tracker, "evidence": evidence, "truth": line["truth"] | truth}
    row = next(row for row in verdicts.rows(line) if row["field"] == field)
    assert (row["verdict"], row["share"]) == (verdict, pytest.approx(share)), row
    assert (row["need"], row["ours"]) == (NEED_OF[field], NEED_OF[field] in OURS)
    if verdict != "missing":
        assert row["place"] == evidence[0][0]
        assert row["expected"] and row["recorded"]


def test_every_field_has_a_judge_and_an_empty_record_is_missing_in_all(line: dict[str, Any]) -> None:
    assert set(JUDGES) == {field.name for field in FIELDS}
    assert {record[0] for record in RECORDS} == set(JUDGES)
    line["evidence"] = []
    rows = verdicts.rows(line)
    assert {(row["verdict"], row["share"], row["place"], row["by_whom"]) for row in rows} == {
        ("missing", 0.0, None, None)
    }
    # The columns that the issue of this chapter names, in its order; two more follow.
    assert CAPTURE.column_names[:12] == [
        "system", "version", "launch_mode", "tracking", "need", "field", "verdict", "share", "place", "by_whom",
        "expected", "recorded",
    ]  # fmt: skip
    assert set(rows[0]) | {"reason"} == set(CAPTURE.column_names)


def test_a_launch_that_failed_is_one_row_with_its_reason(line: dict[str, Any]) -> None:
    (row,) = verdicts.rows({**line, "reason": "cannot be installed: no wheel"})
    assert row["reason"] == "cannot be installed: no wheel"
    assert "verdict" not in row


@pytest.mark.parametrize(
    ("entry", "tracking", "by_whom"),
    [
        (["run", "param:seed", "7"], "params_metrics", "explicit"),
        (["run", "param:seed", "7"], "autolog_sklearn", "autolog"),
        (["run", "tag:mlflow.source.git.commit", COMMIT], "params_metrics", "automatic"),
        (["run", "tag:traceability.commit", COMMIT], "plugin", "plugin"),
        (["model", "model_file:requirements.txt", "numpy==2.4.6"], "autolog_sklearn", "autolog"),
        (["model", "model_file:requirements.txt", "numpy==2.4.6"], "log_model", "explicit"),
    ],
)
def test_who_put_it_there(line: dict[str, Any], entry: list[str], tracking: str, by_whom: str) -> None:
    explicit = {"params_metrics": ["seed"], "log_model": ["model"]}.get(tracking, [])
    line |= {"evidence": [entry], "tracking": tracking, "truth": line["truth"] | {"explicit": explicit}}
    said = {row["by_whom"] for row in verdicts.rows(line) if row["verdict"] not in ("missing",)}
    assert said == {by_whom}


def test_commits_of_further_repositories_give_their_files(line: dict[str, Any]) -> None:
    """The start script lies in one repository, the code in another; the record names both."""
    line["truth"]["files"] = {"/p/train.py": "e" * 64, "/l/start.py": "1" * 64}
    line["truth"]["checkouts"] = {OTHER: ["/l/start.py"], COMMIT: ["/p/train.py"]}
    line["evidence"] = [["run", "tag:traceability.commit", OTHER]]
    line["evidence"] += [["run", "tag:traceability.branch", "scripts"], ["run", "tag:traceability.repository", "none"]]
    before = judged(line)
    assert (before["commit"], before["branch"], before["remote"]) == ("misleading", "misleading", "missing")
    named = f'[{{"name": "p", "commit": "{COMMIT}", "branch": "main", "dirty": "false", "repository": "/o.git"}}]'
    line["evidence"].append(["run", "tag:traceability.other_repositories", named])
    after = judged(line)
    assert (after["commit"], after["branch"], after["remote"]) == ("correct", "correct", "correct")


def test_an_installed_launcher_misleads_only_where_the_record_does_not_call_it_one(line: dict[str, Any]) -> None:
    line["evidence"] = [["run", "tag:mlflow.source.name", "/lib/site-packages/ipykernel_launcher.py"]]
    assert judged(line)["entry_point"] == "misleading"
    line["evidence"].append(["run", "tag:traceability.entry_point_state", "installed"])
    assert judged(line)["entry_point"] == "missing"
    line["evidence"].append(["run", "tag:traceability.entry_point", "/q/other.py"])
    line["evidence"][1][2] = "committed"
    assert judged(line)["entry_point"] == "misleading"


def test_a_script_outside_every_repository_is_partial_only_where_the_record_says_so(line: dict[str, Any]) -> None:
    line["truth"]["files"]["/desk/train.py"] = "1" * 64
    assert judged(line)["commit"] == "misleading"
    line["evidence"].append(["run", "tag:traceability.entry_point_state", "outside"])
    assert judged(line)["commit"] == "partial"
