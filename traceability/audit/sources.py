"""What a record says was started: a script, a notebook, a project, or a program that somebody else wrote.

MLflow records `sys.argv[0]` as the source of a run. Where a launcher was started (a web server, a test runner, a
notebook's kernel), that is the launcher, and says nothing about the code that ran.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from traceability.stores import record_fields
from traceability.stores.record_fields import Code, Run

KINDS = ("script", "notebook", "project", "program", "console", "none")

#: Names (without folders and `.exe`, `.py`) of programs that start other people's code.
_PROGRAMS = frozenset(
    {
        # web servers, applications, queues
        "uvicorn", "gunicorn", "hypercorn", "daphne", "waitress-serve", "flask", "fastapi", "celery", "rq", "dramatiq",
        "huey_consumer", "streamlit", "gradio", "panel", "voila", "bentoml", "chalice", "func", "ray", "serve",
        "locust",
        # pipelines and trainers
        "kedro", "mage", "prefect", "dagster", "dagster-webserver", "dagster-daemon", "dagit", "airflow", "luigi",
        "luigid", "metaflow", "zenml", "clearml-agent", "dvc", "snakemake", "nextflow", "mlflow", "wandb", "optuna",
        "dbx", "dbt", "torchrun", "accelerate", "deepspeed", "horovodrun", "mpirun", "mpiexec", "composer",
        "lightning", "yolo", "ultralytics", "llamafactory-cli", "axolotl", "sagemaker-training", "guild", "sacred",
        "polyaxon",
        # workers
        "default_worker", "dask-worker", "dask-scheduler", "dask", "loky", "popen_loky_posix", "spark-submit",
        "pyspark", "daemon", "multiprocessing-fork", "forkserver",
        # test runners, coverage, profilers, debuggers
        "pytest", "py.test", "nosetests", "nose2", "unittest", "tox", "nox", "trial", "behave", "green", "coverage",
        "kernprof", "mprof", "memory_profiler", "scalene", "viztracer", "py-spy", "pyinstrument", "pdb", "cprofile",
        "debugpy", "ptvsd", "pydevd", "pydevd_main", "ipdb", "line_profiler",
        # package managers, interpreters, shells
        "poetry", "pdm", "pipenv", "uv", "uvx", "hatch", "rye", "pixi", "conda", "mamba", "pip", "pipx", "invoke",
        "fab", "python", "pythonw", "pypy", "pypy3", "runpy", "pydev_run_in_console", "bash", "sh", "zsh", "cmd",
        "powershell", "node", "java", "rscript",
    }
)  # fmt: skip
#: Those whose names nobody gives to a script of his own.
_ALWAYS = frozenset({"default_worker", "pydevd", "pydevd_main", "pytest", "nosetests", "runpy", "pydev_run_in_console"})
_CONSOLES = frozenset(
    {"pydevconsole", "ipython", "ipython3", "ptpython", "bpython", "idle", "idle3", "spyder", "pyshell",
     "spyder-kernels",
     "start_ipython_kernel", "_jb_ipython"}
)  # fmt: skip
_NOTEBOOKS = re.compile(
    r".*kernel_launcher|ipykernel|papermill|nbconvert|jupyter(?:lab)?(?:-\w+)*|nbclient|marimo|pythonshell(?:impl)?|"
    r"colab_kernel\w*|voila|ipyparallel|ipengine|ipcluster"
)
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?")
#: Folders of installed programs and of the helpers of editors.
_INSTALLED = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|\.vscode(?:-server|-insiders|-oss)?|extensions/ms-python\.[^/]*|"
    r"pythonfiles|"
    r"(?:pycharm|jetbrains|intellij)(?![^/]*projects?/)[^/]*/(?:[^/]+/)*(?:plugins|helpers)|helpers/py(?:dev|charm|test)\w*|debugpy|pydev|ptvsd|"
    r"spyder_kernels|"
    r"azureml-setup|"
    r"condabin|lib/python[\d.]+|python_shell/scripts)/",
    re.IGNORECASE,
)
_BIN = re.compile(r"(?P<root>.*/|^)(?:s?bin|Scripts)/[^/]+")
#: Folders below which `bin` holds what was installed, whatever its ending.
_ROOTS = re.compile(
    r"(?:^|/)(?:usr|usr/local|\.local|opt/conda|(?:mini|ana)conda\w*|(?:mini|mamba)forge\w*|"
    r"\.?(?:virtual)?v?envs?(?:/[^/]+)?|"
    r"[^/]*(?:venv|env|virtualenv)|\.tox/[^/]+|\.nox/[^/]+|pyenv/versions/[^/]+|python[\d.]*)/$",
    re.IGNORECASE,
)
_SHIMS = re.compile(r"(?:^|/)(?:(?:\.asdf/)?shims/[^/]+|pyspark/daemon\.py)$")
#: Endings of files that a person writes.
_WRITTEN = re.compile(r".+\.(?:py|ipynb|r|jl|rmd|qmd|sh|scala|java|kt|cpp|cu|js|ts|pyx)", re.IGNORECASE)
_NOT_NAMED = re.compile(r"|-|-[cm]|<.*>|__main__|\(.*\)|none|null|nan|unknown")


@dataclass(frozen=True)
class Started:
    """What was started. `name` is as recorded; `paths` are those under which a commit may hold it, best first."""

    kind: str
    name: str = ""
    #: Evidence in words; empty where there is nothing to say.
    said: str = ""
    paths: tuple[str, ...] = field(default=())

    @property
    def named(self) -> bool:
        """Whether the record names code that can be looked for: a script, a notebook's file, or a project."""
        return bool(self.paths)


