"""A run that recorded the full digest of its data is replayed on those data, and on no others."""

import subprocess
import sys

import pytest
from support import ROOT

from traceability.audit import survey
from traceability.replay.engine import Task, replay
from traceability.runtime import git
from traceability.runtime.files import sha256_file, sha256_tree
from traceability.stores import readers, tracking
from traceability.stores.scope import Scope

pytestmark = pytest.mark.slow
PROGRAM = """
import argparse, os, pathlib, mlflow
argparse.ArgumentParser().parse_args()
place = pathlib.Path({place!r})
files = sorted(place.rglob("*.csv")) if place.is_dir() else [place]
with mlflow.start_run() as run:
    mlflow.log_metric("total", sum(float(line) for file in files for line in file.read_text().split()))
    if os.environ.get("BY_HAND"):
        mlflow.set_tags({{"data_path": str(place), "data_sha256": os.environ["BY_HAND"]}})
    elif os.environ.get("TRACEABILITY_DATA"):
        import traceability
        traceability.stamp(run.info.run_id)
print(run.info.run_id)
"""


def as_file(folder):
    path = folder / "table.csv"
    path.write_text("1\n2\n")
    return path, sha256_file(path)


def as_folder(folder):
    path = folder / "tables"
    (path / "old").mkdir(parents=True)
    # "old.csv" goes before "old/x.csv" as a text and after it as a path: both digests must take one order.
    for name in ("a.csv", "old.csv", "old/x.csv"):
        (path / name).write_text("1\n")
    return path, sha256_tree(path.rglob("*.csv"), path)


def launch(folder, place, **environment):
    """A committed program that reads `place`, run once as its user would; the run and its store."""
    home = folder / "project"
    home.mkdir()
    (home / "train.py").write_text(PROGRAM.format(place=str(place)))
    git.commit_all(home, "one")
    git.run("remote", "add", "origin", str(home), cwd=home)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    tracking.client(uri)
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=home, capture_output=True, text=True, check=False,
        env=git.environment() | {"MLFLOW_TRACKING_URI": uri, "PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1], uri


@pytest.mark.parametrize("laid", [as_file, as_folder])
def test_stamped_data_are_checked_before_anything_runs(tmp_path, laid):
    place, digest = laid(tmp_path)
    run_id, uri = launch(tmp_path, place, TRACEABILITY_DATA=str(place))
    tags = tracking.client(uri).get_run(run_id).data.tags
    assert (tags["traceability.data"], tags["traceability.data_sha256"]) == (str(place), digest)
    with readers.opened(uri) as store:
        (judged,) = survey.judge(store, Scope(runs=(run_id,)))
    assert judged.items["data"].state == "complete"

    def again(kind, *readable):
        return replay(Task(run_id, uri, kind, readable=readable), tmp_path / "scratch", tmp_path / "cache")

    row = again("plugin")
    assert (row["reason"], row["data"], row["verdict"]) == ("", "sha256", "same_metrics"), row["detail"]
    changed = next(path for path in (place, *place.rglob("*.csv")) if path.is_file())
    changed.write_text("4\n")
    row = again("plugin")
    assert (row["stage"], row["reason"]) == ("command_rebuilt", "data_changed"), row["detail"]
    assert (row["run_seconds"], row["replayed"]) == (None, {}), "nothing ran"
    assert again("mlflow", place)["verdict"] == "different", "without the plugin's tags only the result tells"


def test_a_digest_in_a_tag_of_the_user_counts_as_one_in_a_parameter(tmp_path):
    place, digest = as_file(tmp_path)
    run_id, uri = launch(tmp_path, place, BY_HAND=f"sha256:{digest.upper()}")
    row = replay(Task(run_id, uri), tmp_path / "scratch", tmp_path / "cache")
    assert (row["data"], row["verdict"]) == ("sha256", "same_metrics"), row["detail"]
    place.write_text("4\n")
    row = replay(Task(run_id, uri), tmp_path / "scratch", tmp_path / "cache")
    assert row["reason"] == "data_changed", row["detail"]


def test_data_that_cannot_be_read_are_said_so_and_the_run_goes_on(tmp_path):
    place, _ = as_file(tmp_path)
    run_id, uri = launch(tmp_path, place, TRACEABILITY_DATA=str(tmp_path / "nowhere.csv"))
    tags = tracking.client(uri).get_run(run_id).data.tags
    assert "traceability.data_sha256" not in tags
    assert tags["traceability.failed_data"].startswith("FileNotFoundError")
