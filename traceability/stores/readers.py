"""Any MLflow store, read without changing it: a database by SQL, a folder file by file, a server by its API.

None is ever opened with MLflow's own store classes, because opening migrates a database for good and creates folders
and experiments in a file store (METHOD 1).
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from traceability.errors import StudyError, nearest
from traceability.stores import filestore, server, snapshots, sql, tracking
from traceability.stores.record_fields import Run
from traceability.stores.scope import Scope, Store


@contextlib.contextmanager
def opened(uri: str) -> Iterator[Store]:
    """The store at `uri` for the length of the block: http(s)://, sqlite:, postgresql:, a database file or a folder.

    Raises `StudyError` with the address (without password) when nothing can be read there.
    """
    shown = tracking.redacted(uri)
    scheme = urlsplit(uri).scheme
    if scheme in ("http", "https"):
        yield server.Server(uri)
    elif scheme.partition("+")[0] in ("postgresql", "postgres"):
        with sql.postgresql(uri, shown) as store:
            yield store
    elif scheme == "sqlite":
        with _sqlite(snapshots.sqlite_path(uri)) as store:
            yield store
    elif scheme in ("", "file"):
        path = Path(unquote(urlsplit(uri).path) if scheme else uri)
        if path.is_dir():
            yield filestore.FileStore(path)
        elif path.is_file():
            with _sqlite(path) as store:
                yield store
        else:
            raise StudyError(f"{path}: no such store; give a folder, a SQLite file or the address of a server")
    else:
        raise StudyError(
            f"{shown}: stores of the kind '{scheme}' cannot be read directly; give the address of their MLflow server"
        )


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[Store]:
    """A SQLite store: a copy of it, made at one moment, is what is read."""
    if not path.is_file():
        raise StudyError(
            f"{path}: no such database; check the path (sqlite:/// takes a relative, sqlite://// a full one)"
        )
    with tempfile.TemporaryDirectory(prefix="audit-") as scratch:
        try:
            snapshots.copy(path, Path(scratch) / "copy.db")
        except (sqlite3.Error, OSError) as error:
            raise StudyError(f"{path}: cannot be read as a SQLite database ({error})") from None
        with sql.copied(Path(scratch) / "copy.db", path) as store:
            yield store


def scope_of(store: Store, experiments: list[str], runs: list[str]) -> Scope:
    """The scope that a user names: experiments by name or id. Raises `StudyError` for one that is not there."""
    known = store.experiments()
    ids = []
    for wanted in experiments:
        found = [key for key, name in known.items() if wanted == name] or [key for key in known if wanted == key]
        if not found:
            raise StudyError(f"--experiment '{wanted}' is not in the store; {nearest(wanted, known.values())}")
        ids += found
    return Scope(tuple(ids), tuple(dict.fromkeys(runs)))


def named(store: Store, scope: Scope) -> list[Run]:
    """The runs that `scope` names, in its order. Raises `StudyError` for one that is not there."""
    found = {run.run_id: run for run in store.runs(scope)}
    for run_id in scope.runs:
        if run_id not in found:
            raise StudyError(f"run '{run_id}' is not in the store; give the full id as MLflow shows it")
    return [found[run_id] for run_id in scope.runs]
