"""Projects of other people: run only when named, at the pinned commit, without network, within limits."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.replay.tables import THIRD_PARTY, THIRD_PARTY_RUNS
from traceability.replay.third_party import Surroundings, chosen, execute
from traceability.runtime import git, sandbox

NUMBERS = "3\n4\n"
HEAD = """import os, socket
from pathlib import Path
try:
    socket.create_connection(("192.0.2.1", 80), timeout=2)
    network = "open"
except OSError as error:
    network = error.strerror
import mlflow
with mlflow.start_run():
    mlflow.log_params({"network": network, "secret": os.environ.get("MY_SECRET", "none"), "home": os.environ["HOME"]})
    mlflow.log_metric("total", sum(map(int, (Path.home() / "data" / "numbers.txt").read_text().split())))
"""
GREEDY = "hoard = bytearray(8 * 2**30)\n"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    """Somebody's repository as a git bundle: its first commit, and a second one that the table does not pin."""
    folder = tmp_path_factory.mktemp("upstream")
    work = folder / "work"
    work.mkdir()
    (work / "requirements.txt").write_text("mlflow==3.17.2  # and nothing else\n")
    (work / "fit.py").write_text(HEAD)
    (work / "greedy.py").write_text(HEAD + GREEDY)
    cells = [HEAD, "raise SystemError('the id of a run of another machine')"]
    (work / "The model.ipynb").write_text(json.dumps({
        "nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": {"name": "theirs", "display_name": "theirs"}},
        "cells": [{"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": text}
                  for text in cells],
    }))  # fmt: skip
    pinned = git.commit_all(work, "As published")
    (work / "fit.py").write_text("raise SystemExit('not the pinned commit')")
    git.commit_all(work, "Later")
    git.run("bundle", "create", "--quiet", str(folder / "somebody+project.bundle"), "--all", cwd=work)
    home = folder / "home" / "data"
    home.mkdir(parents=True)
    (home / "numbers.txt").write_text(NUMBERS)
    (home / "numbers.gz").write_bytes(gzip.compress(NUMBERS.encode(), mtime=7))
    (home / "cut.gz").write_bytes(gzip.compress(NUMBERS.encode())[:-9])
    around = Surroundings(
        f"{folder}/{{owner}}+{{name}}.bundle", folder / "environments", folder / "home", 4 * 2**30, 300
    )
    return around, pinned


def project(pinned, **other):
    digest = hashlib.sha256(NUMBERS.encode()).hexdigest()
    return {
        "project": "theirs", "repository": "somebody/project", "commit": pinned, "source": "fit.py",
        "requirements": "requirements.txt", "added": "nbconvert ipykernel",
        "python": f"{sys.version_info.major}.{sys.version_info.minor}", "until": None,
        "files": f"data/numbers.txt:{digest} data/numbers.gz:{digest}", "n": 1,
        "published": '{"total": 7.0}', "note": None,
    } | other  # fmt: skip


@pytest.mark.slow
def test_a_script_runs_without_network_in_a_home_of_its_own(upstream, monkeypatch, tmp_path):
    monkeypatch.setenv("MY_SECRET", "hunter2")
    around, pinned = upstream
    rows = execute(project(pinned, n=2), around)
    THIRD_PARTY_RUNS.write(rows, tmp_path / "third_party.tsv")
    for row in rows:
        assert (row["stage"], row["reason"], row["runs"], row["network"]) == ("finished", "", 1, "off"), row["detail"]
        assert (row["verdict"], row["mlflow"], json.loads(row["metrics"])) == ("same_metrics", "3.17.2", {"total": 7.0})
        params = json.loads(row["params"])
        assert params["network"] == "Network is unreachable"
        assert params["secret"] == "none"
        assert params["home"] != os.environ["HOME"]
        assert not Path(params["home"]).exists(), "thrown away"


