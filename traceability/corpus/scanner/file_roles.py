"""Which files of a project are its own code, which are somebody else's, and which only configure tracking."""

from __future__ import annotations

import re

#: Folders that are never the project's own code, with the reason that is told.
_FOLDERS = {
    "site-packages": "virtual_environment", "dist-packages": "virtual_environment", "node_modules": "vendored",
    ".ipynb_checkpoints": "checkpoint_copy", "__pycache__": "cache", "third_party": "vendored",
    "thirdparty": "vendored",
    "3rdparty": "vendored", "vendor": "vendored", "_vendor": "vendored", "vendored": "vendored",
    ".venv": "virtual_environment",
    "venv": "virtual_environment", ".virtualenv": "virtual_environment", "virtualenv": "virtual_environment",
    ".tox": "virtual_environment", ".nox": "virtual_environment", ".eggs": "vendored", ".git": "git",
    "conda-meta": "virtual_environment",
}  # fmt: skip
_ENDINGS = ((".egg-info", "vendored"), (".dist-info", "virtual_environment"), (".egg", "vendored"))
#: Libraries that people copy into their repositories: folder name and a file below it that gives the copy away.
_LIBRARIES = (
    ("ultralytics", "utils/callbacks"), ("ultralytics", "engine/trainer.py"), ("ultralytics", "yolo/utils/callbacks"),
    ("transformers", "modeling_utils.py"), ("mlflow", "tracking/fluent.py"), ("pytorch_lightning",
    "trainer/trainer.py"),
    ("lightning", "pytorch/trainer"), ("optuna", "trial/_trial.py"), ("keras", "engine/training.py"),
    ("monai", "handlers/mlflow_handler.py"), ("ray", "tune/tune.py"), ("mmcv", "runner/hooks"), ("mmengine",
    "visualization"),
    ("composer", "loggers/mlflow_logger.py"), ("accelerate", "tracking.py"), ("ignite", "handlers"), ("spacy",
    "language.py"),
)  # fmt: skip
_LIB = re.compile(r"(?:^|/)[Ll]ib(?:64)?/python\d\.\d+/")
_RECORDED = re.compile(r"(?:^|/)mlruns/(?:\d+|models)/")

MLPROJECT = re.compile(r"(?:^|/)mlproject(?:\.ya?ml)?$", re.IGNORECASE)
REQUIREMENTS = re.compile(
    r"(?:^|/)[\w.-]*requirements?[\w.-]*\.(?:txt|in)$|(?:^|/)requirements/[\w.-]+\.txt$", re.IGNORECASE
)
CONDA = re.compile(r"(?:^|/)(?:[\w.-]*(?:conda|environment|python_env)[\w.-]*)\.ya?ml$", re.IGNORECASE)
LOCK = re.compile(r"(?:^|/)(?:poetry\.lock|Pipfile\.lock|uv\.lock|pdm\.lock|conda-lock\.ya?ml|pixi\.lock)$")
DECLARATION = re.compile(r"(?:^|/)(?:pyproject\.toml|setup\.py|setup\.cfg|Pipfile)$")
DOCKERFILE = re.compile(r"(?:^|/)(?:[\w.-]*Dockerfile[\w.-]*)$", re.IGNORECASE)
DATA = re.compile(
    r"(?:^|/)(?:dvc\.ya?ml|dvc\.lock|\.dvc/config|[^/]+\.dvc|\.lakefs[\w.]*|pachyderm[\w.-]*\.(?:json|ya?ml))$"
)
YAML = re.compile(r"\.ya?ml$", re.IGNORECASE)
_CONFIG = re.compile(r"\.(?:cfg|toml|json|ini)$", re.IGNORECASE)
_CONFIG_HINT = re.compile(
    r"mlflow|logg|train|config|conf/|experiment|default|tracker|callback|params|args|recipe|bundle|setting|tun(?:e|ing)|"
    r"sft|lora|cfg|hyper|sweep|(?:^|/)(?:run|job|opt|main|base)",
    re.IGNORECASE,
)
_NO_CONFIG = re.compile(r"(?:^|/)(?:package(?:-lock)?|tsconfig[\w.]*|composer|angular|tokenizer\w*|vocab)\.json$")
#: Scripts and recipes that start programs.
SHELL = re.compile(r"\.(?:sh|bash|zsh|slurm|sbatch|ps1|bat|cmd)$|(?:^|/)(?:Makefile|justfile)$", re.IGNORECASE)


