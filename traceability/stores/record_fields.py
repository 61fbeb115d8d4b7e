"""What a run's record says, whoever reads it (replay, audit, drift): which tag or parameter stands for what.

Only the standard library is imported here, because the run-context plugin needs the names as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PREFIX = "traceability."
"""Tags that the study or its plugin adds to a run; masked for replay, audit and capture unless the plugin is meant."""

MARK = f"{PREFIX}context"
"""Tag that says that the plugin (or `traceability.stamp`) wrote the tags beside it."""

#: Artifact that holds a command line which is too long even for several tags.
WHOLE_COMMAND = f"{PREFIX}argv.txt"

#: A full commit id; anything shorter may mean another commit tomorrow.
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

#: Parameters under which people log a full digest of their data, and the place of the data.
DATA_DIGESTS = ("data_sha256", "dataset_sha256")
DATA_PLACES = ("data", "data_path", "dataset_path")

_MADE_UP = re.compile(r"[a-z]+-[a-z]+-\d+")


@dataclass(frozen=True)
class Code:
    """The code that a record names. `dirty` is None where the record does not say whether the tree was clean."""

    repository: str = ""
    commit: str = ""
    #: Recorded source name (a script) and, for projects, the entry point's name.
    source: str = ""
    entry_point: str = ""
    dirty: bool | None = None


@dataclass(frozen=True)
class Dataset:
    """A logged data set: MLflow's digest of values in memory, and where they came from."""

    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    context: str = ""


@dataclass(frozen=True)
class Run:
    """One run as a store holds it; nothing is interpreted yet. Times are ISO 8601 in UTC, empty where unknown."""

    run_id: str
    experiment_id: str = ""
    experiment: str = ""
    name: str = ""
    status: str = ""
    user: str = ""
    start: str = ""
    #: Address of the run's artifacts: where they really lie if that is known, else as recorded.
    artifacts: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    #: The latest value of each metric; NaN and the infinities are values too. A file store reads them when first asked.
    metrics: Mapping[str, float] = field(default_factory=dict)
    datasets: tuple[Dataset, ...] = ()
    #: Addresses of the folders of the run's logged models, whether or not they are still there.
    models: tuple[str, ...] = ()
    #: `active` or `deleted`: whether the run, or the experiment that it belongs to, was deleted.
    lifecycle: str = "active"
    end: str = ""
    #: The start as recorded, in milliseconds since 1970; it may be a time that cannot be. None where there is none.
    start_ms: int | None = None
    #: Address of the artifacts as recorded, which may be one of another machine.
    artifacts_recorded: str = ""
    #: The step at which each metric has its latest value.
    steps: Mapping[str, int] = field(default_factory=dict)

    @property
    def deleted(self) -> bool:
        """Whether the run or its experiment was deleted."""
        return self.lifecycle == "deleted"

    @property
    def parent(self) -> str:
        """Id of the run that this one is nested in; empty where there is none."""
        return self.tags.get("mlflow.parentRunId", "")

    @property
    def source(self) -> str:
        """What was started, as MLflow recorded it: a script, a notebook, or a project with its `#subfolder`."""
        return self.tags.get("mlflow.source.name", "")

    @property
    def source_type(self) -> str:
        """`LOCAL`, `PROJECT`, `NOTEBOOK` or `JOB`, as MLflow recorded it; empty where it did not."""
        return self.tags.get("mlflow.source.type", "")

    @property
    def entry_point(self) -> str:
        """Entry point of the MLflow project; empty for everything else."""
        return self.tags.get("mlflow.project.entryPoint", "")


def own(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of the study or its plugin, without their prefix; a command line of several tags is put together."""
    found = {name.removeprefix(PREFIX): value for name, value in tags.items() if name.startswith(PREFIX)}
    number = 2
    while f"argv.{number}" in found:
        found["argv"] = found.get("argv", "") + found.pop(f"argv.{number}")
        number += 1
    return found


def written_by_plugin(tags: Mapping[str, str]) -> dict[str, str]:
    """As `own`, but only where the plugin wrote them: other tags of the study are not part of the record."""
    return own(tags) if MARK in tags else {}


def code(tags: Mapping[str, str], ours: Mapping[str, str]) -> Code:
    """The code that `tags` name; `ours` (see `own`) goes before MLflow's tags, also where it says `none`."""
    dirty = {ours.get("dirty", "").lower(), tags.get("mlflow.source.git.dirty", "").lower()}

    def said(name: str, tag: str) -> str:
        found = ours.get(name) or tags.get(tag, "")
        return "" if found == "none" else found

    return Code(
        repository=said("repository", "mlflow.source.git.repoURL"),
        commit=said("commit", "mlflow.source.git.commit"),
        source=said("entry_point", "mlflow.source.name"),
        entry_point=tags.get("mlflow.project.entryPoint", ""),
        dirty=True if "true" in dirty else False if "false" in dirty else None,
    )


def given_name(name: str | None) -> str:
    """The name of a run where a person gave it one; empty where MLflow made it up."""
    return "" if not name or _MADE_UP.fullmatch(name) else name


def first(values: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The value of the first of `names` that has one; Python's None, written out, is none."""
    return next((values[name] for name in names if values.get(name) not in (None, "", "None")), None)


def models_listed(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Models that MLflow before 3 logged to a run, each with its `artifact_path`, from the tag that lists them."""
    text = tags.get("mlflow.log-model.history")
    if not text:
        return []
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(listed, list):
        return []
    return [item for item in listed if isinstance(item, dict) and item.get("artifact_path")]
