"""The tracking store is ready before parallel jobs use it."""

import json
import socket
import subprocess
import sys

import pytest

from traceability.errors import StudyError
from traceability.stores import tracking
from traceability.stores.tracking import prepare


@pytest.mark.slow
def test_parallel_jobs_find_the_schema_and_the_experiments(tmp_path):
    uri = tracking.study_uri("", tmp_path, 60)
    prepare(uri, tmp_path / "artifacts", ["a", "b"], tmp_path / "tracking.json")
    code = (
        "import sys, mlflow; c = mlflow.MlflowClient(sys.argv[1]);"
        "r = c.create_run(c.get_experiment_by_name('a').experiment_id);"
        "[c.log_metric(r.info.run_id, 'm', i, step=i) for i in range(20)]; c.set_terminated(r.info.run_id)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, uri], cwd=tmp_path) for _ in range(4)]
    assert [writer.wait(120) for writer in writers] == [0] * 4
    client = tracking.client(uri)
    experiments = json.loads((tmp_path / "tracking.json").read_text())["experiments"]
    runs = client.search_runs([experiments["a"]])
    assert [len(client.get_metric_history(run.info.run_id, "m")) for run in runs] == [20] * 4
    assert all(run.info.artifact_uri.startswith((tmp_path / "artifacts" / "a").as_uri()) for run in runs)
    assert not (tmp_path / "mlruns").exists(), "no artifacts in the working directory"


def test_preparing_again_keeps_the_experiments(tmp_path):
    uri = tracking.study_uri("", tmp_path, 60)
    for name in ("first", "second"):
        prepare(uri, tmp_path / "artifacts", ["a"], tmp_path / f"{name}.json")
    assert (tmp_path / "first.json").read_text() == (tmp_path / "second.json").read_text()


def test_a_dead_address_is_one_line_without_the_password(tmp_path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        uri = f"http://me:secret@127.0.0.1:{held.getsockname()[1]}"
    with pytest.raises(StudyError) as caught:
        prepare(uri, tmp_path, ["a"], tmp_path / "tracking.json")
    assert "no MLflow answers at http://***@127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "tracking.json").exists()
