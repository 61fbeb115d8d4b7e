"""What was started is a person's script only where it is one: launchers, kernels, helpers of editors are told apart."""

import pytest

from traceability.audit import sources
from traceability.stores.record_fields import Code, Run

SCRIPTS = [
    "train.py", "/me/demo/train.py", "C:\\Users\\me\\demo\\src\\train.py", "src/models/train_model.py",
    "bin/train.py",
    "/me/demo/bin/fit.py", "scripts/train.py", "/me/demo/scripts/fit.py", "/me/scripts/deep/fit.py",
    "/me/demo/pkg/__main__.py", "worker.py", "/app/serve.py", "/content/demo/flask.py", "run.sh", "fit.R",
    "/app/train",
    "/me/demo/Scripts/fit.py", "daemon.py", "kedro_run.py", "/azureml/cr/j/1/exe/wd/train.py",
    "python_train.py",
    "/me/environment/train.py", "/ml/code/train.py", "analysis.ipynb.py",
    # Folders that editors propose for their users' own projects.
    "C:/Users/me/PycharmProjects/demo/code/train.py", "/me/IdeaProjects/demo/train.py", "/me/pycharm/demo/train.py",
    "/me/PycharmProjects/demo/helpers/train.py", "/me/IntelliJ Projects/demo/train.py",
]  # fmt: skip
PROGRAMS = [
    "kedro", "/me/env/bin/kedro", "/me/miniconda3/envs/x/bin/kedro", "C:\\Users\\me\\env\\Scripts\\uvicorn",
    "C:\\x\\venv\\Scripts\\uvicorn.exe", "/usr/local/bin/gunicorn", "/me/.local/bin/streamlit", "gunicorn",
    "celery",
    "/usr/local/lib/python3.9/site-packages/uvicorn/__main__.py", "/conda/bin/pytest", "pytest",
    "/x/venv/bin/py.test",
    "/x/lib/python3.10/site-packages/pytest/__main__.py",
    "/snap/pycharm/1/plugins/python/helpers/pycharm/_jb_pytest_runner.py",
    "C:\\Program Files\\JetBrains\\PyCharm 2022.1\\plugins\\python\\helpers\\pydev\\pydevd.py", "nosetests", "coverage",
    "/me/.vscode/extensions/ms-python.python-2022.4.1/pythonFiles/lib/python/debugpy/__main__.py",
    "/me/.vscode-server/extensions/ms-python.debugpy-2024.0.0/bundled/libs/debugpy/launcher.py",
    "/x/lib/python3.10/site-packages/ray/_private/workers/default_worker.py", "default_worker.py", "/x/bin/torchrun",
    "/x/lib/python3.10/site-packages/torch/distributed/launch.py", "/usr/bin/accelerate", "deepspeed",
    "/x/env/bin/mage",
    "/usr/bin/python3", "python3.9", "/usr/lib/python3/dist-packages/airflow/__main__.py", "airflow", "prefect",
    "dagster",
    "/me/.pyenv/shims/kedro", "/spark/python/lib/pyspark/daemon.py", "spark-submit", "dask-worker", "poetry",
    "/x/env/bin/train.py", "/x/.venv/bin/accelerate", "mlflow", "/usr/local/bin/mlflow", "/x/bin/luigid", "yolo",
    "/azureml-environment-setup/azureml-setup/context_manager_injector.py", "snakemake", "/x/env/bin/rq", "bentoml",
]  # fmt: skip
NOTEBOOKS = [
    "/x/lib/python3.10/site-packages/ipykernel_launcher.py", "ipykernel_launcher.py", "colab_kernel_launcher.py",
    "/usr/local/lib/python3.7/dist-packages/colab_kernel_launcher.py", "/x/site-packages/ipykernel/__main__.py",
    "/databricks/python_shell/scripts/db_ipykernel_launcher.py", "/databricks/python_shell/scripts/PythonShellImpl.py",
    "C:\\x\\lib\\site-packages\\ipykernel_launcher.py", "/x/bin/papermill", "jupyter-nbconvert", "/x/bin/jupyter-lab",
]  # fmt: skip
CONSOLES = [
    "C:/Program Files/JetBrains/PyCharm/plugins/python/helpers/pydev/pydevconsole.py", "/x/bin/ipython", "ipython3",
    "/x/lib/python3.8/site-packages/spyder_kernels/console/__main__.py",
]  # fmt: skip
NOTHING = ["", "-c", "-", "-m", "<stdin>", "<string>", "__main__"]


