"""Programs as people write them, run once as their user would and replayed for real."""

import hashlib
import http.server
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from traceability.replay.engine import Task, replay
from traceability.runtime import git
from traceability.stores import readers
from traceability.stores.scope import Scope

pytestmark = pytest.mark.slow

FOLDS = """
import argparse, random
import mlflow
from mlflow import MlflowClient

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--depth", type=int, default=None)
arguments = parser.parse_args()
# The store is named in the program, as in most tutorials.
mlflow.set_tracking_uri("sqlite:///{store}")
random.seed(arguments.seed)
with mlflow.start_run(run_name="search"):
    mlflow.log_params(vars(arguments))
    scores = []
    for fold in range(3):
        with mlflow.start_run(nested=True, run_name=f"part {{fold}}"):
            scores.append(random.random())
            mlflow.log_metric("score", scores[-1])
    mlflow.log_metric("score", sum(scores))
client = MlflowClient(tracking_uri="sqlite:///{store}")
client.set_tag(mlflow.last_active_run().info.run_id, "seen", "yes")
"""

LEAVES = """
import argparse, os, sqlite3
import mlflow
argparse.ArgumentParser().parse_args()
with mlflow.start_run():
    mlflow.log_metric("score", 0.5)
store = os.environ.get("TRACEABILITY_REPLAY_STORE")
if store:
    with sqlite3.connect(store.removeprefix("sqlite:///")) as opened:
        opened.execute("update runs set artifact_uri = '{address}/' || ?", (open("/etc/passwd").read(9),))
"""


def committed(folder: Path, text: str) -> Path:
    home = folder / "project"
    home.mkdir()
    (home / "fit.py").write_text(text)
    git.commit_all(home, "one")
    git.run("remote", "add", "origin", str(home), cwd=home)
    return home


def ran(home: Path, store: Path, *words: str) -> None:
    environment = git.environment() | {"MLFLOW_TRACKING_URI": f"sqlite:///{store}"}
    done = subprocess.run([sys.executable, "fit.py", *words], cwd=home, env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def again(store: Path, run_id: str, folder: Path):
    return replay(Task(run_id, f"sqlite:///{store}"), folder / "scratch", folder / "cache")


def test_the_user_store_is_not_touched_and_each_of_nested_runs_meets_its_counterpart(tmp_path):
    store = tmp_path / "theirs.db"
    ran(committed(tmp_path, FOLDS.format(store=store)), store, "--seed", "5")
    digest = hashlib.sha256(store.read_bytes()).hexdigest()
    with readers.opened(str(store)) as opened:
        runs = {run.name: run.run_id for run in opened.runs(Scope())}
    assert len(runs) == 4
    for name in ("search", "part 1"):
        row = again(store, runs[name], tmp_path)
        assert row["command"] == "python fit.py --seed=5", "a nested run was started by the command of its parent"
        assert (row["verdict"], row["metrics_common"]) == ("same_metrics", 1), (name, row["reason"], row["detail"])
    assert hashlib.sha256(store.read_bytes()).hexdigest() == digest
    assert sorted(path.name for path in tmp_path.glob("theirs*")) == ["theirs.db"]


def test_an_address_that_the_program_leaves_in_its_store_is_not_fetched(tmp_path, monkeypatch):
    heard = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.path, self.headers.get("Authorization")))
            self.send_error(404)

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "hunter2")
    store = tmp_path / "theirs.db"
    ran(committed(tmp_path, LEAVES.format(address=f"http://127.0.0.1:{server.server_port}")), store)
    with readers.opened(str(store)) as opened:
        (run,) = opened.runs(Scope())
    row = again(store, run.run_id, tmp_path)
    server.shutdown()
    assert row["verdict"] == "same_metrics", row["detail"]
    assert heard == []
