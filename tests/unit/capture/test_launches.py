"""Launches for real: what MLflow says of the code, that the plugin misleads nowhere, and what stops a launch."""

import os
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from launch_cases import MODES, block, planned

from traceability.capture import batch, verdicts
from traceability.capture.fields import FIELDS
from traceability.capture.tables import NOT_MISLEADING
from traceability.capture.trackers import Tracker
from traceability.errors import StudyError
from traceability.runtime.files import read_jsonl

pytestmark = pytest.mark.slow
CODE = [field.name for field in FIELDS if field.need == "code_version"]
MISLED = "modified_script;modified_import;untracked_script;untracked_import;other_repository;script_outside"


@pytest.fixture(scope="module")
def judged(launched):
    """Launches that mislead without the plugin, and one that does not, each with it and without; runs of the client."""
    blocks = [
        block(f"script;{MISLED}"),
        block(f"script;detached_head;zipped;pytest;no_commits;git_ignored;{MISLED}", "plugin"),
        block("mlflow_run_dirty", "plugin;stamp"), block("modified_script", "client;stamp"),
    ]  # fmt: skip
    sound, _, _ = verdicts.collect([launched(planned(blocks))])
    assert not sound["reason"].notna().any(), list(sound["reason"].dropna())
    return sound


def of(judged: pd.DataFrame, tracking: str, field: str) -> dict[str, str]:
    here = judged[(judged["tracking"] == tracking) & (judged["field"] == field)]
    return dict(zip(here["launch_mode"], here["verdict"], strict=True))


def test_the_commit_comes_out_as_the_table_of_launch_modes_expects(judged):
    rows = verdicts.against_expectation(judged, MODES, [])
    assert len([row for row in rows if row["field"] == "commit"]) == 2 * len(f"script;{MISLED}".split(";")) + 6
    with_plugin = {row["launch_mode"] for row in rows if row["expected"] == NOT_MISLEADING}
    assert "zipped" in with_plugin
    assert "mlflow_run_dirty" not in with_plugin
    assert [row for row in rows if not row["agrees"]] == []
    assert of(judged, "params_metrics", "commit")["modified_script"] == "misleading"


def test_with_the_plugin_no_fluent_launch_misleads_about_its_code(judged):
    with_plugin = judged[(judged["tracking"] == "plugin") & judged["field"].isin(CODE)]
    wrong = with_plugin[(with_plugin["verdict"] == "misleading") & (with_plugin["launch_mode"] != "mlflow_run_dirty")]
    assert wrong.empty, wrong[["launch_mode", "field", "expected", "recorded"]].to_string()
    assert set(of(judged, "plugin", "dirty_state").values()) <= {"correct", "missing"}


def test_no_other_code_is_claimed_than_what_was_launched(judged):
    """The instrument watches from a file on the path of the launch; it is not code that runs."""
    assert of(judged, "plugin", "commit")["zipped"] == "missing"
    packages = of(judged, "plugin", "installed_packages")
    assert set(packages.values()) <= {"correct", "missing"}, packages


def test_what_the_plugin_cannot_reach_the_stamp_does(judged):
    """`mlflow run` and the client make runs that no context provider sees (METHOD 7)."""
    assert of(judged, "plugin", "commit")["mlflow_run_dirty"] == "misleading"
    assert of(judged, "stamp", "commit")["mlflow_run_dirty"] == "partial"
    assert of(judged, "client", "commit") == {"modified_script": "missing"}
    assert of(judged, "stamp", "commit") == {"modified_script": "partial", "mlflow_run_dirty": "partial"}


def test_the_plugin_is_the_one_who_put_it_there(judged):
    said = judged[(judged["tracking"] == "plugin") & (judged["field"] == "dirty_state")]
    assert set(said[said["verdict"] != "missing"]["by_whom"]) == {"plugin"}
    # No provider is called, or the code that ran lies in no repository with a commit that it could differ from.
    assert set(said[said["verdict"] == "missing"]["launch_mode"]) <= {"mlflow_run_dirty", "zipped", "no_commits"}
    plain = judged[judged["tracking"] == "params_metrics"]
    assert "plugin" not in set(plain["by_whom"])


