"""The record of a run out of any store that `traceability.stores` reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from traceability.errors import StudyError
from traceability.replay import model_files
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.stores import readers, record_fields, tracking
from traceability.stores.artifacts import Artifacts
from traceability.stores.errors import UnknownRun
from traceability.stores.record_fields import Run
from traceability.stores.scope import Scope, Store


def read(run_id: str, uri: str, scratch: Path, kind: str = "mlflow") -> Record:
    """The record of run `run_id` in the store at `uri`; its model's small files are copied below `scratch`.

    Tags of the study or its plugin (`traceability.*`) count only for the kind `plugin`. Stops with `run_not_found` or
    `store_unreadable`.
    """
    try:
        with readers.opened(uri) as store:
            run = find(store, run_id, tracking.redacted(uri))
            record = from_run(run, store.artifacts, scratch / "model", kind)
            return _in_family(record, run, store) if record.parent else record
    except StudyError as error:
        raise Stopped("store_unreadable", str(error)) from None


def _in_family(record: Record, run: Run, store: Store) -> Record:
    """The record of a nested run with what tells it from its siblings."""
    parent = next(iter(store.runs(Scope(runs=(record.parent,)))), None)
    named, inherited = (record_fields.given_name(parent.name), dict(parent.params)) if parent else ("", {})
    siblings = [
        (other.start_ms or 0, other.run_id)
        for other in store.runs(Scope(experiments=(run.experiment_id,)))
        if other.parent == record.parent
    ]
    ids = [run_id for _, run_id in sorted(siblings)]
    position = ids.index(run.run_id) if run.run_id in ids else None
    return dataclasses.replace(record, parent_name=named, inherited=inherited, position=position, siblings=len(ids))


def find(store: Store, run_id: str, shown: str) -> Run:
    """The run of that id, or the only one whose id begins so. Stops with `run_not_found`."""
    try:
        return readers.named(store, Scope(runs=(run_id,)))[0]
    except UnknownRun as error:
        raise Stopped("run_not_found", f"{shown}: {error}") from None


def from_run(run: Run, artifacts: Artifacts, target: Path, kind: str, within: Path | None = None) -> Record:
    """Replay's view of a run; the small files of its model go to `target` (see `model_files.collect`)."""
    tags = run.tags
    ours = record_fields.own(tags) if kind == "plugin" else {}
    code = record_fields.code(tags, ours)
    place, digest = _data_in_tags(tags, ours)
    # Before MLflow 3 a model was a folder among the run's artifacts, mostly one called `model`.
    named = dict.fromkeys(["model", *(str(item["artifact_path"]) for item in record_fields.models_listed(tags))])
    places = [*filter(None, run.models), *(f"{run.artifacts}/{name}" for name in named if run.artifacts)]
    return Record(
        run_id=run.run_id,
        kind=kind,
        params=dict(run.params),
        metrics=dict(run.metrics),
        repository=code.repository,
        commit=code.commit,
        source=code.source,
        entry_point=code.entry_point,
        project=_project(tags),
        directory=ours.get("directory", ""),
        argv=ours.get("argv", ""),
        dirty=code.dirty is True,
        datasets=tuple(sorted({(item.context or item.name, item.digest) for item in run.datasets})),
        data=place,
        data_sha256=digest,
        name=record_fields.given_name(run.name),
        parent=run.parent,
        experiment=run.experiment,
        model=model_files.collect(artifacts, places, target, within),
        weights_sha256=ours.get("weights_sha256", ""),
        date=run.start[:10],
    )


def _project(tags: Mapping[str, str]) -> str:
    """The address of the project that ran; empty where the record names none."""
    ran = "mlflow.project.entryPoint" in tags or tags.get("mlflow.source.type") == "PROJECT"
    return tags.get("mlflow.source.name", "") if ran else ""


def _data_in_tags(tags: Mapping[str, str], ours: Mapping[str, str]) -> tuple[str, str]:
    """Place and SHA-256 of the data by the plugin's tags `ours`, else by tags of the user; empty where none says it."""
    if ours.get("data_sha256"):
        return ours.get("data", ""), ours["data_sha256"]
    own = {name: value for name, value in tags.items() if not name.startswith(("mlflow.", record_fields.PREFIX))}
    return record_fields.first(own, record_fields.DATA_PLACES) or "", record_fields.first(
        own, record_fields.DATA_DIGESTS
    ) or ""
