"""Reading runs from MLflow stores that are not ours to change.

Opening a store with MLflow migrates it for good (METHOD 1). A SQLite store is therefore copied with SQLite's backup
API from a source opened read-only, and only the copy is opened; a PostgreSQL or MySQL store whose schema is not the
client's is refused. Artifacts are read as bytes and text; nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from traceability import records
from traceability.errors import StudyError
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

#: Small text files of a logged model and its weights; no file that only Python's pickle can read.
_MADE_UP = re.compile(r"[a-z]+-[a-z]+-\d+")
_MODEL_FILES = ("requirements.txt", "python_env.yaml", "MLmodel", "data/model.keras", "model.skops")


def sqlite_path(uri: str) -> Path:
    """The file that a `sqlite:` URI names."""
    return Path(re.sub(r"^sqlite:/{3}", "", uri).partition("?")[0])


def alembic_version(path: Path) -> str:
    """The schema version of a SQLite store, read without opening it for writing."""
    with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as source:
        row = source.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


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
            with (
                contextlib.closing(sqlite3.connect(f"file:{quote(str(source_path))}?mode=ro", uri=True)) as source,
                contextlib.closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
        except sqlite3.Error as error:
            raise Stopped("store_unreadable", f"{source_path}: {error}") from None
        return f"sqlite:///{copy}"
    if uri.startswith(("postgresql", "mysql", "mssql")):
        refuse_other_schema(uri)
    elif not uri.startswith(("http:", "https:")) and not Path(unquote(urlsplit(uri).path)).is_dir():
        raise Stopped("store_unreadable", f"{records.redacted(uri)}: no such store")
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
        reason = records.redacted_text(str(error).splitlines()[0], uri)
        raise StudyError(f"{records.redacted(uri)}: no database answers ({reason})") from None
    wanted = client_schema()
    if here != wanted:
        raise StudyError(
            f"{records.redacted(uri)}: schema {here}, this MLflow has {wanted}; reading would migrate it. "
            "Give the address of its MLflow server instead, or run `mlflow db upgrade` if it is yours"
        )


def read_run(run_id: str, uri: str, scratch: Path, kind: str = "mlflow") -> Record:
    """The record of run `run_id`; tags of the study itself (`traceability.*`) count only for the kind `plugin`.

    Stops with `run_not_found` or `store_unreadable`.
    """
    from mlflow.exceptions import MlflowException

    try:
        client = records.client(readable(uri, scratch))
    except StudyError as error:
        if "no MLflow answers" in str(error):
            raise Stopped("store_unreadable", str(error)) from None
        raise
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise Stopped("run_not_found", str(error).splitlines()[0]) from None
    tags = dict(run.data.tags)
    own = {name.removeprefix(records.PREFIX): tags.pop(name) for name in list(tags) if name.startswith(records.PREFIX)}
    if kind != "plugin":
        own = {}
    return Record(
        run_id=run_id,
        kind=kind,
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        repository=own.get("repository") or tags.get("mlflow.source.git.repoURL", ""),
        commit=own.get("commit") or tags.get("mlflow.source.git.commit", ""),
        source=own.get("entry_point") or tags.get("mlflow.source.name", ""),
        entry_point=tags.get("mlflow.project.entryPoint", ""),
        dirty="true" in (own.get("dirty", "").lower(), tags.get("mlflow.source.git.dirty", "").lower()),
        datasets=_datasets(run),
        name="" if _MADE_UP.fullmatch(run.info.run_name or "") else run.info.run_name or "",
        experiment=client.get_experiment(run.info.experiment_id).name,
        model=_model(client, run, scratch),
        weights_sha256=own.get("weights_sha256", ""),
        date=datetime.fromtimestamp(run.info.start_time / 1000, UTC).date().isoformat(),
    )


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
