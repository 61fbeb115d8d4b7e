"""SQLite databases that are not ours: never changed, not even by the files that SQLite itself puts beside them.

Opening a store with MLflow migrates it for good (METHOD 1), so only a copy is ever opened. The copy holds everything
that was committed when it was made, also what is still in a write-ahead log.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote, unquote

from traceability.stores import small_files
from traceability.stores.errors import BusyStore, NotAStore

#: Seconds that a copy waits for a writer. A database is copied at some 500 MB/s, so a large one gets more.
PATIENCE = 8.0
_BYTES_PER_SECOND = 20e6
_PAGES = 2048
_MAGIC = b"SQLite format 3\0"


def sqlite_path(uri: str) -> Path:
    """The file that a `sqlite:` URI names; a name that holds `?`, `#` or `%` counts as it is written if it is there."""
    whole = re.sub(r"^sqlite(?:\+\w+)?:(?:/{3})?", "", uri)
    plain = whole.partition("?")[0]
    for path in (whole, plain, unquote(plain)):
        if path and Path(path).is_file():
            return Path(path)
    return Path(plain)


def copy(path: Path, target: Path) -> None:
    """Copy the database `path` to `target` as it is at one moment.

    Raises `NotAStore` for what is no database, and `BusyStore` when a writer holds it for longer than `PATIENCE`.
    """
    path = path.resolve()  # the -wal of a linked database lies beside the real file
    header = _header(path)
    log = path.with_name(f"{path.name}-wal")
    try:
        if header[18:20] == b"\x02\x02" or (log.exists() and log.stat().st_size):
            _copy_files(path, log, target)
        elif _journal(path).exists() and not _backed_up(path, target):
            # A writer was killed in the middle: SQLite would repair the file, so its copy is repaired instead.
            _copy_files(path, _journal(path), target)
        elif not target.exists():
            _back_up(path, target)
    except sqlite3.Error as error:
        raise NotAStore(f"{path}: cannot be read as a SQLite database ({error})") from None
    except OSError as error:
        raise NotAStore(f"{path}: cannot be read ({error.strerror or error})") from None


def alembic_version(path: Path) -> str:
    """The schema version of a SQLite store, read without opening it for writing; empty if it has none.

    Raises `sqlite3.Error`, `OSError`.
    """
    with contextlib.closing(_connect(path.resolve())) as source:
        row = source.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _connect(path: Path) -> sqlite3.Connection:
    """A read-only connection that writes nothing beside `path`."""
    at_rest = small_files.head(path, 20)[18:20] == b"\x02\x02"
    address = f"file:{quote(str(path))}?mode=ro{'&immutable=1' if at_rest else ''}"
    return sqlite3.connect(address, uri=True, timeout=0.5)


def _header(path: Path) -> bytes:
    try:
        header = small_files.head(path, 100)
    except FileNotFoundError:
        raise NotAStore(f"{path}: no such database") from None
    except small_files.Unreadable as reason:
        said = "is no regular file" if str(reason) == "special_file" else "cannot be read"
        raise NotAStore(f"{path}: {said}; expected a SQLite database") from None
    if not header:
        raise NotAStore(f"{path}: the file is empty; expected a SQLite database")
    if small_files.is_pointer(header):
        raise NotAStore(f"{path}: a Git LFS pointer, not the database itself; run `git lfs pull` in its repository")
    if not header.startswith(_MAGIC):
        raise NotAStore(f"{path}: cannot be read as a SQLite database (file is not a database)")
    return header


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _backed_up(path: Path, target: Path) -> bool:
    """Copy the database if its journal is that of a writer at work, or empty; False if the journal must be played."""
    try:
        _back_up(path, target)
    except sqlite3.OperationalError:
        target.unlink(missing_ok=True)
        return False
    return True


def _back_up(path: Path, target: Path) -> None:
    """Copy by SQLite's backup, which waits for a writer: here no longer than is sensible, and Ctrl-C ends it."""
    last, left = time.monotonic() + PATIENCE + path.stat().st_size / _BYTES_PER_SECOND, -1
    stuck = time.monotonic() + PATIENCE

    def progress(_status: int, remaining: int, _total: int) -> None:
        nonlocal left, stuck
        now = time.monotonic()
        if remaining != left:
            left, stuck = remaining, now + PATIENCE
        if now > min(stuck, last):
            raise BusyStore(f"{path}: somebody is writing this database; try again when they have finished")

    with contextlib.closing(_connect(path)) as source, contextlib.closing(sqlite3.connect(target)) as copied:
        source.backup(copied, pages=_PAGES, progress=progress, sleep=0.1)


def _copy_files(path: Path, log: Path, target: Path) -> None:
    """Copy the database and then its log, until the database did not change meanwhile, and let SQLite join them.

    A log that grows while it is copied does no harm: what is incomplete at its end was not committed yet. Locks and
    the shared-memory file would be touched by any connection, so there is none.
    """
    beside = target.with_name(target.name + log.name.removeprefix(path.name))
    last = time.monotonic() + PATIENCE + path.stat().st_size / _BYTES_PER_SECOND
    while True:
        before = _state(path)
        shutil.copyfile(path, target)
        beside.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            small = log.stat()
            if not log.is_symlink() and small.st_size:
                shutil.copyfile(log, beside)
        if _state(path) == before:
            break
        if time.monotonic() > last:
            raise BusyStore(f"{path}: somebody is writing this database; try again when they have finished")
        time.sleep(0.1)
    os.chmod(target, 0o600)  # noqa: PTH101
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE").fetchone()
        copied.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