def code_of(run: Run, ours: Mapping[str, str]) -> Code:
    """The code that a record names, by the plugin, by MLflow, or by the tags of Databricks and of early MLflow."""
    code, tags = record_fields.code(run.tags, ours), run.tags
    if not ({"mlflow.databricks.gitRepoCommit", "mlflow.gitRepoURL", "mlflow.databricks.gitRepoUrl"} & tags.keys()):
        return code
    state = tags.get("mlflow.databricks.gitRepoStatus", "").lower()
    path = tags.get("mlflow.databricks.gitRepoRelativePath", "")
    return Code(
        repository=code.repository or tags.get("mlflow.databricks.gitRepoUrl", "") or tags.get("mlflow.gitRepoURL", ""),
        commit=code.commit or tags.get("mlflow.databricks.gitRepoCommit", ""),
        source=path or code.source,
        entry_point=code.entry_point,
        dirty=code.dirty if code.dirty is not None or not state else state != "clean",
    )


def started(run: Run, code: Code, ours: Mapping[str, str], command: str = "") -> Started:
    """What `code` says was started; `command` is the recorded command line, which names what a launcher started."""
    source_type = run.tags.get("mlflow.source.type", "")
    if source_type == "PROJECT" and code.source:
        return _project(code)
    if (
        source_type == "NOTEBOOK"
        and code.source
        and code.source == run.tags.get("mlflow.databricks.gitRepoRelativePath", "")
    ):
        return Started(
            "notebook", code.source, f"notebook {code.source} (Databricks Git folder)", _notebook(code.source)
        )
    if source_type == "NOTEBOOK" and run.tags.get("mlflow.databricks.notebookPath"):
        revision = run.tags.get("mlflow.databricks.notebookRevisionID", "")
        words = f"notebook {run.tags['mlflow.databricks.notebookPath']} of a Databricks workspace"
        return Started("notebook", "", words + (f", revision {revision}" if revision else ""))
    if ours.get("entry_point_state") == "installed" and _kind(code.source) == "script":
        return _launched("program", last(code.source), command)
    return _by_path(code.source, code.entry_point, command if _kind(code.source) == "program" else "")


@functools.lru_cache(maxsize=16384)
def _by_path(source: str, entry_point: str, command: str) -> Started:
    """What was started, by its path; `command` is asked for programs only."""
    kind, name = _kind(source), last(source)
    if kind in ("program", "console", "notebook") and not source.lower().endswith(".ipynb"):
        return _launched(kind, name, command)
    if kind == "none":
        words = {"-c": "started with python -c", "-": "started from standard input"}.get(name, "")
        return Started("none", "", words)
    words = f"notebook {source}" if kind == "notebook" else f"entry point {source}"
    return Started(kind, source, words + (f" ({entry_point})" if entry_point else ""), _endings(source))


def _launched(kind: str, name: str, command: str) -> Started:
    if kind == "notebook":
        return Started(kind, "", f"started in a notebook ({name}); MLflow does not record which")
    if kind == "console":
        return Started(kind, "", f"started in an interactive console ({name}); what was typed is not recorded")
    words = f"started by {name}, an installed program; MLflow does not record what it ran"
    if command:
        return Started(kind, name, f"started by {name}, an installed program, with the recorded command line", (name,))
    return Started(kind, "", words)


