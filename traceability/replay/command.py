"""`traceability replay`: run a recorded run again, knowing only its record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from traceability.errors import StudyError
from traceability.replay.engine import HELP, Task
from traceability.replay.engine import replay as replay_run
from traceability.replay.reasons import REASONS
from traceability.runtime import processes, sandbox
from traceability.stores import snapshots, tracking

_ADDABLE = ("repository", "commit", "source")
_BUILT_IN = ("same", "recorded", "recorded_then")
_ROAD = ("stage_alone", "reason_alone", "added", "stage", "reason", "detail", "command", "param_unmapped",
         "param_defaulted", "environment_origin", "verdict")  # fmt: skip
_COMPARED = ("data", "metrics_common", "metrics_equal", "largest_difference", "weights_equal")
#: Reasons that are a mistake in the call, not a finding about a record.
_MISTAKES = ("run_not_found", "store_unreadable")
_REMEDY = {
    "notes": "give the path of a JSON file that holds at least `params` and `metrics`",
    "mlflow": "correct the run id or --tracking-uri; a server must be running, and its pages list its runs",
}


def replay(
    run_id: str = typer.Argument(help="Run to replay, or with --record notes the path of the notes (JSON)."),
    tracking_uri: str = typer.Option("", help="MLflow tracking URI of the store that holds the run."),
    environment: str = typer.Option(
        "same", help="same; recorded (rebuilt with uv from the record); recorded_then (only packages published by the "
        "day of the run); or a requirements file."),
    record: str = typer.Option("mlflow", help="mlflow, notes, or plugin (then tags traceability.* count too)."),
    add: list[str] | None = typer.Option(None, help="Field that you add where the record lacks it: repository=..., "  # noqa: B008
                                         "commit=..., source=train.py or option:NAME=VALUE. Counted in the result."),
    margin: list[str] | None = typer.Option(None, help="METRIC=NUMBER: differences up to it are within_margin."),  # noqa: B008
    timeout: float = typer.Option(3600, min=5, help="Seconds after which the run is ended."),
    annotate: bool = typer.Option(False, "--annotate", help="Write the result to the run as tags."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before code is run."),
    as_json: bool = typer.Option(False, "--json", help="Print the whole result as JSON."),
) -> None:  # fmt: skip
    """Run a recorded run again, knowing only its record, and compare.

    Code of the recorded commit, and of no other, runs in a throw-away home without network where the system allows
    that. What will run is said beforehand. The store is not changed, unless --annotate asks for it.
    """
    if record not in ("mlflow", "notes", "plugin"):
        raise StudyError(f"--record {record}: expected mlflow, notes or plugin")
    if record != "notes" and not tracking_uri:
        raise StudyError("--tracking-uri is missing; give the address of the store that holds the run")
    if environment not in _BUILT_IN and not Path(environment).is_file():
        raise StudyError(f"--environment {environment}: no such requirements file, nor one of {', '.join(_BUILT_IN)}")
    if annotate:
        _check_annotatable(record, tracking_uri)
    task = Task(
        run_id, tracking_uri, record, environment, _pairs(add or [], "--add"),
        {name: _number(value, name) for name, value in _pairs(margin or [], "--margin").items()}, timeout,
    )  # fmt: skip
    with processes.scratch("replay") as scratch:
        row = replay_run(task, scratch, _cache(), lambda what: _confirm(what, yes))
    if annotate:
        _annotate(run_id, tracking_uri, row)
    if as_json:
        typer.echo(json.dumps(row, indent=2, sort_keys=True))
    if row["reason"] in _MISTAKES:
        raise StudyError(f"{row['detail']}; {_REMEDY.get(record, _REMEDY['mlflow'])}")
    if not as_json:
        _tell(row)


def _tell(row: dict[str, Any]) -> None:
    """Print what became of a replay, to be read."""
    for name in (*_ROAD, *(_COMPARED if row["verdict"] != "not_executable" else ())):
        if row[name] in ("", None):
            continue
        meaning = f" ({REASONS[row[name]][1]})" if name.startswith("reason") else ""
        typer.echo(f"{name.replace('_', ' ')}: {row[name]}{meaning}")
    field = HELP.get(row["reason"], "")
    if field:
        example = f"{field}NAME=VALUE" if field.endswith(":") else f"{field}=..."
        typer.echo(f"hint: --add {example} would lead past '{row['reason']}', if you know it")


def _confirm(what: str, yes: bool) -> None:
    network = "without network" if sandbox.network_switch() else "with network, because this system cannot take it away"
    typer.echo(f"will run, {network}: {what}", err=True)
    if not yes and not typer.confirm("Run it?", err=True):
        raise StudyError("nothing was run: not confirmed")


def _cache() -> Path:
    return Path.home() / ".cache" / "traceability" / "environments"


def _pairs(words: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, given, value = word.partition("=")
        if not given:
            raise StudyError(f"{option} {word}: expected NAME=VALUE")
        if option == "--add" and not name.startswith("option:") and name not in _ADDABLE:
            raise StudyError(f"--add {word}: expected one of {', '.join(_ADDABLE)} or option:NAME")
        pairs[name] = value
    return pairs


def _number(value: str, name: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise StudyError(f"--margin {name}={value}: expected a number") from None


def _check_annotatable(record: str, uri: str) -> None:
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


def _annotate(run_id: str, uri: str, row: dict[str, Any]) -> None:
    if row["reason"] in _MISTAKES:
        return
    client = tracking.client(uri)
    for name in ("verdict", "stage", "reason", "environment", "ease"):
        client.set_tag(run_id, f"{tracking.PREFIX}replay.{name}", str(row[name]))