@pytest.mark.slow
def test_a_notebook_that_fails_late_still_leaves_what_it_recorded(upstream):
    around, pinned = upstream
    (row,) = execute(project(pinned, source="'The model.ipynb'", published='{"total": 8}'), around)
    assert (row["stage"], row["reason"], row["runs"]) == ("environment_resolved", "exit_status", 1), row["detail"]
    assert "the id of a run of another machine" in row["detail"]
    assert json.loads(row["params"])["network"] == "Network is unreachable"
    assert (row["verdict"], row["largest_difference"]) == ("different", 1.0)


@pytest.mark.slow
def test_memory_has_a_limit_and_so_has_time(upstream):
    around, pinned = upstream
    (row,) = execute(project(pinned, source="greedy.py"), around)
    assert (row["reason"], row["detail"]) == ("exit_status", "ended with 1: MemoryError")
    hurried = Surroundings(around.url_template, around.cache, around.home, 0, 0.3)
    (row,) = execute(project(pinned), hurried)
    assert row["reason"] == "timeout"


@pytest.mark.parametrize(
    ("change", "stage", "reason"),
    [
        ({"commit": "main"}, "record_found", "no_commit"),
        ({"commit": "a" * 40}, "record_found", "commit_missing"),
        ({"repository": "somebody/gone"}, "record_found", "repository_unreachable"),
        ({"source": "train.py"}, "code_restored", "entry_point_missing"),
        ({"files": f"data/none.txt:{'0' * 64}"}, "command_rebuilt", "data_missing"),
        ({"files": f"data/numbers.txt:{'0' * 64}"}, "command_rebuilt", "data_changed"),
        ({"files": f"data/numbers.gz:{'0' * 64}"}, "command_rebuilt", "data_changed"),
        ({"files": f"data/cut.gz:{'0' * 64}"}, "command_rebuilt", "data_changed"),
        ({"requirements": "lock.txt"}, "data_verified", "no_environment_recorded"),
        ({"added": "./evil"}, "data_verified", "requirement_unresolvable"),
    ],
)
def test_what_is_missing_stops_it_before_anything_runs(upstream, change, stage, reason):
    around, pinned = upstream
    (row,) = execute(project(pinned, **change), around)
    assert (row["stage"], row["reason"], row["run_seconds"]) == (stage, reason, None), row["detail"]


def test_where_nothing_can_be_fenced_nothing_runs(upstream, monkeypatch, tmp_path):
    around, pinned = upstream
    (tmp_path / "git").symlink_to(shutil.which("git"))
    monkeypatch.setenv("PATH", str(tmp_path))  # neither bwrap nor unshare on it
    sandbox.fence.cache_clear()
    try:
        (row,) = execute(project(pinned), around)
    finally:
        sandbox.fence.cache_clear()
    assert (row["stage"], row["reason"], row["run_seconds"]) == ("data_verified", "network_open", None), row["detail"]
    assert "NOT fenced" in row["detail"]


def test_only_rows_of_the_table_can_be_named():
    rows = THIRD_PARTY.rows(ROOT / "config" / "third_party.tsv")
    assert [row["repository"] for row in chosen(rows, ["tensorflow_image_guide"], "t")] == [
        "at0m-b0mb/Mlflow-TensorFlow-Image-Classification-Guide"
    ]
    with pytest.raises(StudyError, match=r"replay.third_party: 'tensorflow_guide' is not a row of t; did you mean"):
        chosen(rows, ["tensorflow_guide"], "t")


@pytest.mark.slow
@pytest.mark.parametrize("named", [[], ["tensorflow_image_guide"]])
def test_none_is_planned_unless_the_configuration_names_it(named, tmp_path):
    words = ["--dry-run", "--quiet", "rules", "--directory", str(tmp_path), "--snakefile", str(ROOT / "Snakefile")]
    words += [
        "--configfile",
        str(ROOT / "config" / "config.yaml"),
        "--config",
        f"replay={json.dumps({'third_party': named})}",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "replay", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    planned = done.stdout + done.stderr
    assert "run_replays" in planned
    assert ("run_third_party" in planned) == bool(named)
