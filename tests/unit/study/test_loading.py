"""The workflow is read with nothing but Snakemake: in its folder, from elsewhere, moved, and as a module of another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.environments import python_with
from support.studies import copy_of_study

from traceability.study import config_schema, configuration
from traceability.study.registry import all_tables

#: What Snakemake 9.27 does not bring.
NOT_THERE = ("numpy", "pandas", "pandera", "pyarrow", "mlflow", "scipy", "typer", "rich", "tree_sitter")

#: Plugins of Snakemake that the tests' environment holds import some of them first.
BLOCKED = f"import sys; from snakemake.cli import main; sys.modules.update(dict.fromkeys({NOT_THERE!r})); main()"


def snakemake(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Snakemake in `folder`, in an interpreter where importing those packages fails."""
    environment = os.environ | {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", BLOCKED, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def planned(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_study(tmp_path_factory.mktemp("checkout"))


@pytest.mark.parametrize("config", ["config/config.yaml", "config/quick.yaml"])
def test_a_dry_run_needs_snakemake_alone(config: str, checkout: Path) -> None:
    said = planned(snakemake(checkout, "--dry-run", "--cores", "2", "--configfile", config))
    assert "run_batch" in said and "plot_arms" in said


def test_the_list_of_rules_describes_every_rule(checkout: Path) -> None:
    lines = planned(snakemake(checkout, "--list")).splitlines()
    rules = [line for line in lines if line and line[0].isalpha() and "(" in line]
    assert len(rules) > 60
    (labels,) = [line for line in rules if line.startswith("score_labels ")]
    assert "hand labels" in labels


def test_a_mistake_in_the_configuration_is_one_line(checkout: Path) -> None:
    done = snakemake(checkout, "--dry-run", "--cores", "1", "--config", "training={replicats: 5}")
    assert done.returncode == 1
    assert "unknown key 'training.replicats'; did you mean 'replicates'?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_run_from_elsewhere_it_reads_its_own_tables_and_writes_there(checkout: Path, tmp_path: Path) -> None:
    words = ["--snakefile", str(checkout / "Snakefile"), "--dry-run", "--cores", "1", "datasets"]
    said = planned(snakemake(tmp_path, *words))
    assert f"input: {checkout}/config/datasets.tsv" in said
    there = planned(snakemake(checkout, "--directory", str(tmp_path), "--dry-run", "--cores", "1", "datasets"))
    assert f"input: {checkout}/config/datasets.tsv" in there and "output: results/datasets/" in there


@pytest.mark.parametrize(("prefix", "results"), [("", "results/"), ('    prefix: "inner"\n', "inner/results/")])
def test_it_is_a_module_of_another_workflow(prefix: str, results: str, checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(
        f'module study:\n    snakefile: "{checkout}/Snakefile"\n    config: {{"training": {{"replicates": 3}}}}\n'
        f"{prefix}\nuse rule * from study as study_*\n"
        "rule own:\n    default_target: True\n    input: rules.study_all.input\n",
        encoding="utf-8",
    )
    said = planned(snakemake(tmp_path, "--dry-run", "--cores", "2"))
    assert "study_run_batch" in said
    assert f"output: {results}tracking/tracking.json" in said
    assert f"log: {results}logs/init_tracking.log" in said
    assert f"input: {checkout}/config/datasets.tsv" in said, "the tables of the study stay where they are"


def test_names_of_the_studys_own_files_do_not_say_where_the_folder_lies(checkout: Path) -> None:
    """Snakemake runs again what has other inputs than last time; a moved folder must not."""
    said = planned(snakemake(checkout, "--dry-run", "--cores", "2"))
    work = [line for line in said.splitlines() if line.lstrip().startswith(("input:", "output:", "log:"))]
    assert len(work) > 100
    assert [line for line in work if str(checkout) in line] == []


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--dry-run", "--cores", "2"], ["--list"], ["--lint"], ["--rulegraph"]])
def test_an_environment_with_snakemake_and_nothing_else_is_enough(words: list[str], checkout: Path) -> None:
    python = python_with("snakemake==9.27.1\n")
    done = subprocess.run(
        [str(python), "-m", "snakemake", *words], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_the_schema_says_what_the_models_say() -> None:
    """Two readers of one configuration: the models that write the schema, and the schema itself."""
    empty = configuration.model().model_validate({}).model_dump(mode="json")
    assert config_schema.check({}) == empty
    given = {"statistics": {"confidence": 0.9}, "storage": {"repeat_seconds": 3}}
    full = configuration.model().model_validate(given).model_dump(mode="json")
    assert config_schema.check(given) == full
    assert isinstance(config_schema.check(given)["storage"]["repeat_seconds"], float)


def test_tables_read_without_pandas_have_the_same_rows(root: Path) -> None:
    def through_pandas(table: Any, path: Path) -> list[dict[str, Any]]:
        frame = table.read(path).astype(object)
        return list(frame.where(frame.notna(), None).to_dict("records"))

    compared = 0
    for _, table in all_tables():
        path = root / table.name
        if path.suffix == ".tsv" and path.is_file():
            rows = table.rows(path)
            assert rows == through_pandas(table, path), table.name
            assert json.dumps(rows) == json.dumps(through_pandas(table, path)), f"{table.name}: types"
            compared += 1
    assert compared > 10
