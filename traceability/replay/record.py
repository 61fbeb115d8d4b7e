"""What a record says about a run, whatever kind of record it is; fields that it lacks are empty."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.replay.reasons import Stopped
from traceability.runtime.files import read_json


@dataclass(frozen=True)
class Record:
    """One run as recorded. `run_id` is a run's id or the path of the notes."""

    run_id: str
    kind: str
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    repository: str = ""
    commit: str = ""
    #: Recorded source name (a script) and, for projects, the entry point's name.
    source: str = ""
    entry_point: str = ""
    #: Address of the MLflow project that ran, as recorded, with its `#subfolder`; empty where no project ran.
    project: str = ""
    #: Folder below the top of the repository in which the program was started, and its whole command line; the plugin
    #: records them.
    directory: str = ""
    argv: str = ""
    #: Anything in the record that says that the working tree was not the commit.
    dirty: bool = False
    #: Digests of logged data sets as MLflow computes them, by name and context; they are made from values in memory.
    datasets: tuple[tuple[str, str], ...] = ()
    #: Place and SHA-256 of the data where tags name them: the plugin's, else the user's. Parameters stay in `params`.
    data: str = ""
    data_sha256: str = ""
    #: Name of the MLflow experiment.
    experiment: str = ""
    #: Name of the run where a person gave it one; empty where MLflow made it up.
    name: str = ""
    #: Id of the run that it is nested in, and that run's given name; empty where it is nested in none.
    parent: str = ""
    parent_name: str = ""
    #: Parameters of the run that it is nested in: the same command gave them.
    inherited: dict[str, str] = field(default_factory=dict)
    #: For a nested run its position among the `siblings` runs that share its parent, by their starts (None: unknown).
    position: int | None = None
    siblings: int = 0
    #: Folder with the files of the logged model, here on this machine.
    model: Path | None = None
    #: Weights digest where the record itself holds one.
    weights_sha256: str = ""
    #: Start of the run, ISO date; the day as of which an environment can be resolved.
    date: str = ""
    #: Fields that a human added, in the order in which they were needed.
    added: tuple[str, ...] = ()

    @property
    def options(self) -> dict[str, str]:
        """The parameters that the command may have had: the run's own, and those of the run that it is nested in."""
        return self.inherited | self.params

    def with_help(self, name: str, value: str) -> Record:
        """The record with one field that a human supplied, remembered in `added`; `option:x` supplies a parameter."""
        added = (*self.added, name)
        if name.startswith("option:"):
            return dataclasses.replace(self, params=self.params | {name.removeprefix("option:"): value}, added=added)
        return dataclasses.replace(self, **{name: value}, added=added)  # type: ignore[arg-type]


def from_notes(path: Path) -> Record:
    """Read notes kept by hand: JSON with `params` and `metrics` and, if the author thought of them, more.

    `repository`, `commit` and `script` are read where they are there. Stops with `store_unreadable`.
    """
    if not path.is_file():
        raise Stopped("run_not_found", f"{path}: no such notes")
    try:
        notes: dict[str, Any] = read_json(path)
        params = {str(name): str(value) for name, value in notes["params"].items()}
        metrics = {str(name): float(value) for name, value in notes["metrics"].items()}
    except (StudyError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Stopped("store_unreadable", f"{path}: no notes with params and metrics ({error})") from None
    return Record(
        run_id=str(path), kind="notes", params=params, metrics=metrics,
        repository=str(notes.get("repository", "")), commit=str(notes.get("commit", "")),
        source=str(notes.get("script", "")), date=str(notes.get("date", "")),
    )  # fmt: skip
