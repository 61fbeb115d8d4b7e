"""How far a record leads without executing anything: its commit, its script, its command, its data.

Code of the commit is read as text (see `traceability.replay.program`); a stage that is not reached has a reason of
replay's closed list.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Self

from traceability.public_records import record_files
from traceability.replay import model_files, reading, rebuild
from traceability.replay.program import reading as programs
from traceability.replay.program.options import Declared
from traceability.replay.reasons import Stopped
from traceability.runtime import git_objects
from traceability.runtime.git_trees import Trees
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Run

#: Files of a commit that the command may be read from.
_SOURCES = re.compile(r"\.py$|\.ya?ml$|^ML[Pp]roject$|\.ipynb$")
#: Folders of installed packages.
_LEFT_OUT = frozenset({"site-packages", "dist-packages", "node_modules", ".venv", "venv"})
#: Endings of a place of data that are looked for.
_DEEPEST = 12
_LARGEST = 2**20
#: Files of one commit that are laid out.
_MOST = 20_000
_ENVIRONMENTS = ("requirements.txt", "conda.yaml", "environment.yml", "environment.yaml")
_ADDRESS = re.compile(r"(?:https?|ftps?|s3a?|gs|wasbs?|abfss?|dbfs|hdfs|azureml|hf)://", re.IGNORECASE)


def is_source(path: str) -> bool:
    """Whether a file of a commit may tell the command: Python, configuration or MLproject, and no part of a record."""
    *above, name = path.split("/")
    return _is_source(name) and not name.endswith(".ipynb") and all(map(_holds_sources, above))


def _is_source(name: str) -> bool:
    return _SOURCES.search(name) is not None


def _holds_sources(folder: str) -> bool:
    return folder not in _LEFT_OUT and not record_files.is_record(f"{folder}/")


class Commits:
    """Commits of one repository, laid out one after the other in a folder, and asked what they hold.

    A context manager: git answers for the length of the block.
    """

    def __init__(self, repository: Path, folder: Path) -> None:
        self._folder = git_objects.Folder(repository, folder, _LARGEST)
        self._trees = Trees(repository, _is_source, _holds_sources)
        self._commit = ""
        self._read: dict[tuple[str, frozenset[tuple[str, str]]], Declared] = {}
        #: The sources that are laid out; None before the commit in use is.
        self._shown: frozenset[tuple[str, str]] | None = None
        self._sources: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._trees.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._trees.__exit__()

    def use(self, commit: str) -> None:
        """Ask about this commit from now on. One that is not there holds nothing."""
        if commit != self._commit:
            self._commit, self._shown = commit, None

    def command(self, record: Any, script: str) -> tuple[str, int | None]:
        """Whether the command can be rebuilt: the reason why not, or how many parameters it does not take."""
        if self._shown is None:
            self._folder.root.mkdir(parents=True, exist_ok=True)
            found = sorted(self._trees.files(self._commit).items())
            self._sources = dict([(path, key) for path, key in found if not path.endswith(".ipynb")][:_MOST])
            self._folder.show(self._sources, [script])
            self._shown = frozenset(self._sources.items())
        elif not (self._folder.root / script).exists():
            self._folder.show(self._sources, [script])
        try:
            return "", len(rebuild.rebuild(record, self._folder.root, self._declared).unmapped)
        except Stopped as stopped:
            return stopped.code, None
        except (RecursionError, MemoryError):
            return "command_unreadable", None

    def _declared(self, folder: Path, script: str) -> Declared:
        """What the script declares; read once for all commits in which every source is the same."""
        key = (script, self._shown or frozenset())
        if key not in self._read:
            if len(self._read) > 64:
                self._read.clear()
            self._read[key] = programs.declared(folder, script)
        return self._read[key]

    def names(self, script: str) -> bool:
        """Whether the commit has a file under the path `script` below any folder of its own."""
        return any(path == script or path.endswith(f"/{script}") for path in self._trees.files(self._commit))

    def holds_environment(self) -> bool:
        """Whether the commit says at its top what has to be installed."""
        return any(self._trees.kind(self._commit, name) == "file" for name in _ENVIRONMENTS)

    def holds(self, place: str) -> bool:
        """Whether the commit has a file or folder under the path `place` or an ending of it."""
        plain = PurePosixPath(re.sub(r"^file:/*", "/", place).replace("\\", "/"))
        parts = [part for part in plain.parts if part not in ("/", "..")][-_DEEPEST:]
        return any(self._trees.kind(self._commit, "/".join(parts[first:])) for first in range(len(parts)))


def reachable(places: Iterable[str], commits: Commits) -> bool:
    """Whether one of the places of data is in the commit, or an address of the web or of an object store."""
    return any(_ADDRESS.match(place) is not None or commits.holds(place) for place in places)


def record_of(
    run: Run, artifacts: Artifacts, models: Sequence[str], scratch: Path, inherited: Mapping[str, str]
) -> Any:
    """Replay's view of a run; the files of the first of its `models` that can be seen are copied below `scratch`.

    Replay itself looks where the record names a model; `models` may also hold one that only its files show.
    """
    record = reading.from_run(run, artifacts, scratch / "usual", "mlflow")
    model = model_files.collect(artifacts, models, scratch / "named") or record.model
    return dataclasses.replace(record, inherited=dict(inherited), dirty=False, model=model)
