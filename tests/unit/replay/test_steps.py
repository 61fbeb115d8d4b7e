"""The steps of a replay one by one: command, data, environment, comparison, plan, funnel."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.replay import code, data, environments, rebuild
from traceability.replay.compare import compare
from traceability.replay.plan import plan
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.replay.tables import CASES, STAGES
from traceability.runtime import sandbox
from traceability.runtime.files import sha256_file
from traceability.statistics.plan import read as read_plan
from traceability.statistics.replays import cells, funnel, pairs, predictions
from traceability.training.tables import ARMS

PYTHON = Path(sys.executable)
#: The workloads of the default size, and what else a plan needs.
THREE = {
    "epochs": {"diabetes_linear": None, "digits_forest": None, "digits_mlp": 3}, "batches": 2, "crossed_levels": 2,
    "base_seed": 1,
}  # fmt: skip


def stop(call, *arguments, **more):
    with pytest.raises(Stopped) as stopped:
        call(*arguments, **more)
    return stopped.value.code


def project(folder, command="python train.py --seed {seed} --name {name}"):
    parameters = "{seed: {type: int, default: 1}, name: string}"
    (folder / "MLproject").write_text(
        f"entry_points:\n  main:\n    parameters: {parameters}\n    command: {json.dumps(command)}\n"
    )
    (folder / "train.py").write_text("")
    return folder


def test_a_recorded_value_is_one_word_and_never_a_command(tmp_path):
    record = Record("r", "mlflow", params={"name": "x; rm -rf $HOME", "other": "1"}, source="train.py")
    command = rebuild.rebuild(record, project(tmp_path))
    assert command.words == ("train.py", "--seed", "1", "--name", "x; rm -rf $HOME")
    assert (command.unmapped, command.defaulted, command.origin) == (("other",), ("seed",), "mlproject")


def test_a_project_that_cannot_be_started_says_why(tmp_path):
    record = Record("r", "mlflow", source="train.py")
    assert stop(rebuild.rebuild, record, project(tmp_path)) == "parameter_missing"
    for command in ("make train", "python train.py {seed} | tee log", "python train.py {unknown}"):
        named = Record("r", "mlflow", params={"name": "n"}, entry_point="main")
        assert stop(rebuild.rebuild, named, project(tmp_path, command)) == "command_unreadable"


def test_without_a_project_the_source_says_which_parameters_are_options(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "fit.py").write_text(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--learning-rate', type=float)\n"
        "p.add_argument('--fast', action='store_true')\np.add_argument('--slow', action='store_true')\n"
        "p.add_argument('--kind', choices=['a', 'b'])\np.add_argument('-n', '--number')\np.add_argument('--left')\n"
        "raise SystemExit('this is never run')\n"
    )
    params = {"learning_rate": "0.1", "fast": "True", "slow": "False", "kind": "b", "number": "3", "loss": "mse"}
    record = Record("r", "mlflow", params=params, source="/elsewhere/somebody/project/src/fit.py")
    command = rebuild.rebuild(record, tmp_path)
    assert command.words == ("src/fit.py", "--fast", "--kind=b", "--learning-rate=0.1", "--number=3")
    assert (command.unmapped, command.defaulted, command.origin) == (("loss",), ("left",), "source")


def test_a_script_that_the_commit_lacks(tmp_path):
    assert stop(rebuild.rebuild, Record("r", "m", source="ipykernel.py"), tmp_path) == ("entry_point_missing")
    assert stop(rebuild.rebuild, Record("r", "notes"), tmp_path) == "no_entry_point"
    (tmp_path / "secret.py").write_text("")
    inside = tmp_path / "code"
    inside.mkdir()
    outside = Record("r", "m", source="../secret.py")
    assert stop(rebuild.rebuild, outside, inside) == "entry_point_missing"


def test_only_a_full_commit_id_is_a_commit(tmp_path):
    for commit in ("", "main", "abc1234", "--upload-pack=touch x", "g" * 40):
        assert stop(code.restore, Record("r", "m", repository="x", commit=commit), tmp_path / "c") == "no_commit"
    gone = Record("r", "m", repository=str(tmp_path / "gone.git"), commit="a" * 40)
    assert stop(code.restore, gone, tmp_path / "c") == "repository_unreachable"
    command = Record("r", "m", repository=f"ext::sh -c touch% {tmp_path}/ran", commit="a" * 40)
    assert stop(code.restore, command, tmp_path / "c") == "repository_unreachable"
    assert not (tmp_path / "ran").exists()


def test_a_recorded_digest_is_checked_before_anything_runs(tmp_path):
    (tmp_path / "train.csv").write_text("1,2\n")
    params = {"data_path": "train.csv", "data_sha256": sha256_file(tmp_path / "train.csv")}
    assert data.verify_before(Record("r", "m", params=params), tmp_path) == ("sha256", None)
    unverified = data.verify_before(Record("r", "m", params={"data_path": "train.csv"}), tmp_path)
    assert unverified == ("data_unverified", None)
    (tmp_path / "train.csv").write_text("1,3\n")
    assert stop(data.verify_before, Record("r", "m", params=params), tmp_path) == "data_changed"
    (tmp_path / "train.csv").unlink()
    assert stop(data.verify_before, Record("r", "m", params=params), tmp_path) == "data_missing"


def test_requirements_that_could_run_code_are_not_installed(tmp_path):
    for line in (
        "-e .",
        "six --index-url=x",
        "--index-url https://evil.example",
        "git+https://example.org/x.git",
        "x @ file:///x",
        "./x",
    ):
        (tmp_path / "requirements.txt").write_text(f"{line}\n")
        assert stop(environments.wanted, "recorded", Record("r", "m"), tmp_path) == ("requirement_unresolvable")
    (tmp_path / "requirements.txt").unlink()
    for name, reason in (("recorded", "no_environment_recorded"), ("none.txt", "environment_missing")):
        assert stop(environments.wanted, name, Record("r", "m"), tmp_path) == reason


def test_verdicts():
    def verdict(recorded, replayed, weights=("", ""), margins=None):
        return compare(recorded, replayed, weights, margins or {}).verdict

    assert verdict({"a": 1.0, "b": math.nan}, {"a": 1.0, "b": math.nan, "c": 3}) == "same_metrics"
    assert verdict({"a": 1.0}, {"a": 1.0}, ("x", "x")) == "bitwise"
    assert verdict({"a": 1.0}, {"a": 1.0}, ("x", "y")) == "same_metrics", "equal metrics of other weights"
    assert verdict({"a": 1.0}, {"a": np.nextafter(1.0, 2)}, ("x", "x")) == "different"
    assert verdict({"a": 1.0}, {"a": 1.005}, margins={"a": 0.01}) == "within_margin"
    assert verdict({"a": 1.0}, {"a": 1.02}, margins={"a": 0.01}) == "different"
    assert verdict({"a": 1.0}, {"a": 1.005}, margins={"z": 0.01}) == "different", "no margin was declared for it"
    assert stop(compare, {"a": 1.0}, {"b": 1.0}, ("", ""), {}) == "no_common_metric"


def test_the_sandbox_passes_on_no_secret_and_ends_what_hangs(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://theirs.example")
    seen = sandbox.variables(tmp_path / "home", PYTHON)
    ended = sandbox.run([str(PYTHON), "-c", "import os; print(dict(os.environ))"],
                        folder=tmp_path, environment=seen, timeout=60)  # fmt: skip
    assert ended.status == 0
    assert "hunter2" not in ended.output
    assert "theirs.example" not in ended.output
    assert str(tmp_path / "home") in ended.output
    sleeper = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    hung = sandbox.run([str(PYTHON), "-c", sleeper], folder=tmp_path, environment=seen, timeout=1)
    assert hung.status is None
    assert hung.seconds < 20, "children go with it"


@pytest.mark.parametrize(("table", "least"), [("replays.tsv", 30), ("replays_paper.tsv", 60)])
def test_the_plan_has_every_kind_of_record_and_defect_and_enough_replays(table, least):
    cases = CASES.rows(ROOT / "config" / table)
    arms = ARMS.rows(ROOT / "config" / "arms.tsv")
    rows = plan(cases, arms, environments=["same", "recorded"], replays_at_most=1000, **THREE)
    assert len(rows) >= least
    assert len({row["key"] for row in rows}) == len(rows)
    assert {row["record"] for row in rows} >= {"notes", "mlflow_explicit", "mlflow_autolog_model", "plugin"}
    assert {row["expected_reason"] for row in rows} >= {
        "dirty_tree", "commit_missing", "data_changed", "requirement_unresolvable",
    }  # fmt: skip
    small = plan(cases, arms, environments=["same"], replays_at_most=1, **THREE)
    assert len(small) < len(rows)
    with pytest.raises(StudyError, match=r"config/replays.tsv: no arm 'diabetes_linear/unseeded'"):
        plan(cases, [], environments=["same"], replays_at_most=1, **THREE)


def test_every_arm_is_replayed_at_least_once_where_its_workload_is_configured():
    arms, cases = ARMS.rows(ROOT / "config" / "arms.tsv"), CASES.rows(ROOT / "config" / "replays_paper.tsv")
    every = THREE | {"epochs": {arm["workload"]: None for arm in arms}}
    rows = plan(cases, arms, environments=["same"], replays_at_most=1000, **every)
    assert not any("{" in row["options"].replace("{}", "") for row in rows), "every number was filled in"
    assert {(row["workload"], row["arm"]) for row in rows if row["defect"] == "none"} == {
        # A source run is launched in the study's own environment; arms of the libraries of 2024 are not.
        (arm["workload"], arm["arm"])
        for arm in arms
        if arm["process"] != "era"
    }
    # Fashion-MNIST must be downloaded.
    default = plan(cases, arms, environments=["same"], replays_at_most=1, **THREE)
    assert {row["workload"] for row in default} == set(THREE["epochs"])
    with pytest.raises(StudyError, match=r"options of arm 'diabetes_linear/unseeded' cannot be filled in \('sed'\)"):
        wrong = [arm | {"options": "--seed {sed}"} for arm in arms]
        plan(cases, wrong, environments=["same"], replays_at_most=1, **THREE)


def test_the_funnel_counts_what_the_record_did_alone_and_leaves_out_planted_defects():
    def row(alone, stage, ease, verdict, defect="none"):
        return {"record": "notes", "environment": "same", "defect": defect, "stage_alone": alone, "stage": stage,
                "ease": ease, "verdict": verdict}  # fmt: skip

    table = funnel(
        pd.DataFrame([
            row("record_found", "finished", 3, "same_metrics"), row("finished", "finished", 0, "bitwise"),
            row("ran", "ran", 0, "not_executable"), row(None, None, 0, "not_executable"),
            row("finished", "finished", 0, "bitwise", defect="dirty_tree"),
        ]), 0.95,
    ).set_index("stage")  # fmt: skip
    assert set(table["n"]) == {4}
    assert list(table.loc[list(STAGES), "reached"]) == [3, 2, 2, 2, 2, 2, 1]
    assert list(table.loc[list(STAGES), "reached_with_help"]) == [3, 3, 3, 3, 3, 3, 2]
    assert list(table.loc[["same_result", "bitwise"], "reached"]) == [1, 1]
    assert list(table.loc[["same_result", "bitwise"], "reached_with_help"]) == [2, 1]
    # Wilson's interval for 1 of 4, as tabulated (0.0456 to 0.6994).
    assert table.loc["finished", ["low", "high"]].tolist() == pytest.approx([0.0456, 0.6994], abs=5e-5)


def test_a_cell_is_equivalent_only_with_thirty_differences_inside_the_margin():
    def cell(number, difference, record):
        return {"workload": "diabetes_linear", "arm": "a", "record": record, "environment": "same", "defect": "none",
                "stage": "finished", "stage_alone": "finished" if number else "ran", "number": number,
                "differences": json.dumps({"test_mse": difference} if record != "bare" else {"loss": 0.0})}  # fmt: skip

    frame = pd.DataFrame(
        [cell(n, 0.1 * (-1) ** n, "inside") for n in range(30)] + [cell(n, 0.0, "few") for n in range(29)]
        + [cell(n, 40.0 + n, "outside") for n in range(30)] + [cell(n, 0.0, "bare") for n in range(30)]
    )  # fmt: skip
    found = cells(frame, read_plan(ROOT / "config" / "preregistration.yaml")).set_index("record")["verdict"]
    assert dict(found) == {
        "inside": "equivalent", "few": "too_few", "outside": "not_shown", "bare": "not_comparable",
    }  # fmt: skip
    paired = pairs(frame)
    assert paired[paired["record"] == "inside"]["finished"].tolist() == [0] + [1] * 29
    assert paired[paired["run_id"] == "a/0"].shape[0] == 4, "one row per record of the same command"


def test_a_replay_is_judged_by_the_prediction_interval_of_its_own_arm():
    runs = pd.DataFrame(
        {"workload": "diabetes_linear", "arm": arm, "kind": "unseeded", "replicate": number, "process": "forked",
         "status": "finished", "metric.test_mse": value}
        for arm, values in (("spread", (1.0, 2.0, 3.0)), ("exact", (5.0, 5.0, 5.0)), ("single", (1.0,)))
        for number, value in enumerate(values)
    )  # fmt: skip

    def row(arm, value, **other):
        return {"key": f"{arm}{value}", "workload": "diabetes_linear", "arm": arm, "record": "notes",
                "environment": "same", "defect": "none", "stage": "finished",
                "replayed": json.dumps({"test_mse": value})} | other  # fmt: skip

    replays = pd.DataFrame([
        row("spread", 6.9), row("spread", 7.0), row("exact", 5.0), row("exact", 5.1), row("single", 1.0),
        row("none", 1.0), row("spread", 2.0, defect="dirty_tree"), row("spread", 2.1, stage="ran"),
    ])  # fmt: skip
    found = predictions(replays, runs, read_plan(ROOT / "config" / "preregistration.yaml"), 0.95).set_index("key")
    # t(.975, 2) = 4.30265; 2 +- 4.30265 * 1 * sqrt(4 / 3).
    assert found.loc["spread6.9", ["low", "high"]].tolist() == pytest.approx([-2.96827, 6.96827], abs=1e-4)
    assert found["inside"].to_dict() == {
        "spread6.9": True, "spread7.0": False, "exact5.0": True, "exact5.1": False, "single1.0": None, "none1.0": None,
    }  # fmt: skip
    assert found.loc["none1.0", "n"] == 0
