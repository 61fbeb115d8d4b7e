"""Reading runs from MLflow stores that are not ours to change.

Opening a store with MLflow migrates it for good (METHOD 1). A SQLite store is therefore copied with SQLite's backup
API from a source opened read-only, and only the copy is opened; a PostgreSQL or MySQL store whose schema is not the
client's is refused. Artifacts are read as bytes and text; nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from traceability.errors import StudyError
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.stores import record_fields, snapshots, tracking
from traceability.stores.snapshots import sqlite_path

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

#: Small text files of a logged model and its weights; no file that only Python's pickle can read.
_MODEL_FILES = ("requirements.txt", "python_env.yaml", "MLmodel", "data/model.keras", "model.skops")


def readable(uri: str, scratch: Path) -> str:
    """A URI from which `uri`'s runs can be read without changing it; SQLite is copied into `scratch`.

    Stops with `store_unreadable` when there is no store. Raises `StudyError` for a server database of another schema.
    """
    if uri.startswith("sqlite:"):
        source_path = sqlite_path(uri)
        if not source_path.is_file():
            raise Stopped("store_unreadable", f"{source_path}: no such database")
        copy = scratch / "copy.db"
        scratch.mkdir(parents=True, exist_ok=True)
        try:
            snapshots.copy(source_path, copy)
        except (sqlite3.Error, OSError) as error:
            raise Stopped("store_unreadable", f"{source_path}: {error}") from None
        return f"sqlite:///{copy}"
    if uri.startswith(("postgresql", "mysql", "mssql")):
        refuse_other_schema(uri)
    elif not uri.startswith(("http:", "https:")) and not Path(unquote(urlsplit(uri).path)).is_dir():
        raise Stopped("store_unreadable", f"{tracking.redacted(uri)}: no such store")
    return uri


def client_schema() -> str:
    """The schema version that the installed MLflow writes."""
    from mlflow.store.db import utils

    return str(utils._get_latest_schema_revision())


def refuse_other_schema(uri: str) -> None:
    """Raise `StudyError` unless the database's schema is the one of the installed MLflow."""
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(uri)
        with engine.connect() as connection:
            here = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        reason = tracking.redacted_text(str(error).splitlines()[0], uri)
        raise StudyError(
            f"{tracking.redacted(uri)}: no database answers ({reason}); start it or correct the address"
        ) from None
    wanted = client_schema()
    if here != wanted:
        raise StudyError(
            f"{tracking.redacted(uri)}: schema {here}, this MLflow has {wanted}; reading would migrate it. "
            "Give the address of its MLflow server instead, or run `mlflow db upgrade` if it is yours"
        )


def read_run(run_id: str, uri: str, scratch: Path, kind: str = "mlflow") -> Record:
    """The record of run `run_id`; tags of the study itself (`traceability.*`) count only for the kind `plugin`.

    Stops with `run_not_found` or `store_unreadable`.
    """
    from mlflow.exceptions import MlflowException

    try:
        client = tracking.client(readable(uri, scratch))
    except StudyError as error:
        if "no MLflow answers" in str(error):
            # The address is the caller's own, not the study's setting.
            said = str(error).removeprefix("tracking.uri: ").removesuffix("; start the server or correct the address")
            raise Stopped("store_unreadable", said) from None
        raise
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise Stopped("run_not_found", f"{tracking.redacted(uri)}: {str(error).splitlines()[0]}") from None
    tags = dict(run.data.tags)
    ours = record_fields.own(tags) if kind == "plugin" else {}
    code = record_fields.code(tags, ours)
    place, digest = _data_in_tags(tags, ours)
    return Record(
        run_id=run_id,
        kind=kind,
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        repository=code.repository,
        commit=code.commit,
        source=code.source,
        entry_point=code.entry_point,
        dirty=code.dirty is True,
        datasets=_datasets(run),
        data=place,
        data_sha256=digest,
        name=record_fields.given_name(run.info.run_name),
        experiment=client.get_experiment(run.info.experiment_id).name,
        model=_model(client, run, scratch),
        weights_sha256=ours.get("weights_sha256", ""),
        date=datetime.fromtimestamp(run.info.start_time / 1000, UTC).date().isoformat(),
    )


def _data_in_tags(tags: Mapping[str, str], ours: Mapping[str, str]) -> tuple[str, str]:
    """Place and SHA-256 of the data by the plugin's tags `ours`, else by tags of the user; empty where none says it."""
    if ours.get("data_sha256"):
        return ours.get("data", ""), ours["data_sha256"]
    own = {name: value for name, value in tags.items() if not name.startswith(("mlflow.", record_fields.PREFIX))}
    return record_fields.first(own, record_fields.DATA_PLACES) or "", record_fields.first(
        own, record_fields.DATA_DIGESTS
    ) or ""


def _datasets(run: Run) -> tuple[tuple[str, str], ...]:
    found = set()
    for item in run.inputs.dataset_inputs if run.inputs else []:
        context = next((tag.value for tag in item.tags if tag.key == "mlflow.data.context"), "")
        found.add((context or item.dataset.name, item.dataset.digest))
    return tuple(sorted(found))


def _model(client: MlflowClient, run: Run, scratch: Path) -> Path | None:
    """The files of the run's model that are safe to read, copied below `scratch` (None: no model was logged)."""
    from mlflow.exceptions import MlflowException

    places: list[str] = []
    for output in run.outputs.model_outputs if run.outputs else []:
        with contextlib.suppress(MlflowException):
            places.append(client.get_logged_model(output.model_id).artifact_location)
    # Before MLflow 3 a model was a folder among the run's artifacts.
    places.append(f"{run.info.artifact_uri}/model")
    for place in places:
        folder = _safe_files(place, scratch / "model")
        if folder is not None:
            return folder
    return None


def _safe_files(place: str, target: Path) -> Path | None:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    local: Any = Path(unquote(urlsplit(place).path)) if urlsplit(place).scheme in ("", "file") else None
    if local is not None and not (local / "MLmodel").is_file():
        return None
    for name in _MODEL_FILES:
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        if local is not None:
            if (local / name).is_file():
                destination.write_bytes((local / name).read_bytes())
            continue
        with contextlib.suppress(MlflowException, OSError):
            download_artifacts(artifact_uri=f"{place}/{name}", dst_path=str(destination.parent))
    return target if (target / "MLmodel").is_file() else None
