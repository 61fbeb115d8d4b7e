"""Runs of an MLflow database by plain SQL: its tables and columns are asked for, so any schema version will do."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from traceability.errors import StudyError
from traceability.stores import tracking
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Dataset, Run
from traceability.stores.scope import PAGE, Scope, when

_TABLES = (
    "alembic_version", "experiments", "runs", "params", "tags", "latest_metrics", "datasets", "inputs", "input_tags",
    "logged_models",
)  # fmt: skip
_NEEDED = ("experiments", "runs", "params", "tags")


class Database:
    """An MLflow database behind a connection that only reads."""

    def __init__(self, connection: sa.Connection, where: str, artifacts: Artifacts) -> None:
        self._connection, self.artifacts = connection, artifacts
        inspected = sa.inspect(connection)
        present = set(inspected.get_table_names())
        missing = [name for name in _NEEDED if name not in present]
        if missing:
            raise StudyError(f"{where}: no MLflow store (table '{missing[0]}' is missing)")
        self._tables = {
            name: sa.table(name, *(sa.column(column["name"]) for column in inspected.get_columns(name)))
            for name in _TABLES
            if name in present
        }
        version = self._rows("alembic_version")
        self.kind = f"{connection.dialect.name} database, schema {version[0][0] if version else 'unknown'}"
        self._experiments = {
            str(row["experiment_id"]): str(row["name"]) for row in self._maps("experiments")
        }  # deleted ones too: a run may be named that belongs to one

    def experiments(self) -> Mapping[str, str]:
        """Names of experiments by id."""
        return self._experiments

    def count(self, scope: Scope) -> int:
        """Number of runs."""
        runs = self._tables["runs"]
        return int(
            self._connection.scalar(sa.select(sa.func.count()).select_from(runs).where(*self._where(scope))) or 0
        )

    def runs(self, scope: Scope) -> Iterator[Run]:
        """The runs, by pages in the order of their ids: the time of a page does not grow with its number."""
        runs, last = self._tables["runs"], ""
        while True:
            query = sa.select(runs).where(*self._where(scope), runs.c.run_uuid > last).order_by(runs.c.run_uuid)
            page = self._connection.execute(query.limit(PAGE)).mappings().all()
            if not page:
                return
            yield from self._filled(page)
            last = str(page[-1]["run_uuid"])

    def _where(self, scope: Scope) -> list[Any]:
        runs = self._tables["runs"]
        if scope.runs:
            return [runs.c.run_uuid.in_(scope.runs)]
        found = [runs.c.lifecycle_stage == "active"]
        if scope.experiments:
            found.append(runs.c.experiment_id.in_([int(key) for key in scope.experiments]))
        return found

    def _filled(self, page: Sequence[Mapping[Any, Any]]) -> Iterator[Run]:
        """Runs of a page with everything that other tables say about them."""
        ids = [str(row["run_uuid"]) for row in page]
        params, tags = self._pairs("params", ids), self._pairs("tags", ids)
        metrics = {
            run: {name: float(value) for name, value in pairs.items() if value is not None}
            for run, pairs in self._pairs("latest_metrics", ids).items()
        }
        datasets, models = self._datasets(ids), self._models(ids)
        for row in page:
            key = str(row["run_uuid"])
            status = row.get("status")
            yield Run(
                run_id=key,
                experiment_id=str(row["experiment_id"]),
                experiment=self._experiments.get(str(row["experiment_id"]), ""),
                name=str(row.get("name") or tags.get(key, {}).get("mlflow.runName", "")),
                status=str(status or ""),
                user=str(row.get("user_id") or ""),
                start=when(row.get("start_time")),
                artifacts=str(row.get("artifact_uri") or ""),
                params=params.get(key, {}),
                tags=_with_source(tags.get(key, {}), row),
                metrics=metrics.get(key, {}),
                datasets=tuple(datasets.get(key, ())),
                models=tuple(models.get(key, ())),
            )

    def _pairs(self, name: str, ids: list[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = defaultdict(dict)
        table = self._tables.get(name)
        if table is not None:
            value: Any = table.c.value
            if "is_nan" in table.c:
                value = sa.case((table.c.is_nan, None), else_=table.c.value).label("value")
            query = sa.select(table.c.run_uuid, table.c.key, value).where(table.c.run_uuid.in_(ids))
            for run, key, content in self._connection.execute(query):
                found[str(run)][str(key)] = content if name == "latest_metrics" else str(content or "")
        return found

    def _datasets(self, ids: list[str]) -> dict[str, list[Dataset]]:
        found: dict[str, list[Dataset]] = defaultdict(list)
        if not {"inputs", "datasets"} <= self._tables.keys():
            return found
        inputs, datasets = self._tables["inputs"], self._tables["datasets"]
        query = (
            sa.select(inputs.c.destination_id, inputs.c.input_uuid, datasets)
            .join(datasets, datasets.c.dataset_uuid == inputs.c.source_id)
            .where(
                inputs.c.destination_type == "RUN", inputs.c.destination_id.in_(ids), inputs.c.source_type == "DATASET"
            )
        )
        rows = self._connection.execute(query).mappings().all()
        contexts: dict[str, str] = {}
        if "input_tags" in self._tables:
            marks = self._tables["input_tags"]
            for begin in range(0, len(rows), PAGE):
                some = [row["input_uuid"] for row in rows[begin : begin + PAGE]]
                wanted = sa.select(marks.c.input_uuid, marks.c.value).where(
                    marks.c.name == "mlflow.data.context", marks.c.input_uuid.in_(some)
                )
                contexts |= {str(key): str(value) for key, value in self._connection.execute(wanted)}
        for row in rows:
            found[str(row["destination_id"])].append(
                Dataset(
                    str(row["name"]), str(row["digest"] or ""), str(row["dataset_source_type"] or ""),
                    str(row["dataset_source"] or ""), contexts.get(str(row["input_uuid"]), ""),
                )
            )  # fmt: skip
        return found

    def _models(self, ids: list[str]) -> dict[str, list[str]]:
        """Folders of models that MLflow 3 links to runs."""
        found: dict[str, list[str]] = defaultdict(list)
        if not {"inputs", "logged_models"} <= self._tables.keys():
            return found
        inputs, models = self._tables["inputs"], self._tables["logged_models"]
        query = (
            sa.select(inputs.c.source_id, models.c.artifact_location)
            .join(models, models.c.model_id == inputs.c.destination_id)
            .where(inputs.c.source_type == "RUN_OUTPUT", inputs.c.source_id.in_(ids))
        )
        for run, place in self._connection.execute(query):
            found[str(run)].append(str(place))
        return found

    def _rows(self, name: str) -> Sequence[Any]:
        table = self._tables.get(name)
        return self._connection.execute(sa.select(table)).all() if table is not None else []

    def _maps(self, name: str) -> Sequence[Mapping[Any, Any]]:
        return self._connection.execute(sa.select(self._tables[name])).mappings().all()


def _with_source(tags: dict[str, str], row: Mapping[Any, Any]) -> dict[str, str]:
    """Before tags there were columns for the source; old runs have only those."""
    old = {"mlflow.source.name": "source_name", "mlflow.source.git.commit": "source_version",
           "mlflow.project.entryPoint": "entry_point_name"}  # fmt: skip
    return {tag: str(row[column]) for tag, column in old.items() if row.get(column)} | tags


@contextlib.contextmanager
def copied(copy: Path, original: Path) -> Iterator[Database]:
    """The database `copy`, a copy of `original` that is nobody else's."""
    engine = sa.create_engine(f"sqlite:///{copy}", poolclass=NullPool)
    with _reading(engine, str(original), Artifacts(original.resolve().parent)) as store:
        yield store


@contextlib.contextmanager
def postgresql(uri: str, shown: str) -> Iterator[Database]:
    """A PostgreSQL store in one read-only transaction: one moment is seen, and the server itself refuses to write."""
    if uri.startswith("postgres:"):
        uri = uri.replace("postgres:", "postgresql:", 1)
    try:
        engine = sa.create_engine(
            uri, poolclass=NullPool, isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )  # fmt: skip
    except (SQLAlchemyError, ImportError) as error:
        raise StudyError(f"{shown}: no usable address ({tracking.redacted_text(str(error), uri)})") from None
    with _reading(engine, shown, Artifacts()) as store:
        yield store


@contextlib.contextmanager
def _reading(engine: sa.Engine, where: str, artifacts: Artifacts) -> Iterator[Database]:
    try:
        with engine.connect() as connection:
            yield Database(connection, where, artifacts)
    except SQLAlchemyError as error:
        reason = tracking.redacted_text(str(error).strip().splitlines()[0], str(engine.url.render_as_string(False)))
        raise StudyError(f"{where}: cannot be read as an MLflow database ({reason[:200]})") from None
    finally:
        engine.dispose()
