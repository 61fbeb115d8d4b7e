"""SQLite databases that are not ours: read without a trace, copied to be used.

Opening a store with MLflow migrates it for good (METHOD 1), so only a copy is ever opened for writing.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path
from urllib.parse import quote


def sqlite_path(uri: str) -> Path:
    """The file that a `sqlite:` URI names."""
    return Path(re.sub(r"^sqlite:/{3}", "", uri).partition("?")[0])


def connect(path: Path) -> sqlite3.Connection:
    """A read-only connection that leaves no file beside `path`, unless somebody is writing there right now.

    SQLite creates -wal and -shm files even for readers of a database in write-ahead mode; where there is no such log,
    nobody has the database open and it can be read as a file that does not change. Raises `sqlite3.Error`, `OSError`.
    """
    with path.open("rb") as stream:
        header = stream.read(20)
    log = path.with_name(f"{path.name}-wal")
    at_rest = header[18:20] == b"\x02\x02" and not (log.exists() and log.stat().st_size)
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro{'&immutable=1' if at_rest else ''}", uri=True)


def copy(path: Path, target: Path) -> None:
    """Copy the database `path` to `target` as it is at one moment. Raises `sqlite3.Error`, `OSError`."""
    with contextlib.closing(connect(path)) as source, contextlib.closing(sqlite3.connect(target)) as copied:
        source.backup(copied)


def alembic_version(path: Path) -> str:
    """The schema version of a SQLite store, read without opening it for writing; empty if it has none."""
    with contextlib.closing(connect(path)) as source:
        row = source.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""
