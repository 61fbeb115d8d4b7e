"""A PostgreSQL server that was there before the study (`storage.postgresql`), used and left as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.runtime import services


class Existing(services.Postgresql):
    """Databases of the study's own in somebody else's server, which is neither started nor stopped."""

    def __init__(self, uri: str) -> None:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        super().__init__(Path(), Path())
        try:
            self._url = make_url(uri)
        except ArgumentError:
            raise StudyError(
                "storage.postgresql: not a URI; give one such as postgresql://user@host:5432/postgres, and the "
                "password in PGPASSWORD or ~/.pgpass"
            ) from None
        if self._url.get_backend_name() != "postgresql":
            raise StudyError(
                f"storage.postgresql: a PostgreSQL server is expected, '{self._url.get_backend_name()}' was given"
            )

    def uri(self, database: str) -> str:
        """SQLAlchemy's URI of a database."""
        url = self._url.set(drivername="postgresql+psycopg2", database=database)
        return str(url.render_as_string(hide_password=False))

    def connect(self, database: str = "") -> Any:
        """A connection in autocommit mode; without a name to the database of the given URI."""
        import psycopg2

        url = self._url.set(drivername="postgresql", database=database or self._url.database or "postgres")
        connection = psycopg2.connect(url.render_as_string(hide_password=False), connect_timeout=5)
        connection.autocommit = True
        return connection

    def create(self, database: str) -> str:
        """Create an empty database whose name says whose it is; its URI. Raises `StudyError` where the role may not."""
        import psycopg2

        database = f"study_{database}"
        try:
            uri = super().create(database)
        except psycopg2.Error as error:
            raise StudyError(
                f"storage.postgresql: no database can be created there: {str(error).strip().splitlines()[0]}; "
                "the role needs CREATEDB"
            ) from None
        self.databases.append(database)
        return uri

    def remove(self) -> None:
        """Drop the databases that were created here."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            for database in self.databases:
                cursor.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


@contextlib.contextmanager
def postgresql(uri: str) -> Iterator[services.Postgresql]:
    """The server of `uri` for the length of the block; what was created in it is dropped at the end.

    Raises `StudyError` when it does not answer.
    """
    server = Existing(uri)
    if not server.answers():
        raise StudyError("storage.postgresql: no answer; check host, port, user and password (PGPASSWORD, ~/.pgpass)")
    try:
        yield server
    finally:
        server.remove()
