"""Writing the verdict of a replay to the run, where that changes nothing else in its store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traceability.errors import StudyError
from traceability.stores import snapshots, tracking


def check(record: str, uri: str) -> None:
    """Writing opens the store with this MLflow, which would migrate one of another version: refused beforehand."""
    if record == "notes":
        raise StudyError("--annotate: notes have no tags; leave it out")
    if uri.startswith(("http:", "https:")):
        return
    if not uri.startswith(("sqlite:", "postgresql", "mysql", "mssql")):
        raise StudyError(
            "--annotate: this MLflow writes no folder of files; leave --annotate out, or give the address of a server"
        )
    if uri.startswith("sqlite:"):
        path = snapshots.sqlite_path(uri)
        if not path.is_file():
            return  # reading says so
        there = snapshots.alembic_version(path)
    else:
        there = _schema(uri)
    if there != _client_schema():
        raise StudyError(
            f"--annotate: {tracking.redacted(uri)} has schema {there}, this MLflow would migrate it; "
            "leave --annotate out, or run `mlflow db upgrade` if the store is yours"
        )


def _client_schema() -> str:
    """The schema version that the installed MLflow writes."""
    from mlflow.store.db import utils

    return str(utils._get_latest_schema_revision())


def _schema(uri: str) -> str:
    """The schema version of a database server."""
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(uri)
        with engine.connect() as connection:
            return str(MigrationContext.configure(connection).get_current_revision())
    except (SQLAlchemyError, ImportError) as error:
        reason = tracking.redacted_text(str(error).splitlines()[0], uri)
        raise StudyError(
            f"{tracking.redacted(uri)}: no database answers ({reason}); start it or correct the address"
        ) from None


def annotate(run_id: str, uri: str, row: Mapping[str, Any]) -> None:
    """Write verdict, stage, reason, environment and ease of `row` to the run as tags."""
    client = tracking.client(uri)
    for name in ("verdict", "stage", "reason", "environment", "ease"):
        client.set_tag(run_id, f"{tracking.PREFIX}replay.{name}", str(row[name]))
