"""Records as people made them, of several eras: what each of them holds is found, and what it lacks is said."""

import json
import subprocess

import pytest
from support.records import COMMIT, model_note, source, write_run

from traceability.audit import clones, survey
from traceability.runtime import git
from traceability.stores import readers
from traceability.stores.scope import Scope

CONDA = """name: mlflow-env
channels: [defaults]
dependencies:
- python=3.8.12
- scikit-learn=0.24.2
- conda-forge::lightgbm=3.2.1=py38_0
- pip
- pip:
  - mlflow==1.18.0
  - cloudpickle==1.6.0
"""


@pytest.fixture
def store(tmp_path):
    return tmp_path / "mlruns"


def judged(store, *given):
    with readers.opened(str(store)) as opened:
        found = list(survey.judge(opened, Scope(), given))
    return {one.run.run_id: one for one in found}


def said(one, item):
    return "; ".join(one.items[item].evidence)


def test_a_model_with_a_conda_environment_only_names_its_packages(store):
    history = json.dumps([model_note(sklearn="0.24.2")])
    run = write_run(store, 1, tags=source("fit.py", **{"mlflow.log-model.history": history}), params={"alpha": "1"},
                    files={"model/MLmodel": "flavors: {}\n", "model/conda.yaml": CONDA})  # fmt: skip
    one = judged(store)[run]
    assert "4 pinned packages (conda.yaml of the logged model)" in said(one, "environment")
    assert "Python 3.8.12" in said(one, "environment")
    assert (one.items["environment"].state, one.level) == ("usable", 3)


@pytest.mark.parametrize("place", ["model", "models/best", "."])
def test_a_folder_with_an_mlmodel_is_a_model_without_any_note_of_it(store, place):
    files = {"MLmodel": "python_version: 3.9.7\n", "requirements.txt": "mlflow==1.30\nnumpy==1.22.4\n"}
    run = write_run(store, 1, tags=source("fit.py"), params={"a": "1"},
                    files={f"{place}/{name}".removeprefix("./"): text for name, text in files.items()})  # fmt: skip
    one = judged(store)[run]
    assert "2 pinned packages" in said(one, "environment")
    assert one.level == 3
    if place != ".":
        assert "Python 3.9.7" in said(one, "environment")


def test_a_model_that_was_logged_many_times_is_told_once(store):
    history = json.dumps(
        [model_note(sklearn="0.24.2"), model_note(sklearn="0.24.2"), model_note("other", sklearn="0.24.2")]
    )
    run = write_run(store, 1, tags=source("fit.py", **{"mlflow.log-model.history": history}))
    one = judged(store)[run]
    assert said(one, "environment").count("sklearn 0.24.2 (model flavour sklearn)") == 1
    assert "a model was logged, but its requirements cannot be seen from here" in said(one, "environment")


def test_notebooks_are_said_to_be_notebooks_and_get_lines_that_work_there(store):
    kernel = "/x/lib/python3.9/site-packages/ipykernel_launcher.py"
    bare = write_run(store, 1, tags=source(kernel, commit=""), metrics={"rmse": "1.5"})
    told = write_run(store, 2, tags=source(kernel, argv=f"{kernel} -f /tmp/kernel-1.json"), params={"alpha": "1"})
    kept = write_run(store, 3, tags=source(kernel), params={"alpha": "1"}, files={"cells.py": "import mlflow\n"})
    found = judged(store)
    assert said(found[bare], "code") == "started in a notebook (ipykernel_launcher.py); MLflow does not record which"
    assert found[bare].items["code"].missing[:2] == ["commit", "notebook"]
    assert found[bare].items["parameters"].missing == ["parameters", "executed"]
    assert "command line is that of the notebook's kernel" in said(found[told], "parameters")
    assert found[told].items["parameters"].state == "usable"
    assert (found[kept].items["code"].state, found[kept].items["parameters"].state) == ("usable", "complete")


def test_databricks_and_docker_tags_count(store):
    libraries = {
        "installable": [{"pypi": {"package": "mlflow==1.27.0"}}, {"maven": {"coordinates": "a:b:1"}}],
        "redacted": [],
    }
    bricks = write_run(store, 1, params={"a": "1"}, tags=source("/Repos/me/x/fit", "NOTEBOOK", "", **{
        "mlflow.databricks.gitRepoCommit": COMMIT, "mlflow.databricks.gitRepoUrl": "https://example.org/x.git",
        "mlflow.databricks.gitRepoRelativePath": "fit", "mlflow.databricks.gitRepoStatus": "clean",
        "mlflow.databricks.cluster.info": '{"spark_version": "11.3.x-cpu-ml-scala2.12"}',
        "mlflow.databricks.cluster.libraries": json.dumps(libraries)}))  # fmt: skip
    docker = write_run(store, 2, params={"a": "1"}, tags=source("fit.py", **{
        "mlflow.docker.image.uri": "demo:5d6e", "mlflow.docker.image.id": "sha256:" + "5d" * 32}))  # fmt: skip
    digest = write_run(store, 3, tags=source("fit.py", **{"mlflow.docker.image.uri": "r/demo@sha256:" + "5d" * 32}))
    found = judged(store)
    assert (found[bricks].items["code"].state, found[bricks].items["code"].missing) == ("complete", [])
    assert "Databricks runtime 11.3.x-cpu-ml-scala2.12" in said(found[bricks], "environment")
    assert "1 pinned packages (libraries of the Databricks cluster)" in said(found[bricks], "environment")
    assert found[docker].items["environment"].state == "partial"
    assert f"Docker image demo:5d6e (sha256:{'5d' * 32})" in said(found[docker], "environment")
    assert found[digest].items["environment"].state == "usable"