@functools.lru_cache(maxsize=16384)
def _kind(source: str) -> str:
    """The kind of a recorded source by its path alone."""
    name = last(source)
    stem = re.sub(r"\.(?:exe|pyw?|cmd|bat)$", "", name.lower())
    path = source.replace("\\", "/")
    if _NOT_NAMED.fullmatch(name.lower()):
        return "none"
    if name.lower().endswith(".ipynb"):
        return "notebook"
    if _NOTEBOOKS.fullmatch(stem) or re.search(r"/(?:ipykernel|colab_kernel\w*)/", path):
        return "notebook"
    if stem in _CONSOLES or "spyder_kernels" in path or "spyder/kernels" in path:
        return "console"
    return "program" if _is_program(path, name, stem) else "script"


def _is_program(path: str, name: str, stem: str) -> bool:
    """Whether a path is that of an installed program."""
    if stem.startswith("_jb_") or stem in _ALWAYS or _INSTALLED.search(path) or _SHIMS.search(path):
        return True
    written = _WRITTEN.fullmatch(name) is not None
    if not written and (stem in _PROGRAMS or _PYTHON.fullmatch(stem)):
        return True
    found = _BIN.fullmatch(path)
    return found is not None and (not written or _ROOTS.search(found["root"]) is not None)


@functools.lru_cache(maxsize=16384)
def last(source: str) -> str:
    """The last part of a path of any system."""
    return PurePosixPath(source.replace("\\", "/")).name


def _notebook(path: str) -> tuple[str, ...]:
    """Databricks records a notebook without its ending."""
    return tuple(f"{ending}{suffix}" for ending in _endings(path) for suffix in ("", ".py", ".ipynb"))


def _project(code: Code) -> Started:
    """A run of an MLflow project: the source is a folder or an address, with the project's folder after `#`."""
    place, _, below = code.source.partition("#")
    below = below.strip("/")
    remote = re.match(r"[\w+.-]+://(?!/)|[\w.-]+@[\w.-]+:", place) is not None and not place.startswith("file:")
    folders = [below] if below or remote else [*_endings(re.sub(r"^file:/*(?=/)", "", place)), ""]
    files = ["MLproject", "MLProject"]
    if _WRITTEN.fullmatch(code.entry_point):  # a project without a file MLproject is run by the name of a script
        files.append(code.entry_point)
    paths = tuple(f"{folder}/{name}".lstrip("/") for folder in folders for name in files)
    words = f"project {code.source}" + (f", entry point {code.entry_point}" if code.entry_point else "")
    return Started("project", code.source, words, paths)


#: Endings of a recorded path that are tried.
_DEPTH = 12


def _endings(script: str) -> tuple[str, ...]:
    """The path and its endings, longest first; none for what git could not be asked for in a line."""
    parts = [part for part in PurePosixPath(script.replace("\\", "/")).parts if part not in ("/", ".")]
    if not script or any("\n" in part or part == ".." for part in parts):
        return ()
    return tuple("/".join(parts[start:]) for start in range(max(0, len(parts) - _DEPTH), len(parts)))


def kernel_command(command: str) -> bool:
    """Whether a recorded command line is that of a notebook's kernel, which says nothing about the notebook."""
    return (
        "kernel" in command
        and re.search(r"(?:ipykernel\w*|kernel_launcher(?:\.py)?|ipykernel)\b.*(?:-f|\.json)", command) is not None
    )


def databricks_libraries(tags: Mapping[str, str]) -> list[str]:
    """Requirements of the libraries of the Databricks cluster that a run used."""
    try:
        found = json.loads(tags.get("mlflow.databricks.cluster.libraries", "{}"))
    except (ValueError, RecursionError):
        return []
    listed = found.get("installable", []) if isinstance(found, dict) else []
    entries = [entry.get("pypi") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [str(entry["package"]) for entry in entries if isinstance(entry, dict) and entry.get("package")]


def databricks_runtime(tags: Mapping[str, str]) -> str:
    """The version of the Databricks runtime, which fixes Python and many packages; empty if unknown."""
    try:
        found = json.loads(tags.get("mlflow.databricks.cluster.info", "{}"))
    except (ValueError, RecursionError):
        return ""
    return str(found.get("spark_version", ""))[:100] if isinstance(found, dict) else ""
