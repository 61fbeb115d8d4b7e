"""Runs of an MLflow database by plain SQL: its tables and columns are asked for, so any schema version will do."""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.stores import connections
from traceability.stores.artifacts import Artifacts
from traceability.stores.connections import Connection, Sqlite, UndecodedText
from traceability.stores.errors import NotAStore
from traceability.stores.notes import Notes
from traceability.stores.record_fields import Dataset, Run
from traceability.stores.scope import PAGE, Scope, milliseconds, when

_NEEDED = {
    "experiments": {"experiment_id", "name"}, "runs": {"run_uuid", "experiment_id"},
    "params": {"run_uuid", "key", "value"}, "tags": {"run_uuid", "key", "value"},
}  # fmt: skip
#: Columns of a run that are read where the schema has them.
_RUN = (
    "run_uuid", "experiment_id", "name", "status", "user_id", "start_time", "end_time", "artifact_uri",
    "lifecycle_stage", "source_type", "source_name", "source_version", "entry_point_name",
)  # fmt: skip
#: What MLflow writes to a database in the place of an infinity.
LARGEST_FLOAT = 1.7976931348623157e308


class Database:
    """An MLflow database behind a connection that only reads. Raises `NotAStore` for another database."""

    def __init__(self, connection: Connection, where: str, artifacts: Artifacts) -> None:
        self._connection, self._where, self.artifacts = connection, where, artifacts
        self._columns = connection.columns()
        for table, columns in _NEEDED.items():
            if table not in self._columns:
                raise NotAStore(f"{where}: no MLflow store (table '{table}' is missing)")
            if lacking := sorted(columns - self._columns[table]):
                raise NotAStore(f"{where}: no MLflow store (table '{table}' has no column '{lacking[0]}')")
        version = (
            self._connection.all("SELECT version_num FROM alembic_version")
            if "alembic_version" in self._columns
            else []
        )
        self.kind = f"{connection.dialect} database, schema {version[0][0] if version else 'unknown'}"
        stage = "lifecycle_stage" if "lifecycle_stage" in self._columns["experiments"] else "'active'"
        found = self._connection.all(f"SELECT experiment_id, name, {stage} FROM experiments")  # noqa: S608 - fixed names
        self._experiments = {str(key): str(name) for key, name, _ in found}
        self._keys = {str(key): key for key, _, _ in found}
        self._deleted = frozenset(str(key) for key, _, is_now in found if is_now == "deleted")
        self._opening, self._reading = Notes(), Notes()
        self._opening.add("experiment_deleted", number=len(self._deleted))
        if isinstance(connection, Sqlite) and self._count("SELECT count(*) FROM runs") > PAGE:
            for table in ("params", "tags"):
                connection.index(table, "run_uuid")

    @property
    def notes(self) -> Notes:
        """What was left out."""
        return self._opening + self._reading

    def experiments(self) -> Mapping[str, str]:
        """Names of experiments by id, deleted ones included."""
        return self._experiments

    def count(self, scope: Scope) -> int:
        """Number of runs."""
        where, values = self._where_of(scope)
        return self._count(f"SELECT count(*) FROM runs WHERE {where}", values)  # noqa: S608 - made from fixed parts

    def beginning_with(self, prefix: str) -> list[str]:
        """Ids of runs, deleted ones included, that begin with `prefix`."""
        found = self._connection.all(
            "SELECT run_uuid FROM runs WHERE substr(run_uuid, 1, :length) = :prefix ORDER BY run_uuid LIMIT 10",
            {"length": len(prefix), "prefix": prefix},
        )
        return [str(key) for (key,) in found]

    def runs(self, scope: Scope) -> Iterator[Run]:
        """The runs, by pages in the order of their ids: the time of a page does not grow with its number."""
        self._reading.clear()
        if not scope.runs:
            self._count_what_is_left_out(scope)
        columns = [name for name in _RUN if name in self._columns["runs"]]
        where, values = self._where_of(scope)
        text = (
            f"SELECT {', '.join(f'runs.{name}' for name in columns)} FROM runs "  # noqa: S608 - made from fixed parts
            f"WHERE ({where}) AND runs.run_uuid > :last ORDER BY runs.run_uuid LIMIT {PAGE}"
        )
        last, dense = "", self._reading["run_deleted"] < self.count(scope)
        if scope.metrics and (table := self._metrics_table()) and isinstance(self._connection, Sqlite):
            self._connection.index(table, "run_uuid")
        while page := [
            dict(zip(columns, row, strict=True)) for row in self._connection.all(text, values | {"last": last})
        ]:
            # Without many others between them, the ids of a page are all ids from its first to its last.
            together = not scope.experiments and not scope.runs and dense
            yield from self._filled(page, together, scope.metrics)
            last = str(page[-1]["run_uuid"])

    def _where_of(self, scope: Scope) -> tuple[str, dict[str, Any]]:
        """A condition on `runs`, and its values. Runs of deleted experiments count only where those are named."""
        if scope.runs:
            names, values = _list_of("run", scope.runs)
            return f"runs.run_uuid IN ({names})", values
        active = "coalesce(runs.lifecycle_stage, 'active') <> 'deleted'"
        if "lifecycle_stage" not in self._columns["runs"]:
            active = "1 = 1"
        if scope.experiments:
            gone = [self._keys[key] for key in scope.experiments if key in self._deleted]
            kept = [self._keys[key] for key in scope.experiments if key not in self._deleted]
            (ours, values), (theirs, more) = _list_of("experiment", kept), _list_of("gone", gone)
            parts = [f"({active} AND runs.experiment_id IN ({ours}))"] if kept else []
            parts += [f"runs.experiment_id IN ({theirs})"] if gone else []
            return " OR ".join(parts), values | more
        if not self._deleted:
            return active, {}
        names, values = _list_of("gone", [self._keys[key] for key in sorted(self._deleted)])
        return f"{active} AND runs.experiment_id NOT IN ({names})", values

    def _count_what_is_left_out(self, scope: Scope) -> None:
        within = "1 = 1"
        values: dict[str, Any] = {}
        if scope.experiments:
            names, values = _list_of("within", [self._keys[key] for key in scope.experiments])
            within = f"experiment_id IN ({names})"
        everything = self._count(f"SELECT count(*) FROM runs WHERE {within}", values)  # noqa: S608
        self._reading.add("run_deleted", number=everything - self.count(scope))
        if "trace_info" in self._columns and "experiment_id" in self._columns["trace_info"]:
            number = self._count(f"SELECT count(*) FROM trace_info WHERE {within}", values)  # noqa: S608
            self._reading.add("trace", number=number)

    def _filled(self, page: Sequence[Mapping[str, Any]], together: bool, with_metrics: bool) -> Iterator[Run]:
        """Runs of a page with everything that other tables say about them."""
        ids = [str(row["run_uuid"]) for row in page]
        chosen = _Chosen.between(ids[0], ids[-1]) if together else _Chosen.among(ids)
        params, tags = self._pairs("params", chosen), self._pairs("tags", chosen)
        metrics, steps = self._metrics(chosen) if with_metrics else ({}, {})
        datasets, models = self._datasets(chosen), self._models(chosen)
        for row in page:
            key, experiment = str(row["run_uuid"]), str(row["experiment_id"])
            own, recorded = tags.get(key, {}), str(row.get("artifact_uri") or "")
            resolved = self.artifacts.resolved(recorded)
            if self.artifacts.moved(recorded, resolved):
                self._reading.add("moved_artifacts", recorded)
            deleted = row.get("lifecycle_stage") == "deleted" or experiment in self._deleted
            self._reading.add("deleted_read", key, int(deleted))
            yield Run(
                run_id=key,
                experiment_id=experiment,
                experiment=self._experiments.get(experiment, ""),
                name=str(row.get("name") or own.get("mlflow.runName", "")),
                status=str(row.get("status") or ""),
                user=str(row.get("user_id") or own.get("mlflow.user", "")),
                start=when(row.get("start_time")),
                end=when(row.get("end_time")),
                start_ms=milliseconds(row.get("start_time")),
                lifecycle="deleted" if deleted else "active",
                artifacts=resolved,
                artifacts_recorded=recorded,
                params=params.get(key, {}),
                tags=_with_source(own, row),
                metrics=metrics.get(key, {}),
                steps=steps.get(key, {}),
                datasets=tuple(datasets.get(key, ())),
                models=tuple(self.artifacts.resolved(place) for place in models.get(key, ())),
            )

    def _pairs(self, table: str, chosen: _Chosen) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = defaultdict(dict)
        text = f"SELECT t.run_uuid, t.key, t.value FROM {table} t WHERE t.run_uuid {chosen.condition}"  # noqa: S608
        for run, key, value in self._connection.all(text, chosen.values):
            found[run][key] = value if type(value) is str else _text(value)
        return found

    def _metrics_table(self) -> str:
        """The table of the latest values; databases of MLflow before 1.2 hold only the histories."""
        return next((name for name in ("latest_metrics", "metrics") if name in self._columns), "")

    def _metrics(self, chosen: _Chosen) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, int]]]:
        """The latest values and their steps."""
        table = self._metrics_table()
        values: dict[str, dict[str, float]] = defaultdict(dict)
        steps: dict[str, dict[str, int]] = defaultdict(dict)
        if not table or not {"key", "value", "run_uuid"} <= self._columns[table]:
            return values, steps
        wanted = [f"t.{name}" if name in self._columns[table] else "0" for name in ("step", "timestamp", "is_nan")]
        columns = f"t.run_uuid, t.key, t.value, {', '.join(wanted)}"
        text = f"SELECT {columns} FROM {table} t WHERE t.run_uuid {chosen.condition}"  # noqa: S608
        if table == "latest_metrics":
            for run, key, value, step, _, is_nan in self._connection.all(text, chosen.values):
                values[run][key], steps[run][key] = as_number(value, is_nan), step or 0
            return values, steps
        best: dict[tuple[str, str], tuple[int, int]] = {}
        for run, key, value, step, stamp, is_nan in self._streamed(text, chosen.values):
            point = (step or 0, stamp or 0)
            if best.get((run, key), point) <= point:
                best[run, key], values[run][key], steps[run][key] = point, as_number(value, is_nan), point[0]
        return values, steps

    def _datasets(self, chosen: _Chosen) -> dict[str, list[Dataset]]:
        found: dict[str, list[Dataset]] = defaultdict(list)
        if not {"inputs", "datasets"} <= self._columns.keys():
            return found
        context, joined, values = "NULL", "", dict(chosen.values)
        if "input_tags" in self._columns:
            context = "marks.value"
            joined = "LEFT JOIN input_tags marks ON marks.input_uuid = i.input_uuid AND marks.name = :context "
            values["context"] = "mlflow.data.context"
        rows = self._connection.all(
            f"SELECT i.destination_id, d.name, d.digest, d.dataset_source_type, d.dataset_source, {context} "  # noqa: S608
            f"FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id {joined}"
            f"WHERE i.destination_type = 'RUN' AND i.source_type = 'DATASET' AND i.destination_id {chosen.condition} "
            "ORDER BY d.name, d.digest",
            values,
        )
        for run, *about in rows:
            found[str(run)].append(Dataset(*(_text(part) for part in about)))
        return found

    def _models(self, chosen: _Chosen) -> dict[str, list[str]]:
        """Addresses of models that MLflow 3 links to runs."""
        found: dict[str, list[str]] = defaultdict(list)
        if not {"inputs", "logged_models"} <= self._columns.keys():
            return found
        rows = self._connection.all(
            "SELECT i.source_id, m.artifact_location FROM inputs i "  # noqa: S608
            "JOIN logged_models m ON m.model_id = i.destination_id "
            f"WHERE i.source_type = 'RUN_OUTPUT' AND i.source_id {chosen.condition} ORDER BY m.model_id",
            chosen.values,
        )
        for run, place in rows:
            found[str(run)].append(_text(place))
        return found

    def _streamed(self, text: str, values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        """Rows of a query whose answer may be long; some may come twice."""
        try:
            yield from self._connection.rows(text, values)
        except UndecodedText:
            yield from self._connection.rows(text, values)

    def _count(self, text: str, values: Mapping[str, Any] | None = None) -> int:
        return int(self._connection.all(text, values)[0][0] or 0)


@dataclass(frozen=True)
class _Chosen:
    """A condition on a column that holds ids of runs, and its values."""

    condition: str
    values: Mapping[str, Any]

    @classmethod
    def between(cls, first: str, last: str) -> _Chosen:
        return cls("BETWEEN :first AND :last", {"first": first, "last": last})

    @classmethod
    def among(cls, ids: Sequence[str]) -> _Chosen:
        names, values = _list_of("run", ids)
        return cls(f"IN ({names})", values)


def _list_of(name: str, content: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Names of parameters for an SQL list, and their values."""
    values = {f"{name}{number}": value for number, value in enumerate(content)}
    return ", ".join(f":{key}" for key in values), values


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)


def as_number(value: Any, is_nan: Any) -> float:
    """A metric's value. A database holds 0 and a flag for NaN, and the largest number for an infinity.

    Its server hands out that number, too; a file store holds the words, so this makes them one.
    """
    if is_nan or value is None:
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return math.copysign(math.inf, number) if abs(number) >= LARGEST_FLOAT else number


def _with_source(tags: dict[str, str], row: Mapping[str, Any]) -> dict[str, str]:
    """Before tags there were columns for the source; old runs have only those."""
    old = {"mlflow.source.name": "source_name", "mlflow.source.git.commit": "source_version",
           "mlflow.project.entryPoint": "entry_point_name"}  # fmt: skip
    found = {tag: _text(row[column]) for tag, column in old.items() if row.get(column)}
    if found and row.get("source_type") not in (None, "", "UNKNOWN"):
        found["mlflow.source.type"] = _text(row["source_type"])
    return found | tags if found else tags


@contextlib.contextmanager
def copied(copy: Path, original: Path) -> Iterator[Database]:
    """The SQLite database `copy`, a copy of `original` that is nobody else's."""
    with connections.sqlite(copy, str(original)) as connection:
        yield Database(connection, str(original), Artifacts(original.resolve().parent))


@contextlib.contextmanager
def served(uri: str, shown: str) -> Iterator[Database]:
    """A database of a PostgreSQL or MySQL server."""
    with connections.server(uri, shown) as connection:
        yield Database(connection, shown, Artifacts())