def started(name, kind="LOCAL", command="", **tags):
    run = Run("r", tags={"mlflow.source.name": name, "mlflow.source.type": kind} | tags)
    return sources.started(run, sources.code_of(run, {}), {}, command)


@pytest.mark.parametrize(("names", "kind"), [
    (SCRIPTS, "script"), (PROGRAMS, "program"), (NOTEBOOKS, "notebook"), (CONSOLES, "console"), (NOTHING, "none"),
])  # fmt: skip
def test_the_kind_of_what_was_started(names, kind):
    assert {name: started(name).kind for name in names} == dict.fromkeys(names, kind)
    for name in names:
        assert started(name).named == (kind == "script"), f"{name}: only a script names code"


def test_a_launcher_is_never_called_the_script():
    for name in PROGRAMS:
        assert "an installed program; MLflow does not record what it ran" in started(name).said
    for name in NOTEBOOKS:
        assert started(name).said.startswith("started in a notebook ("), name
        assert started(name).said.endswith("); MLflow does not record which"), name
    # With the whole command line, what a launcher started is known.
    assert started("/x/env/bin/kedro", command="kedro run --pipeline train").named


def test_a_notebook_that_is_named_is_looked_for():
    assert started("/me/demo/fit.ipynb").paths[-1] == "fit.ipynb"
    assert started("/me/demo/fit.ipynb").kind == "notebook"


def test_a_project_is_looked_for_by_its_mlproject():
    inner = started("file:///me/demo#steps/fit", "PROJECT")
    assert (inner.kind, inner.paths[0]) == ("project", "steps/fit/MLproject")
    assert started("https://example.org/demo.git", "PROJECT").paths[0] == "MLproject"
    assert started("git@example.org:me/demo#a", "PROJECT").paths[0] == "a/MLproject"
    local = started("/me/demo/steps/fit", "PROJECT").paths
    assert {"steps/fit/MLproject", "fit/MLproject", "MLproject"} <= set(local)
    assert local.index("steps/fit/MLproject") < local.index("MLproject"), "the nearest first"
    by_script = started("https://example.org/demo.git", "PROJECT", **{"mlflow.project.entryPoint": "fit.py"})
    assert "fit.py" in by_script.paths, "a project without MLproject"


def test_the_tags_of_databricks_stand_for_commit_repository_and_state():
    tags = {
        "mlflow.databricks.gitRepoCommit": "ab" * 20, "mlflow.databricks.gitRepoUrl": "https://example.org/x.git",
        "mlflow.databricks.gitRepoRelativePath": "nb/fit", "mlflow.databricks.gitRepoStatus": "clean",
    }  # fmt: skip
    run = Run("r", tags=tags | {"mlflow.source.name": "/Repos/me/x/nb/fit", "mlflow.source.type": "NOTEBOOK"})
    code = sources.code_of(run, {})
    assert code == Code("https://example.org/x.git", "ab" * 20, "nb/fit", "", False)
    assert "nb/fit.py" in sources.started(run, code, {}).paths
    dirty = Run("r", tags=tags | {"mlflow.databricks.gitRepoStatus": "modified"})
    assert sources.code_of(dirty, {}).dirty is True
    workspace = Run("r", tags={
        "mlflow.source.name": "/Users/me/fit", "mlflow.source.type": "NOTEBOOK",
        "mlflow.databricks.notebookPath": "/Users/me/fit", "mlflow.databricks.notebookRevisionID": "16"})  # fmt: skip
    found = sources.started(workspace, sources.code_of(workspace, {}), {})
    assert not found.named and "revision 16" in found.said


def test_the_command_line_of_a_kernel_is_no_command_line():
    assert sources.kernel_command("/x/python -m ipykernel_launcher -f /tmp/kernel-1.json")
    assert sources.kernel_command("/x/ipykernel_launcher.py --f=/tmp/kernel-v3.json")
    assert not sources.kernel_command("python train.py --kernel rbf -f x.json")
    assert not sources.kernel_command("python kernel.py")