def test_a_surprise_is_a_row_that_says_so(judged):
    believed = [mode | {"expected_commit": "correct"} for mode in MODES]
    told = {"system": "MLflow", "version": judged["version"].iloc[0], "expected": "parameters=correct;metrics=missing"}
    rows = verdicts.against_expectation(judged, believed, [told])
    surprises = {
        (row["launch_mode"], row["field"]) for row in rows if not row["agrees"] and row["tracking"] == "params_metrics"
    }
    assert surprises == {("script", "metrics"), *((mode, "commit") for mode in MISLED.split(";"))}


def test_code_that_misleads_in_spite_of_the_plugin_is_a_surprise(judged):
    wrong = (judged["tracking"] == "plugin") & (judged["launch_mode"] == "script") & (judged["field"] == "entry_point")
    rows = verdicts.against_expectation(judged.assign(verdict=judged["verdict"].mask(wrong, "misleading")), MODES, [])
    (surprise,) = [row for row in rows if not row["agrees"]]
    assert (surprise["launch_mode"], surprise["field"], surprise["observed"]) == ("script", "entry_point", "misleading")


def test_launches_that_cannot_be_made_are_rows_with_their_reason(subject, data, tracker, tmp_path):
    rows = planned([block("script", "none"), block("script", "params_metrics", tracker="sacred"),
                    block("script", "params_metrics", tracker="aim")], use=("mlflow_3", "sacred", "aim"))  # fmt: skip
    without = Tracker("sacred", "Sacred", "0.8.7", reason="cannot be installed: no wheel for this machine")
    # An environment without the tracker: the launch starts and fails.
    broken = Tracker("aim", "Aim", "3.29.1", python=tracker.python)
    batch.run_batch(
        rows, {"mlflow_3": tracker, "sacred": without, "aim": broken}, subject, data=data, kept=tmp_path / "cases",
        rows=tmp_path / "lines.jsonl", timeout_seconds=120,
    )  # fmt: skip
    sound, _, _ = verdicts.collect([tmp_path / "lines.jsonl"])
    reasons = dict(sound[["system", "reason"]].dropna().itertuples(index=False, name=None))
    assert reasons["Sacred"] == "cannot be installed: no wheel for this machine"
    assert reasons["Aim"].startswith("the launch failed:") and "No module named 'aim'" in reasons["Aim"]
    nothing = sound[(sound["system"] == "MLflow") & (sound["tracking"] == "none")]
    assert set(nothing["verdict"]) == {"missing"} and len(nothing) == len(FIELDS)
    assert (tmp_path / "cases").is_dir(), "what was left can be looked at"


def test_what_a_killed_job_left_is_swept_and_a_repository_around_the_launches_is_refused(
    subject, data, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    left = tmp_path / "launches-killed"
    (left / "cases").mkdir(parents=True)
    os.utime(left, (0, 0))
    without = Tracker("sacred", "Sacred", "0.8.7", reason="cannot be installed")

    def run():
        batch.run_batch(
            planned([block("script", tracker="sacred")], use=("sacred",)), {"sacred": without}, subject, data=data,
            kept=tmp_path / "cases", rows=tmp_path / "lines.jsonl", timeout_seconds=1,
        )  # fmt: skip

    run()
    assert not list(tmp_path.glob("launches-*")), "neither the killed job's folder nor this one's"
    assert (tmp_path / "cases").is_dir()
    (tmp_path / ".git").mkdir()
    with pytest.raises(StudyError, match=f"TMPDIR: {tmp_path} is a git repository"):
        run()


def test_a_launch_that_takes_too_long_is_ended(launched):
    (line,) = read_jsonl(launched(planned([block("script", "params_metrics")]), timeout_seconds=0.2))
    assert line["reason"] == "did not end within 0.2 s"


def test_nothing_of_the_caller_can_be_recorded(launched, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "hunter2")
    lines = launched(planned([block("script", "everything")]))
    assert "hunter2" not in lines.read_text()
    kept = lines.parent / "cases"
    read = [path.read_bytes() for path in kept.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(read) > 20
    assert not any(b"hunter2" in content for content in read)


def test_launches_lie_in_no_repository(launched, tmp_path):
    """A clone of the study around them would be found by trackers that look in every folder above."""
    (line,) = read_jsonl(launched(planned([block("container", "params_metrics")])))
    place = Path(line["truth"]["entry_point"])
    assert not any((folder / ".git").exists() for folder in place.parents)
    assert not place.exists(), "it was moved to the results"
    assert os.fspath(tmp_path) not in os.fspath(place)
