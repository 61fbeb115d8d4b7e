"""What differs between two runs is listed, what is equal is not, and what nobody recorded is unknown."""

import csv
import json

import mlflow
import pandas as pd
import pytest
from typer.testing import CliRunner

from traceability import records
from traceability.cli import app


@pytest.fixture
def uri(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def write(uri, *, commit="a", alpha="0.5", numpy="2.0", rows=(1, 2), loss=1.0, seed="1"):
    client = records.client(uri)
    run_id = client.create_run("0").info.run_id
    client.set_tag(run_id, "mlflow.source.git.commit", commit * 40)
    client.set_tag(run_id, "mlflow.source.name", "train.py")
    client.log_param(run_id, "alpha", alpha)
    client.log_param(run_id, "seed", seed)
    client.log_param(run_id, "api_token", f"secret-{seed}")
    client.log_metric(run_id, "loss", loss)
    client.log_text(run_id, f"numpy=={numpy}\npandas==3.0\n", "requirements.txt")
    frame = mlflow.data.from_pandas(pd.DataFrame({"x": list(rows)}), name="rows")
    client.log_inputs(run_id, [mlflow.entities.DatasetInput(frame._to_mlflow_entity(), [])])
    return run_id


@pytest.mark.parametrize(("change", "part", "name"), [
    ({}, "", ""),
    ({"commit": "b"}, "code", "commit"),
    ({"alpha": "0.7"}, "parameters", "alpha"),
    ({"numpy": "2.1"}, "environment", "numpy"),
    ({"rows": (1, 3)}, "data", "rows"),
    ({"loss": 1.5}, "metrics", "loss"),
])  # fmt: skip
def test_a_planted_difference_is_the_only_one(uri, change, part, name, tmp_path):
    a, b = write(uri), write(uri, **change)
    out = tmp_path / "drift.json"
    done = CliRunner().invoke(app, ["drift", a, b, "--tracking-uri", uri, "--output", str(out)])
    assert done.exit_code == (1 if change else 0), done.output
    rows = json.loads(out.read_text())["rows"]
    assert [(row["part"], row["name"]) for row in rows if row["verdict"] == "differs"] == (
        [(part, name)] if change else []
    )
    unknown = {(row["part"], row["name"]) for row in rows if row["verdict"] == "unknown"}
    assert ("code", "uncommitted changes") in unknown, "what neither says is not equal"
    assert ("randomness", "seeds") not in unknown, "the parameter 'seed' says it"
    assert "secret" not in out.read_text() + done.output
    if part == "metrics":
        assert next(row["difference"] for row in rows if row["verdict"] == "differs") == 0.5


def test_table_and_errors(uri, tmp_path):
    a, b = write(uri), write(uri, alpha="0.9", seed="2")
    out = tmp_path / "drift.tsv"
    done = CliRunner().invoke(app, ["drift", a, b, "--tracking-uri", uri, "--output", str(out)])
    assert done.exit_code == 1
    assert "alpha" in done.stdout and "pandas" not in done.stdout
    with out.open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert {row["name"]: row["verdict"] for row in rows if row["part"] == "parameters"} == {
        "alpha": "differs", "seed": "differs", "api_token": "equal"}  # fmt: skip
    for words, said in (
        ([a, "0" * 32], "is not in the store"),
        ([a, b, "--output", "x.html"], "ends in .tsv or .json"),
    ):
        done = CliRunner().invoke(app, ["drift", *words, "--tracking-uri", uri])
        assert (done.exit_code, said in done.stderr) == (2, True), done.output
