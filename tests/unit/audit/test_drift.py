"""What differs between two runs is listed, what is equal is not, and what nobody recorded is unknown."""

import csv
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from traceability.audit.drift import drift
from traceability.cli import app
from traceability.stores import readers, tracking
from traceability.stores.scope import Scope


@pytest.fixture
def uri(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def write(uri, *, commit="a", alpha="0.5", numpy="2.0", rows=(1, 2), loss=1.0, seed="1"):
    client = tracking.client(uri)
    run_id = client.create_run("0").info.run_id
    client.set_tag(run_id, "mlflow.source.git.commit", commit * 40)
    client.set_tag(run_id, "mlflow.source.name", "train.py")
    client.log_param(run_id, "alpha", alpha)
    client.log_param(run_id, "seed", seed)
    client.log_param(run_id, "api_token", f"secret-{seed}")
    client.log_metric(run_id, "loss", loss)
    client.log_text(run_id, f"numpy=={numpy}\npandas==3.0\n", "requirements.txt")
    import mlflow

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


#: Tags that the audit advises or recognises, with two values, and the fact that they are compared as.
TAGS = [
    ("argv", "python train.py --epochs 1", "python train.py --epochs 2", "parameters", "command line"),
    ("python", "3.11.7", "3.12.0", "environment", "Python"),
    ("platform", "Linux-6.1", "Linux-6.2", "machine", "platform"),
    ("data_sha256", "a" * 64, "b" * 64, "data", "data_sha256"),
    ("seed", "1", "2", "randomness", "seed"),
    ("seed", "1", "None", "randomness", "seed"),
    ("PYTHONHASHSEED", "0", "random", "randomness", "PYTHONHASHSEED"),
    ("deterministic_ops", "True", "False", "randomness", "deterministic_ops"),
]


def test_tags_that_the_audit_takes_for_a_piece_are_compared(uri):
    client = tracking.client(uri)
    made = {values: [client.create_run("0", tags={values[0]: text}).info.run_id for text in (values[1], *values[1:3])]
            for values in TAGS}  # fmt: skip
    bare = client.create_run("0").info.run_id
    for (tag, *_, part, name), (a, same, b) in made.items():
        # Of what neither says, all is listed; nothing is that one of them says.
        asked = {("environment", "Python"), ("machine", "platform"), ("data", "data sets"), ("randomness", "seeds")}
        asked -= {(part, name), ("randomness", "seeds") if tag == "seed" else (part, "data sets")}
        for second, verdict in ((same, "equal"), (b, "differs"), (bare, "only_a")):
            rows = {(row["part"], row["name"]): row["verdict"] for row in compared(uri, a, second)}
            assert {fact: found for fact, found in rows.items() if found != "unknown"} == {(part, name): verdict}, tag
            assert {fact for fact in rows if fact[0] in ("environment", "data", "randomness", "machine")} - {
                (part, name), ("environment", "packages")} == asked, tag  # fmt: skip
    a, same, b = made[next(values for values in TAGS if values[0] == "seed")]
    for second, status in ((same, 0), (b, 1)):
        done = CliRunner().invoke(app, ["drift", a, second, "--tracking-uri", uri])
        assert done.exit_code == status, done.output


def test_a_fact_in_a_parameter_is_not_unknown(uri):
    client = tracking.client(uri)
    a, b = (client.create_run("0").info.run_id for _ in range(2))
    for name, value in {"seed": "1", "python_version": "3.11.7", "data_sha256": "a" * 64}.items():
        client.log_param(a, name, value)
    unknown = {row["name"] for row in compared(uri, a, b) if row["verdict"] == "unknown"}
    assert "platform" in unknown
    assert not {"seeds", "Python", "data sets"} & unknown


def compared(uri, a, b):
    with readers.opened(uri) as store:
        first, second = (readers.named(store, Scope(runs=(run_id,)))[0] for run_id in (a, b))
        return drift(first, second, store.artifacts)


def test_table_and_errors(uri, tmp_path):
    a, b = write(uri), write(uri, alpha="0.9", seed="2")
    out = tmp_path / "drift.tsv"
    done = CliRunner().invoke(app, ["drift", a, b, "--tracking-uri", uri, "--output", str(out)])
    assert done.exit_code == 1
    assert "alpha" in done.stdout and "pandas" not in done.stdout
    with out.open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert {row["name"]: row["verdict"] for row in rows if row["part"] == "parameters"} == {
        "alpha": "differs", "seed": "differs", "api_token": "differs"}  # fmt: skip
    for words, said in (
        ([a, "0" * 32], "is not in the store"),
        ([a, b, "--output", "x.html"], "ends in .tsv or .json"),
    ):
        done = CliRunner().invoke(app, ["drift", *words, "--tracking-uri", uri])
        assert (done.exit_code, said in done.stderr) == (2, True), done.output
