"""Runs of a file store, read file by file: MLflow's own class would create folders in it."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.stores import small_files
from traceability.stores.artifacts import Artifacts
from traceability.stores.errors import NotAStore
from traceability.stores.locate import hint
from traceability.stores.notes import Notes
from traceability.stores.record_fields import Dataset, Run
from traceability.stores.scope import SOURCE_TYPE, STATUS, Scope, milliseconds, when
from traceability.stores.small_files import Unreadable

TRASH = ".trash"
#: Folders of an experiment that are no runs.
_NO_RUNS = ("artifacts", "datasets", "models", "tags", "traces", TRASH)
_RUN_PARTS = ("params", "tags", "metrics")
#: Bytes at the end of a metric's history that are read for its latest value: some 400,000 points.
_TAIL = 16 * 2**20


@dataclass
class _Experiment:
    """An experiment: usually one folder, but a copy beside it may carry the same id."""

    name: str
    deleted: bool = False
    folders: list[str] = field(default_factory=list)


class FileStore:
    """A folder as MLflow lays it out: experiment/run/{meta.yaml, params, tags, metrics, inputs, outputs, artifacts}.

    The folder of one experiment is read as a store with that experiment. Raises `NotAStore` for other folders.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.kind = "file store"
        self.artifacts = Artifacts(self._root)
        self._opening, self._reading = Notes(), Notes()
        self._experiments: dict[str, _Experiment] = {}
        about = _meta(str(self._root))
        if about and _id_of(about):
            raise NotAStore(
                f"{root}: this is the folder of one run; give the store, {self._root.parent.parent}, "
                f"and the run {self._root.name}"
            )
        if about and "experiment_id" in about:
            self._add(str(self._root), about, False)
            self._opening.add("one_experiment", str(root))
        else:
            for folder in small_files.folders(self._root, self._opening):
                if not folder.endswith(f"/{TRASH}"):
                    self._look_at(folder, False)
            for folder in small_files.folders(self._root / TRASH, self._opening):
                self._look_at(folder, True)
        if not self._experiments and _holds_runs(str(self._root)):
            self._add(str(self._root), {}, False)
            self._opening.add("one_experiment", str(root))
            self._opening.add("experiment_without_meta", str(root))
        if not self._experiments:
            raise NotAStore(
                f"{root}: no MLflow store (no folder in it holds the meta.yaml of an experiment){hint(self._root)}"
            )
        for key, experiment in self._experiments.items():
            self._opening.add("experiment_deleted", experiment.name, int(experiment.deleted))
            self._opening.add("experiment_twice", key, int(len(experiment.folders) > 1))

    @property
    def notes(self) -> Notes:
        """What was left out."""
        return self._opening + self._reading

    def experiments(self) -> Mapping[str, str]:
        """Names of experiments by id, deleted ones included."""
        return {key: experiment.name for key, experiment in self._experiments.items()}

    def count(self, scope: Scope) -> int:
        """Number of folders that hold runs, deleted ones included: only their files would tell."""
        if scope.runs:
            return len(scope.runs)
        return sum(1 for _, _, folder in self._run_folders(scope) if Path(folder, "meta.yaml").is_file())

    def beginning_with(self, prefix: str) -> list[str]:
        """Ids of runs that begin with `prefix`."""
        found = {
            name for _, _, folder in self._run_folders(Scope())
            if (name := os.path.basename(folder)).startswith(prefix) and Path(folder, "meta.yaml").is_file()  # noqa: PTH119
        }  # fmt: skip
        return sorted(found)[:10]

    def runs(self, scope: Scope) -> Iterator[Run]:
        """The runs; those of deleted experiments only where they, or the experiment, are named."""
        self._reading.clear()
        seen: set[str] = set()
        for key, home, folder in self._run_folders(scope):
            about = self._about(folder)
            if about is None:
                continue
            run_id = os.path.basename(folder)  # noqa: PTH119
            said = about.get("run_id") or about.get("run_uuid")
            if isinstance(said, str) and said != run_id:  # an id of digits alone is a number in YAML
                self._reading.add("run_id_differs", folder)
            if run_id in seen:
                self._reading.add("run_twice", folder)
                continue
            seen.add(run_id)
            whole = self._experiments[key].deleted
            deleted = whole or about.get("lifecycle_stage") == "deleted"
            if deleted and not scope.runs and not (whole and scope.experiments):
                self._reading.add("run_deleted", run_id)
            else:
                self._reading.add("deleted_read", run_id, int(deleted))
                run = self._run(run_id, key, home, folder, about, deleted)
                yield run if scope.metrics else dataclasses.replace(run, metrics={}, steps={})
        if not scope.runs:
            self._count_what_is_no_run(scope)

    def _look_at(self, folder: str, deleted: bool) -> None:
        """Take `folder` for an experiment if it is one, even where its own meta.yaml is gone."""
        try:
            about = small_files.mapping(folder)
        except FileNotFoundError:
            if _holds_runs(folder):
                self._opening.add("experiment_without_meta", folder)
                self._add(folder, {}, deleted)
        except Unreadable:
            if _holds_runs(folder) or Path(folder).name.isdigit():
                self._opening.add("experiment_unreadable", folder)
                self._add(folder, {}, deleted)
        else:
            if "experiment_id" in about and not _id_of(about):
                self._add(folder, about, deleted)
            elif not about.get("name") and _holds_runs(folder):
                self._opening.add("experiment_unreadable", folder)
                self._add(folder, {}, deleted)

    def _add(self, folder: str, about: Mapping[str, Any], deleted: bool) -> None:
        key = str(about.get("experiment_id", os.path.basename(folder)))  # noqa: PTH119
        name = str(about.get("name") or os.path.basename(folder))  # noqa: PTH119
        deleted = deleted or about.get("lifecycle_stage") == "deleted"
        known = self._experiments.setdefault(key, _Experiment(name, deleted))
        known.deleted = known.deleted and deleted
        known.folders.append(folder)

    def _run_folders(self, scope: Scope) -> Iterator[tuple[str, str, str]]:
        """Experiment's id, its folder and the run's folder, for each folder that may be a run."""
        for key in scope.experiments or self._experiments:
            for home in self._experiments[key].folders:
                if scope.runs:
                    found = [f"{home}/{name}" for name in scope.runs if name not in _NO_RUNS and _is_name(name)]
                    yield from ((key, home, folder) for folder in found if _is_folder(folder))
                else:
                    found = small_files.folders(home, self._reading)
                    yield from ((key, home, folder) for folder in found if _may_be_run(folder))

    def _about(self, folder: str) -> dict[str, Any] | None:
        """What a run's meta.yaml says; None where it is no run, or cannot be read, which is then counted."""
        try:
            about = small_files.mapping(folder)
        except FileNotFoundError:
            if any(_is_folder(f"{folder}/{part}") for part in _RUN_PARTS):
                self._reading.add("run_without_meta", folder)
            return None
        except Unreadable as reason:
            if str(reason) in ("link", "lfs_pointer"):
                self._reading.add(str(reason), f"{folder}/meta.yaml")
            self._reading.add("run_unreadable", folder)
            return None
        if not _id_of(about) and not any(_is_folder(f"{folder}/{part}") for part in _RUN_PARTS):
            return None
        return about

    def _run(self, key: str, experiment: str, home: str, folder: str, about: Mapping[str, Any], deleted: bool) -> Run:
        parts = self._parts(folder)
        tags = self._values(folder, "tags", parts)
        status, recorded = about.get("status"), str(about.get("artifact_uri") or "")
        points = _Points(f"{folder}/metrics" if "metrics" in parts else "", self._reading)
        # A copied store names folders of the place where it came from; its own are beside the record.
        own = f"{folder}/artifacts" if "artifacts" in parts else self.artifacts.resolved(recorded)
        if "artifacts" not in parts and self.artifacts.moved(recorded, own):
            self._reading.add("moved_artifacts", recorded)
        return Run(
            run_id=key,
            experiment_id=experiment,
            experiment=self._experiments[experiment].name,
            name=str(about.get("run_name") or tags.get("mlflow.runName") or about.get("name") or ""),
            status=STATUS.get(status, "") if isinstance(status, int) else str(status or ""),
            user=str(about.get("user_id") or tags.get("mlflow.user", "")),
            start=when(about.get("start_time")),
            end=when(about.get("end_time")),
            start_ms=milliseconds(about.get("start_time")),
            lifecycle="deleted" if deleted else "active",
            artifacts=own,
            artifacts_recorded=recorded,
            params=self._values(folder, "params", parts),
            tags=_with_source(tags, about),
            metrics=_Latest(lambda: points.values),
            steps=_Latest(lambda: points.steps),
            datasets=tuple(self._datasets(home, folder)) if "inputs" in parts else (),
            models=tuple(self._models(home, folder)) if "outputs" in parts else (),
        )

    def _parts(self, folder: str) -> set[str]:
        """Names of the real folders in a run's folder."""
        return {os.path.basename(path) for path in small_files.folders(folder, self._reading)}  # noqa: PTH119

    def _values(self, folder: str, part: str, parts: set[str]) -> dict[str, str]:
        return dict(small_files.values(f"{folder}/{part}", self._reading)) if part in parts else {}

    def _datasets(self, home: str, folder: str) -> Iterator[Dataset]:
        for link in small_files.folders(f"{folder}/inputs", self._reading):
            about = _meta(link)
            source = str(about.get("source_id", ""))
            if about.get("source_type") == "DATASET" and _is_name(source) and _is_folder(f"{home}/datasets"):
                found = _meta(f"{home}/datasets/{source}") if _is_folder(f"{home}/datasets/{source}") else {}
                marks = about.get("tags")
                context = marks.get("mlflow.data.context", "") if isinstance(marks, dict) else ""
                if found:
                    yield Dataset(
                        str(found.get("name", "")), str(found.get("digest", "")), str(found.get("source_type", "")),
                        str(found.get("source", "")), str(context),
                    )  # fmt: skip

    def _models(self, home: str, folder: str) -> Iterator[str]:
        for link in small_files.folders(f"{folder}/outputs", self._reading):
            key = str(_meta(link).get("destination_id") or os.path.basename(link))  # noqa: PTH119
            if not _is_name(key):
                continue
            model = f"{home}/models/{key}"
            recorded = str(_meta(model).get("artifact_location") or "") if _is_folder(model) else ""
            # A model that is gone is named all the same: that there was one is part of the record.
            beside = f"{model}/artifacts"
            yield beside if _is_folder(beside) or not recorded else self.artifacts.resolved(recorded)

    def _count_what_is_no_run(self, scope: Scope) -> None:
        for key in scope.experiments or self._experiments:
            for home in self._experiments[key].folders:
                if _is_folder(f"{home}/traces"):
                    traces = small_files.folders(f"{home}/traces", self._reading)
                    self._reading.add("trace", traces[0] if traces else "", len(traces))


