"""The run-context plugin, as MLflow finds it: silent unless asked for, harmless, and never misleading on code."""

import json
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support import ROOT

from traceability.audit import survey
from traceability.runtime import git
from traceability.stores import readers, record_fields, tracking
from traceability.stores.scope import Scope

SCRIPT = """
import sys
import mlflow
{before}
with mlflow.start_run() as run:
    mlflow.log_param("x", 1)
print([name for name in ("numpy", "tensorflow", "keras", "torch", "sklearn") if name in sys.modules], run.info.run_id)
"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A store, and a folder that makes the plugin known to MLflow as the installed package does."""
    folder = tmp_path_factory.mktemp("plugin")
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    known = folder / "known" / "traceability_plugin-0.dist-info"
    known.mkdir(parents=True)
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: traceability-plugin\nVersion: 0\n")
    text = "".join(f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in found.items()) for group, found in about.items())
    (known / "entry_points.txt").write_text(text)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    tracking.client(uri)
    return folder, uri


def launch(bench, words, cwd, *, on=True, **more):
    """Run a program with the plugin known; its output and the judged run."""
    folder, uri = bench
    environment = git.environment() | {
        "MLFLOW_TRACKING_URI": uri, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder / "known")]),
        "TRACEABILITY_CONTEXT": "1" if on else "", "MLFLOW_DISABLE_TELEMETRY": "true",
    } | more  # fmt: skip
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded, _, run_id = done.stdout.strip().splitlines()[-1].rpartition(" ")
    with readers.opened(uri) as store:
        (judged,) = survey.judge(store, Scope(runs=(run_id,)))
    return loaded, judged


def project(folder, before=""):
    """A committed project with a script and a module; its folder."""
    folder.mkdir(parents=True)
    (folder / "helper.py").write_text("value = 1\n")
    (folder / "train.py").write_text("import helper\n" + SCRIPT.format(before=before))
    (folder / ".gitignore").write_text("ignored/\n")
    git.commit_all(folder, "one")
    git.run("remote", "add", "origin", "https://me:hidden@example.org/x.git", cwd=folder)
    return folder


def own(judged):
    return {name: text for name, text in judged.run.tags.items() if name.startswith("traceability.")}


def test_nothing_is_added_unless_asked_for(bench, tmp_path):
    _, judged = launch(bench, [sys.executable, "train.py"], project(tmp_path / "p"), on=False)
    assert own(judged) == {}
    assert judged.items["code"].missing == ["clean"]


def test_a_clean_run_is_known_to_be_clean_and_only_data_are_missing(bench, tmp_path):
    home = project(tmp_path / "p", before="import random, numpy; random.seed(7); numpy.random.seed(8)")
    words = [sys.executable, "train.py", "--seed", "7", "--password", "hunter2"]
    loaded, judged = launch(bench, words, home, PYTHONHASHSEED="0")
    tags = own(judged)
    assert (tags["traceability.commit"], tags["traceability.dirty"]) == (git.head(home), "false")
    assert (tags["traceability.entry_point"], tags["traceability.entry_point_state"]) == ("train.py", "committed")
    assert tags["traceability.repository"] == "https://example.org/x.git"
    assert tags["traceability.argv"].endswith("train.py --seed 7 --password '***'")
    assert json.loads(tags["traceability.seeds"]) == {"python": 7, "numpy": 8}
    assert json.loads(tags["traceability.determinism"])["PYTHONHASHSEED"] == "0"
    assert not any("hunter2" in text or "hidden" in text for text in judged.run.tags.values())
    assert "mlflow==" in tags["traceability.packages"] + tags.get("traceability.packages.2", "")
    assert all(len(text) <= 5000 for text in tags.values()), "MLflow 2.10 takes no longer tag"
    states = {name: item.state for name, item in judged.items.items()}
    assert states == {"code": "complete", "parameters": "complete", "environment": "complete", "data": "missing",
                      "randomness": "complete"}  # fmt: skip
    assert "tensorflow" not in loaded and "keras" not in loaded