def is_strange_folder(name: str) -> bool:
    """Whether a folder of this name never holds the project's own code."""
    return name in _FOLDERS or name.endswith(tuple(ending for ending, _ in _ENDINGS))


def is_code(path: str) -> bool:
    """Whether a path is Python source or a notebook."""
    return path.endswith((".py", ".ipynb", ".PY", ".IPYNB"))


def is_document(path: str) -> bool:
    """Whether a file that is not Python may hold Python cells: exported notebooks, Quarto and R Markdown."""
    return path.lower().endswith((".sql", ".scala", ".r", ".qmd", ".rmd"))


def is_cython(path: str) -> bool:
    """Whether a path is code near to Python that is not read."""
    return path.lower().endswith((".pyx", ".pxd", ".pxi"))


def is_configuration(path: str) -> bool:
    """Whether a path may hold tracking by configuration alone."""
    if YAML.search(path):
        return True
    return bool(_CONFIG.search(path) and _CONFIG_HINT.search(path) and not _NO_CONFIG.search(path))


def is_text(path: str) -> bool:
    """Whether a file that is not code is read, not only counted by its name."""
    return bool(
        YAML.search(path) or SHELL.search(path) or MLPROJECT.search(path) or is_configuration(path)
        or path.endswith((".txt", ".in", ".toml", ".cfg", ".gitattributes")) or DOCKERFILE.search(path)
    )  # fmt: skip


def wanted(path: str) -> bool:
    """Whether the scanner reads or counts a file of this name."""
    return is_code(path) or is_document(path) or is_cython(path) or bool(SHELL.search(path)) or any(
        pattern.search(path)
        for pattern in (MLPROJECT, REQUIREMENTS, CONDA, LOCK, DECLARATION, DOCKERFILE, DATA)
    ) or is_configuration(path) or path.endswith((".gitattributes", "pyvenv.cfg"))  # fmt: skip


class Strangers:
    """Says of each path whose code it is."""

    def __init__(self, paths: list[str]) -> None:
        self.roots: list[tuple[str, str]] = []
        present = set(paths)
        folders = {path.rpartition("/")[0] for path in paths}
        for folder in list(folders):
            above = folder
            while above:
                above = above.rpartition("/")[0]
                folders.add(above)
        for path in paths:
            if path.rpartition("/")[2] == "pyvenv.cfg":
                self.roots.append((path.rpartition("/")[0] + "/", "virtual_environment"))
        for folder in sorted(folders):
            name = folder.rpartition("/")[2]
            for library, inside in _LIBRARIES:
                if name == library and (f"{folder}/{inside}" in present or f"{folder}/{inside}" in folders):
                    self.roots.append((folder + "/", "vendored"))
                    if "/" not in folder:  # the library's whole repository was copied: its tests came along
                        self.roots += [(f"{side}/", "vendored") for side in ("tests", "examples", "docs")]

    def reason(self, path: str) -> str | None:
        """Why a file is not the project's own code (`virtual_environment`, `vendored`, ...), or None."""
        steps = path.split("/")[:-1]
        for step in steps:
            known = _FOLDERS.get(step)
            if known is not None:
                return known
            for ending, why in _ENDINGS:
                if step.endswith(ending):
                    return why
        if _LIB.search(path):
            return "virtual_environment"
        if _RECORDED.search(path):
            return "recorded_run"
        if "/build/lib/" in f"/{path}":
            return "build_copy"
        return next((why for root, why in self.roots if root != "/" and path.startswith(root)), None)
