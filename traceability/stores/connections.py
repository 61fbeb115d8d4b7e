"""Two ways to ask a database: the standard library's SQLite, and SQLAlchemy for database servers.

Both take the same SQL with named parameters (`:name`), so that one reader serves all.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from traceability.errors import MissingExtra
from traceability.stores import tracking
from traceability.stores.errors import NoAnswer, NotAStore

#: Longest value in a row that is read, in bytes.
_LONGEST = 64 * 2**20
#: Seconds that a server has to accept a connection, and that a query may wait for a lock.
_PATIENCE = 10


class Connection(Protocol):
    """A database that is only read."""

    dialect: str

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Names of the columns of each table; views and computed tables are none."""

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, as they come."""

    def all(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""


class Sqlite:
    """A copy of a SQLite database that is nobody else's. Raises `NotAStore` where it cannot be read."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection, self._where = connection, where
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Names of the columns of each table."""
        found = {}
        for name, text in self.all("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
            # A virtual table or a computed column is a program that the file's author wrote.
            if re.match(r"\s*CREATE\s+TABLE\b", str(text), re.IGNORECASE):
                listed = self.all("SELECT name, hidden FROM pragma_table_xinfo(:name)", {"name": name})
                found[str(name)] = frozenset(str(column) for column, hidden in listed if not hidden)
        return found

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, as they come. Raises `UndecodedText` where a text is no UTF-8."""
        try:
            yield from self._connection.execute(sql, values or {})
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def all(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query; text that is no UTF-8 is read with replacement characters."""
        try:
            return self._connection.execute(sql, values or {}).fetchall()
        except sqlite3.Error as error:
            failed = self._failed(error)
        if isinstance(failed, UndecodedText):
            return self._connection.execute(sql, values or {}).fetchall()
        raise failed

    def _failed(self, error: sqlite3.Error) -> Exception:
        if "decode to UTF-8" in str(error):
            self._connection.text_factory = lambda content: content.decode("utf-8", "replace")
            return UndecodedText()
        return NotAStore(f"{self._where}: cannot be read as an MLflow database ({error})")

    def index(self, table: str, column: str) -> None:
        """Let `table` of this copy be found by `column` where the schema did not provide for that."""
        for (name,) in self.all("SELECT name FROM pragma_index_list(:table)", {"table": table}):
            first = self.all("SELECT name FROM pragma_index_info(:name) WHERE seqno = 0", {"name": name})
            if first and first[0][0] == column:
                return
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute(f'CREATE INDEX "traceability_{table}" ON "{table}" ("{column}")')


class UndecodedText(Exception):
    """Text that is no UTF-8 came up; the next query reads such text with replacement characters."""


@contextlib.contextmanager
def sqlite(path: Path, where: str) -> Iterator[Sqlite]:
    """The database `path`, which is removed at once where the system allows it, so that no copy outlives a kill."""
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise NotAStore(f"{where}: cannot be read as a SQLite database ({error})") from None
    with contextlib.closing(connection):
        try:
            connection.execute("PRAGMA journal_mode=OFF").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with contextlib.suppress(OSError):
                path.unlink()
            yield Sqlite(connection, where)
        except sqlite3.Error as error:
            raise NotAStore(f"{where}: cannot be read as an MLflow database ({error})") from None


class Alchemy:
    """A database server behind SQLAlchemy, in one transaction that only reads."""

    def __init__(self, connection: Any, where: str, uri: str) -> None:
        self._connection, self._where, self._uri = connection, where, uri
        self.dialect = str(connection.dialect.name)

    def columns(self) -> Mapping[str, frozenset[str]]:
        """Names of the columns of each table."""
        import sqlalchemy as sa

        inspected = sa.inspect(self._connection)
        return {
            name: frozenset(str(column["name"]) for column in inspected.get_columns(name))
            for name in inspected.get_table_names()
        }

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, as they come."""
        import sqlalchemy as sa
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield from (tuple(row) for row in self._connection.execute(sa.text(sql), dict(values or {})))
        except SQLAlchemyError as error:
            raise _failed(self._where, self._uri, error) from None

    def all(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return list(self.rows(sql, values))


#: Drivers by kind of database, in the order in which they are tried.
_DRIVERS = {"postgresql": ("psycopg2", "psycopg"), "mysql": ("MySQLdb", "pymysql")}
_DIALECTS = {"psycopg2": "psycopg2", "psycopg": "psycopg", "MySQLdb": "mysqldb", "pymysql": "pymysql"}


@contextlib.contextmanager
def server(uri: str, shown: str) -> Iterator[Alchemy]:
    """A PostgreSQL or MySQL database in one read-only transaction: one moment is seen, and the server refuses writes.

    Raises `MissingExtra` without SQLAlchemy or a driver, `NoAnswer` where no such database answers.
    """
    try:
        import sqlalchemy as sa
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.pool import NullPool
    except ImportError:
        raise MissingExtra("sqlalchemy", "audit") from None
    try:
        address = sa.make_url(re.sub(r"^(postgres|mariadb)(?=[:+])", _renamed, uri))
    except (SQLAlchemyError, ValueError) as error:
        raise NoAnswer(f"{shown}: no usable address ({_short(error, uri)})") from None
    kind = address.drivername.partition("+")[0]
    if "+" not in address.drivername:
        address = address.set(drivername=f"{kind}+{_DIALECTS[_driver(kind)]}")
    words = {"connect_timeout": _PATIENCE} if address.get_driver_name() != "mysqldb" else {}
    try:
        engine = sa.create_engine(
            address, poolclass=NullPool, isolation_level="REPEATABLE READ", connect_args=words,
            **({"execution_options": {"postgresql_readonly": True}} if kind == "postgresql" else {}),
        )  # fmt: skip
    except ImportError as error:
        raise MissingExtra(str(error.name or address.get_driver_name()), "audit") from None
    except SQLAlchemyError as error:
        raise NoAnswer(f"{shown}: no usable address ({_short(error, uri)})") from None
    try:
        with engine.connect() as connection:
            if kind == "postgresql":
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_PATIENCE}s'"))
            else:
                connection.execute(sa.text("SET SESSION TRANSACTION READ ONLY"))
                connection.commit()
                connection.execute(sa.text(f"SET SESSION lock_wait_timeout = {_PATIENCE}"))
            yield Alchemy(connection, shown, uri)
    except SQLAlchemyError as error:
        raise _failed(shown, uri, error) from None
    finally:
        engine.dispose()


def _driver(kind: str) -> str:
    from importlib.util import find_spec

    drivers = _DRIVERS[kind]
    found = next((name for name in drivers if find_spec(name) is not None), None)
    if found is None:
        raise MissingExtra(drivers[0] if kind == "postgresql" else drivers[-1], "audit")
    return found


def _renamed(found: re.Match[str]) -> str:
    return {"postgres": "postgresql", "mariadb": "mysql"}[found[1]]


def _short(error: Exception, uri: str) -> str:
    return tracking.redacted_text(str(error).strip().splitlines()[0] if str(error).strip() else "no reason", uri)[:200]


def _failed(where: str, uri: str, error: Exception) -> NotAStore | NoAnswer:
    reason = _short(error, uri)
    if "onnect" in reason or "timeout" in reason:
        return NoAnswer(f"{where}: no database answers ({reason}); start it or correct the address")
    return NotAStore(f"{where}: cannot be read as an MLflow database ({reason})")