class _Points:
    """The latest point of each metric of a run; files are opened when first asked."""

    def __init__(self, folder: str, notes: Notes) -> None:
        self._folder, self._notes = folder, notes

    @functools.cached_property
    def _found(self) -> dict[str, tuple[float, int]]:
        listed = small_files.files(self._folder, self._notes) if self._folder else ()
        read = ((name, _latest(path)) for name, path in listed)
        return {name: point for name, point in read if point is not None}

    @functools.cached_property
    def values(self) -> dict[str, float]:
        return {name: value for name, (value, _) in self._found.items()}

    @functools.cached_property
    def steps(self) -> dict[str, int]:
        return {name: step for name, (_, step) in self._found.items()}


class _Latest(Mapping[str, Any]):
    """A mapping that is read when it is first looked at: an audit of thousands of runs needs no metric."""

    def __init__(self, load: Callable[[], Mapping[str, Any]]) -> None:
        self._load = load

    def __getitem__(self, name: str) -> Any:
        return self._load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def __repr__(self) -> str:
        return repr(dict(self._load()))

    def __eq__(self, other: object) -> bool:
        return dict(self._load()) == other

    __hash__ = None  # type: ignore[assignment]


def _latest(path: str) -> tuple[float, int] | None:
    """Value and step of the point that MLflow calls the latest: of the highest step, then time, then value."""
    best: tuple[int, int, float] | None = None
    try:
        lines = small_files.tail(path, _TAIL).splitlines()
    except (FileNotFoundError, Unreadable):
        return None
    for line in lines:
        words = line.split()
        try:
            point = (int(words[2]) if len(words) > 2 else 0, int(words[0]), float(words[1]))
        except (ValueError, IndexError, OverflowError):
            continue
        best = point if best is None or point > best else best
    return None if best is None else (best[2], best[0])