def test_hostile_json_in_tags_costs_nothing_but_itself(store):
    deep = "[" * 100_000
    tags = {"mlflow.log-model.history": deep, "mlflow.databricks.cluster.info": deep, "traceability.context": "1",
            "mlflow.databricks.cluster.libraries": '{"installable": 3}', "traceability.seeds": deep,
            "traceability.other_repositories": '{"a": 1}'}  # fmt: skip
    run = write_run(store, 1, tags=source("fit.py", **tags))
    wrong = write_run(store, 2, tags=source("fit.py", **{"mlflow.log-model.history": '{"artifact_path": "x"}'}))
    assert {one.level for one in judged(store).values()} == {2}
    assert {run, wrong} == set(judged(store))


@pytest.fixture
def repository(tmp_path):
    home = tmp_path / "demo"
    (home / "steps" / "fit").mkdir(parents=True)
    (home / "MLproject").write_text("name: demo\n")
    (home / "steps" / "fit" / "MLproject").write_text("name: fit\n")
    (home / "train.py").write_text("a = 1\n")
    commit = git.commit_all(home, "one")
    (home / "train.py").write_text("a = 2\nb = 3\n")
    return home, commit, git.commit_all(home, "two")


def test_a_clone_is_asked_for_the_project_not_for_a_script_of_its_name(store, repository):
    home, commit, _ = repository
    entry = {"mlflow.project.entryPoint": "main", "mlflow.source.git.repoURL": "https://example.org/demo.git"}
    names = {"file:///me/demo#steps/fit": "steps/fit/MLproject", "file:///me/demo": "MLproject",
             "https://example.org/demo.git": "MLproject", "/me/demo/steps/fit": "steps/fit/MLproject"}  # fmt: skip
    runs = {write_run(store, n, params={"a": "1"}, tags=source(name, "PROJECT", commit, **entry)): path
            for n, (name, path) in enumerate(names.items())}  # fmt: skip
    lost = write_run(store, 9, tags=source("file:///me/demo#nowhere", "PROJECT", commit, **entry))
    found = judged(store, home)
    for run, path in runs.items():
        assert f"the commit holds {path}" in said(found[run], "code")
        assert (found[run].items["code"].state, found[run].items["parameters"].state) == ("usable", "complete")
    assert found[lost].items["code"].state == "partial"
    assert "the commit does not hold the MLproject of the run" in said(found[lost], "code")


def test_a_shallow_clone_is_said_to_be_one_and_nobody_is_told_to_push(store, repository, tmp_path):
    home, old, new = repository
    clone = tmp_path / "clone"
    git.run("clone", "--quiet", "--depth", "1", home.as_uri(), str(clone))
    past, last = (write_run(store, n, tags=source("train.py", commit=commit)) for n, commit in enumerate((old, new)))
    found = judged(store, clone)
    assert clones.shallow(clone) and not clones.shallow(home)
    assert "the given clone, which is shallow; run git fetch --unshallow in it" in said(found[past], "code")
    assert "published_commit" not in found[past].items["code"].missing
    assert found[past].items["code"].state == "usable", "as without a clone"
    assert "the commit holds train.py" in said(found[last], "code")


def test_a_program_in_an_environment_is_not_looked_for_in_the_commit(store, repository):
    home, commit, _ = repository
    run = write_run(store, 1, tags=source("/x/env/bin/kedro", commit=commit, argv="kedro run"), params={"a": "1"})
    assert judged(store, home)[run].items["code"].state == "usable"


def test_what_changed_between_two_commits_is_git_diff_stat(repository):
    home, old, new = repository
    lines = clones.changes([home], old, new)
    wanted = subprocess.run(["git", "diff", "--stat", old, new], cwd=home, capture_output=True, text=True, check=True)
    assert lines[-1] == wanted.stdout.splitlines()[-1] == " 1 file changed, 2 insertions(+), 1 deletion(-)"
    assert clones.distance([home], old, new).startswith("1 commits after, 0 before")
    assert clones.changes([home], old, "0" * 40) == []