def test_the_plugin_imports_no_framework(bench, tmp_path):
    home = project(tmp_path / "p")
    plain, _ = launch(bench, [sys.executable, "train.py"], home, on=False)
    with_plugin, _ = launch(bench, [sys.executable, "train.py"], home)
    assert with_plugin == plain


def modified(home):
    (home / "train.py").write_text((home / "train.py").read_text() + "# changed\n")
    return [sys.executable, "train.py"]


def modified_module(home):
    (home / "helper.py").write_text("value = 2\n")
    return [sys.executable, "train.py"]


def untracked(home):
    (home / "new.py").write_text((home / "train.py").read_text())
    return [sys.executable, "new.py"]


def ignored(home):
    (home / "ignored").mkdir()
    (home / "ignored" / "new.py").write_text(SCRIPT.format(before=""))
    return [sys.executable, "ignored/new.py"]


def untracked_module(home):
    (home / "stranger.py").write_text("")
    return [sys.executable, "-c", "import stranger" + SCRIPT.format(before="")]


def in_another_repository(home):
    """A launcher that lies in one repository and runs the code of another, as an environment in a project does."""
    other = project(home.parent / "other")
    launcher = other / "launch.py"
    launcher.write_text(f"import sys; sys.path.insert(0, {str(home)!r}); import helper\n" + SCRIPT.format(before=""))
    git.commit_all(other, "two")
    return [sys.executable, str(launcher)]


PLANTED = [modified, modified_module, untracked, ignored, untracked_module, in_another_repository]


@pytest.mark.parametrize("plant", PLANTED)
def test_who_checks_out_the_recorded_commit_is_told_what_else_ran(plant, bench, tmp_path):
    home = project(tmp_path / "p")
    words = plant(home)
    _, judged = launch(bench, words, home)
    tags = own(judged)
    if plant is in_another_repository:
        others = json.loads(tags["traceability.other_repositories"])
        assert [other["commit"] for other in others] == [git.head(home)]
        assert any("code of another repository" in said for said in judged.items["code"].evidence)
        return
    assert tags["traceability.dirty"] == "true"
    assert judged.items["code"].state == "partial", "never enough to act on"
    assert ("traceability.diff_sha256" in tags) == (plant in (modified, modified_module))
    assert ("traceability.uncommitted_code" in tags) == (plant not in (modified, modified_module))


def test_without_git_or_a_repository_the_run_goes_on_and_nothing_is_claimed(bench, tmp_path):
    home = project(tmp_path / "p")
    _, judged = launch(bench, [sys.executable, "train.py"], home, PATH=str(tmp_path))
    assert own(judged)["traceability.dirty"] == "unknown"
    assert judged.items["code"].state == "partial"
    (tmp_path / "plain.py").write_text(SCRIPT.format(before=""))
    _, judged = launch(bench, [sys.executable, "plain.py"], tmp_path)
    assert "traceability.commit" not in own(judged)
    assert own(judged)["traceability.entry_point_state"] == "outside"
    assert "commit" in judged.items["code"].missing
    (tmp_path / "named.py").write_text(SCRIPT.format(before="").replace(
        "start_run()", f"start_run(tags={{'mlflow.source.git.commit': '{'a' * 40}'}})"))  # fmt: skip
    _, judged = launch(bench, [sys.executable, "named.py"], tmp_path)
    assert "commit" not in judged.items["code"].missing, "as in a container whose user knows the commit"


def test_stamp_writes_the_same_tags_to_a_run_of_the_client(bench, tmp_path):
    home = project(tmp_path / "p")
    (home / "client.py").write_text(
        "import mlflow, traceability\n"
        "run_id = mlflow.MlflowClient().create_run('0').info.run_id\n"
        "traceability.stamp(run_id)\nprint([], run_id)\n"
    )
    git.commit_all(home, "two")
    _, judged = launch(bench, [sys.executable, "client.py"], home, on=False)
    assert own(judged)["traceability.commit"] == git.head(home)
    assert judged.items["code"].state == "complete"


