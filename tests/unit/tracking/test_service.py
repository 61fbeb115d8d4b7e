"""The study's own tracking server: no SQLite for a cluster, records that stay, a server that does not."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.stores import tracking
from traceability.tracking import service


@pytest.fixture
def results():
    """A folder that PostgreSQL's account can enter; pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "results"


@pytest.mark.parametrize("uri", ["", "sqlite:///mlflow.db", "sqlite+pysqlite:///mlflow.db"])
def test_sqlite_is_refused_with_reason_and_remedy(uri):
    with pytest.raises(StudyError, match="locks do not hold") as refused:
        service.check(uri, "slurm")
    assert "executor 'slurm'" in str(refused.value)
    assert 'tracking={"uri": "service"}' in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("uri", ["service", "https://mlflow.example.org", "postgresql://db.example.org/mlflow"])
def test_what_several_machines_can_write_to_is_accepted(uri):
    service.check(uri, "slurm")


def test_a_job_without_the_server_says_who_starts_it(tmp_path):
    with pytest.raises(StudyError, match="names no running server; run the job through Snakemake"):
        tracking.study_uri("service", tmp_path, 1)


@pytest.mark.slow
def test_runs_are_there_again_when_the_server_starts_again(results):
    with service.running(results):
        uri = tracking.study_uri("service", results, 1)
        client = tracking.client(uri)
        run = client.create_run(client.create_experiment("kept")).info.run_id
        client.log_text(run, "words", "note.txt")
    assert not tracking.service_file(results).exists()
    with service.running(results) as again:
        client = tracking.client(again)
        assert [found.info.run_id for found in client.search_runs(["1"])] == [run]
        assert [file.path for file in client.list_artifacts(run)] == ["note.txt"]
    assert list((results / "tracking" / "artifacts").rglob("note.txt"))


@pytest.mark.slow
def test_the_server_ends_with_the_process_that_started_it(results):
    child = subprocess.Popen([sys.executable, "-m", "traceability.tracking.service", str(results)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 120
        while not tracking.service_file(results).exists():
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.1)
        uri = json.loads(tracking.service_file(results).read_text())["uri"]
        below = psutil.Process(child.pid).children(recursive=True)
        assert len(below) > 3
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert not psutil.wait_procs(below, timeout=30)[1]
    with pytest.raises(StudyError, match="no MLflow answers"):
        tracking.client(uri)
