"""Runs of a file store, read file by file: MLflow's own class would create folders in it."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from traceability.errors import StudyError
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Dataset, Run
from traceability.stores.scope import STATUS, Scope, when

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FileStore:
    """A folder as MLflow lays it out: experiment/run/{meta.yaml, params, tags, metrics, inputs, outputs, artifacts}."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.kind = "file store"
        self.artifacts = Artifacts(self._root)
        self._folders: dict[str, Path] = {}
        self._names: dict[str, str] = {}
        for folder in _folders(self._root):
            about = _meta(folder)
            if "experiment_id" in about and folder.name != ".trash" and about.get("lifecycle_stage") != "deleted":
                key = str(about["experiment_id"])
                self._folders[key], self._names[key] = folder, str(about.get("name", ""))
        if not self._names:
            raise StudyError(f"{root}: no MLflow store (no folder in it holds the meta.yaml of an experiment)")

    def experiments(self) -> Mapping[str, str]:
        """Names of experiments by id."""
        return self._names

    def count(self, scope: Scope) -> int:
        """Number of folders that hold runs, deleted ones included: only their files would tell."""
        return sum(1 for _ in self._run_folders(scope))

    def runs(self, scope: Scope) -> Iterator[Run]:
        """The runs."""
        for experiment, folder in self._run_folders(scope):
            about = _meta(folder)
            key = str(about.get("run_id") or about.get("run_uuid") or "")
            if key and (scope.runs or about.get("lifecycle_stage") != "deleted"):
                yield self._run(key, experiment, folder, about)

    def _run_folders(self, scope: Scope) -> Iterator[tuple[str, Path]]:
        for experiment in scope.experiments or self._folders:
            home = self._folders[experiment]
            if scope.runs:
                found = [home / key for key in scope.runs if Path(key).name == key and (home / key).is_dir()]
            else:
                found = _folders(home)
            yield from ((experiment, folder) for folder in found if (folder / "meta.yaml").is_file())

    def _run(self, key: str, experiment: str, folder: Path, about: Mapping[str, Any]) -> Run:
        tags = dict(_files(folder / "tags"))
        metrics = {name: _latest(text) for name, text in _files(folder / "metrics")}
        status = about.get("status")
        # A copied store names folders of the place where it came from; its own are beside the record.
        beside = folder / "artifacts"
        return Run(
            run_id=key,
            experiment_id=experiment,
            experiment=self._names[experiment],
            name=str(about.get("run_name") or tags.get("mlflow.runName", "")),
            status=STATUS.get(status, "") if isinstance(status, int) else str(status or ""),
            user=str(about.get("user_id") or ""),
            start=when(about.get("start_time")),
            artifacts=beside.as_uri() if beside.is_dir() else str(about.get("artifact_uri") or ""),
            params=dict(_files(folder / "params")),
            tags=tags,
            metrics={metric: value for metric, value in metrics.items() if value is not None},
            datasets=tuple(self._datasets(experiment, folder)),
            models=tuple(self._models(experiment, folder)),
        )

    def _datasets(self, experiment: str, folder: Path) -> Iterator[Dataset]:
        for link in _folders(folder / "inputs"):
            about = _meta(link)
            source = str(about.get("source_id", ""))
            if about.get("source_type") == "DATASET" and Path(source).name == source:
                found = _meta(self._folders[experiment] / "datasets" / source)
                context = about.get("tags", {}).get("mlflow.data.context", "") if about.get("tags") else ""
                if found:
                    yield Dataset(
                        str(found.get("name", "")), str(found.get("digest", "")), str(found.get("source_type", "")),
                        str(found.get("source", "")), str(context),
                    )  # fmt: skip

    def _models(self, experiment: str, folder: Path) -> Iterator[str]:
        for link in _folders(folder / "outputs"):
            key = str(_meta(link).get("destination_id") or link.name)
            home = self._folders[experiment] / "models" / Path(key).name
            if (home / "artifacts").is_dir():
                yield (home / "artifacts").as_uri()
            elif place := _meta(home).get("artifact_location"):
                yield str(place)


def _folders(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    return []


def _meta(folder: Path) -> dict[str, Any]:
    """The mapping in a folder's meta.yaml; empty where there is none that can be read."""
    try:
        found = yaml.load((folder / "meta.yaml").read_bytes(), Loader=_LOADER)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Names (with folders, as MLflow writes names that hold a slash) and texts of the files below `folder`."""
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def _latest(text: str) -> float | None:
    """The value that MLflow calls the latest: of the highest step, then time, then value."""
    rows = []
    for line in text.splitlines():
        words = line.split(" ")
        with contextlib.suppress(ValueError, IndexError):
            rows.append((int(words[2]) if len(words) > 2 else 0, int(words[0]), float(words[1])))
    value = max(rows)[2] if rows else None
    return None if value is None or math.isnan(value) else value