def _with_source(tags: dict[str, str], about: Mapping[str, Any]) -> dict[str, str]:
    """Before there were tags for the source, meta.yaml held it; early runs have only that."""
    kind = about.get("source_type")
    old = {
        "mlflow.source.name": about.get("source_name"),
        "mlflow.source.git.commit": about.get("source_version"),
        "mlflow.project.entryPoint": about.get("entry_point_name"),
    }
    found = {tag: str(value) for tag, value in old.items() if value and isinstance(value, str | int)}
    if found and isinstance(kind, int) and kind in SOURCE_TYPE:
        found["mlflow.source.type"] = SOURCE_TYPE[kind]
    return found | tags


def _holds_runs(folder: str) -> bool:
    return any(_id_of(_meta(path)) for path in small_files.folders(folder) if _may_be_run(path))


def _may_be_run(folder: str) -> bool:
    return os.path.basename(folder) not in _NO_RUNS  # noqa: PTH119


def _is_name(name: str) -> bool:
    """Whether a word of a record is the name of a file and no way to somewhere else."""
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114


def _id_of(about: Mapping[str, Any]) -> str:
    return str(about.get("run_id") or about.get("run_uuid") or "")


def _meta(folder: str) -> dict[str, Any]:
    """The mapping in a folder's meta.yaml; empty where there is none that can be read."""
    try:
        return small_files.mapping(folder)
    except (FileNotFoundError, Unreadable):
        return {}
