"""Opening a store without MLflow: which table, file or object holds a word.

Every table of every database, every file and every object is searched, whatever it is called. Only permissions have no
word of their own: their rows are known by the names of columns (`names_experiment`).
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from traceability.storage.experiment import (
    DATASET,
    EXPERIMENT,
    EXPERIMENT_TAGS,
    MODEL,
    MODEL_TAGS,
    NOTE,
    PARAMS,
    RUN_NAME,
    TAGS,
    Logged,
)
from traceability.storage.stores import Store

ACCOUNT = "probe-account"


@dataclass(frozen=True)
class Holding:
    """One place that holds an entity: `count` rows of a table, files or objects, and their bytes."""

    entity: str
    kind: str
    place: str
    count: int
    bytes: int


def words() -> dict[str, tuple[bytes, ...]]:
    """What to look for, entity by entity; files are looked for by their name in the model."""
    return {
        "experiment": tuple(map(str.encode, (EXPERIMENT, *EXPERIMENT_TAGS))),
        "run": (RUN_NAME.encode(),),
        "param": tuple(map(str.encode, PARAMS)),
        "metric history": (b"probe_metric",),
        "tag": tuple(map(str.encode, TAGS)),
        "dataset input": (DATASET.encode(),),
        "logged model": tuple(map(str.encode, (MODEL, *MODEL_TAGS))),
        "artifact": (NOTE.strip(),),
        "user": (ACCOUNT.encode(),),
    }


def rows_of_databases(store: Store) -> Iterator[tuple[str, str, list[str], list[tuple[Any, ...]]]]:
    """Every table as (database, table, columns, rows), read by SQL."""
    for path in store.databases:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in sorted(names):
                cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the name comes from the database
                yield path.name, table, [column[0] for column in cursor.description], cursor.fetchall()
    if store.postgresql is not None:
        with contextlib.closing(store.postgresql.connect(store.database)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            for (table,) in cursor.fetchall():
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the name comes from the database
                yield "PostgreSQL", table, [column[0] for column in cursor.description], cursor.fetchall()


def names_experiment(named: dict[str, Any], experiment_id: str) -> bool:
    """Whether a row is about an experiment: so says a column named after experiments, or after resources of a type.

    The id is a small number; the same number in any other column is a user's, a role's or the row's own.
    """
    by_type = "experiment" in named.values()
    return any(
        str(value) == experiment_id and ("experiment" in column or (by_type and "resource" in column))
        for column, value in named.items()
    )


def cells(row: Sequence[Any]) -> list[bytes]:
    """The values of a row as bytes."""
    return [value if isinstance(value, bytes) else str(value).encode() for value in row if value is not None]


def files(store: Store) -> Iterator[tuple[str, str, bytes]]:
    """Every file of artifacts (and of the file store) and every object as (kind, path, bytes)."""
    if store.artifacts.is_dir():
        for path in sorted(store.artifacts.rglob("*")):
            if path.is_file():
                yield "file", path.relative_to(store.folder).as_posix(), path.read_bytes()
    if store.objects is not None:
        for key, content in store.objects.contents():
            yield "object", key, content


def search(store: Store, logged: Logged) -> list[Holding]:
    """Every place of every entity. Long values are not counted as places of what they merely quote.

    A model's description (`MLmodel`) quotes its run; a table's cell that holds more than the word is such a quotation
    only when it is longer than the word by much, so cells count when the word is at least a quarter of them.
    """
    wanted = words()
    sizes_of: dict[tuple[str, str, str], list[int]] = {}

    def add(entity: str, kind: str, place: str, size: int) -> None:
        sizes_of.setdefault((entity, kind, place), []).append(size)

    for database, table, columns, rows in rows_of_databases(store):
        for row in rows:
            size = sum(map(len, cells(row)))
            named = dict(zip(columns, row, strict=True))
            for entity, looked_for in wanted.items():
                for column, value in named.items():
                    text = cells([value])
                    if text and any(word in text[0] and 4 * len(word) >= len(text[0]) for word in looked_for):
                        add(entity, "table", f"{database}: {table}.{column}", size)
                        break
            if "permission" in named and names_experiment(named, logged.experiment_id):
                add("permission", "table", f"{database}: {table}.permission", size)
    model_files = {name.rpartition("/")[2] for name in logged.model_files}
    for kind, path, content in files(store):
        place, size = pattern(path, logged), len(content)
        name = path.rpartition("/")[2]
        if name in model_files and "/artifacts/" in path:
            add("model file", kind, re.sub(r"[^/]+$", "*", place), size)
        elif NOTE.strip() in content:
            add("artifact", kind, place, size)
        else:
            for entity, looked_for in wanted.items():
                if entity != "artifact" and any(word in path.encode() or word in content for word in looked_for):
                    one_file_each = entity in ("param", "tag")
                    add(entity, kind, re.sub(r"[^/]+$", "*", place) if one_file_each else place, size)
    holdings = [Holding(*key, len(sizes), sum(sizes)) for key, sizes in sizes_of.items()]
    return sorted(holdings, key=lambda h: (list(wanted).index(h.entity) if h.entity in wanted else 99, h.kind, h.place))


def pattern(path: str, logged: Logged) -> str:
    """A path with the ids of this one experiment replaced by what they name."""
    for text, name in ((logged.run_id, "<run>"), (logged.model_id, "<model>")):
        path = path.replace(text, name)
    path = re.sub(rf"(^|/){re.escape(logged.experiment_id)}(?=/)", r"\1<experiment>", path)
    return re.sub(r"(?<=/)[0-9a-f]{32}(?=/)", "<dataset or link>", path)