@pytest.mark.parametrize("first", ["import mlflow", "import traceability.plugin", "from traceability import stamp"])
def test_the_order_of_imports_makes_no_difference(first, bench, tmp_path):
    home = project(tmp_path / "p")
    text = f"{first}\nimport mlflow, traceability.plugin, warnings\n" + (home / "train.py").read_text()
    (home / "train.py").write_text(text)
    git.commit_all(home, "two")
    _, judged = launch(bench, [sys.executable, "-W", "error:Failure attempting", "train.py"], home)
    assert own(judged)["traceability.commit"] == git.head(home)
    assert own(judged)["traceability.dirty"] == "false"


def test_a_logged_data_set_does_not_take_the_tags_of_its_run(bench, tmp_path):
    """Each would hold all packages again, and asking for them would cost as much as a run's start."""
    home = project(tmp_path / "p")
    (home / "train.py").write_text(
        "import mlflow, numpy\nwith mlflow.start_run() as run:\n"
        "    mlflow.log_input(mlflow.data.from_numpy(numpy.zeros((2, 2)), name='zeros'))\nprint([], run.info.run_id)\n"
    )
    git.commit_all(home, "two")
    _, judged = launch(bench, [sys.executable, "train.py"], home)
    (dataset,) = judged.run.datasets
    assert "mlflow.source.name" in dataset.source
    assert "traceability" not in dataset.source
    assert own(judged)["traceability.commit"] == git.head(home)


def test_an_argument_that_is_no_text_does_not_keep_a_training_from_beginning(bench, tmp_path):
    home = project(tmp_path / "p")
    _, judged = launch(bench, [sys.executable, "train.py", os.fsdecode(b"M\xfcller.csv")], home)
    assert own(judged)["traceability.argv"].endswith("train.py 'M\\udcfcller.csv'")


def test_stamp_writes_more_tags_than_mlflow_takes_at_once(bench, tmp_path):
    home = project(tmp_path / "p")
    (home / "client.py").write_text(
        "import mlflow, sys, traceability\nfrom traceability.plugin import limits\n"
        "limits.TAG_BYTES, limits.PARTS = 50, 200\n"
        "run_id = mlflow.MlflowClient().create_run('0').info.run_id\n"
        "traceability.stamp(run_id)\nprint([], run_id)\n"
    )
    git.commit_all(home, "two")
    words = [f"--option-{number}=value" for number in range(300)]
    _, judged = launch(bench, [sys.executable, "client.py", *words], home, on=False)
    assert len(own(judged)) > 100
    assert record_fields.own(judged.run.tags)["argv"].split()[-300:] == words


def test_a_spawned_child_tells_the_command_that_its_user_typed(tmp_path):
    (tmp_path / "many.py").write_text(
        "import multiprocessing\nfrom traceability.plugin import context\n\n"
        "def work():\n    print(context.tags()['argv'])\n\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('spawn').Process(target=work)\n    child.start()\n    child.join()\n"
    )
    done = subprocess.run([sys.executable, "many.py", "--seed", "7"], cwd=tmp_path, capture_output=True, text=True,
                          env=git.environment() | {"PYTHONPATH": str(ROOT)}, check=True)  # fmt: skip
    assert done.stdout.strip().endswith("many.py --seed 7"), done.stdout
    assert "multiprocessing" not in done.stdout


def test_importing_the_library_stays_light():
    text = "import sys, traceability; print(sorted({'numpy', 'mlflow', 'pandas', 'typer', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", text], env=git.environment() | {"PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_a_command_line_that_no_tags_hold_is_kept_whole_among_the_artifacts(bench, tmp_path):
    home = project(tmp_path / "p", before="import time")
    text = (home / "train.py").read_text()
    (home / "train.py").write_text(text.replace('("x", 1)', '("x", 1); time.sleep(1)'))
    git.commit_all(home, "two")
    words = [f"--image=/scans/patient-{number:05d}/slice.png" for number in range(6000)] + ["--seed", "7"]
    _, judged = launch(bench, [sys.executable, "train.py", *words], home)
    assert "traceability.argv_cut" in own(judged)
    kept = Path(judged.run.artifacts.removeprefix("file://")) / "traceability.argv.txt"
    assert shlex.split(kept.read_text())[-6002:] == words
    assert judged.items["parameters"].state == "complete"
