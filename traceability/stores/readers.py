"""Any MLflow store, read without changing it: a database by SQL, a folder file by file, a server by its API.

None is ever opened with MLflow's own store classes, because opening migrates a database for good and creates folders
and experiments in a file store (METHOD 1). Importing this module needs the standard library and PyYAML; a package
that only one kind of store needs is imported with it.
"""

from __future__ import annotations

import contextlib
import re
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from urllib.parse import unquote, urlsplit

from traceability.errors import StudyError, nearest
from traceability.runtime import terminal
from traceability.stores import filestore, snapshots, sql, tracking
from traceability.stores.errors import NotAStore, UnknownRun
from traceability.stores.record_fields import Run
from traceability.stores.scope import Scope, Store

_DATABASES = ("postgresql", "postgres", "mysql", "mariadb")
_SHORTEST = 4


@contextlib.contextmanager
def opened(uri: str) -> Iterator[Store]:
    """The store at `uri` for the length of the block.

    Addresses are http(s)://, sqlite:, postgresql://, mysql://, a database file, or a folder, also one of a single
    experiment. Raises `NoAnswer` where nothing answers, `NotAStore` for what cannot be read, `BusyStore` while
    somebody writes, and `MissingExtra` without a package that is needed; each names the address without password.
    """
    shown = tracking.redacted(uri)
    scheme = _scheme(uri)
    if scheme in ("http", "https"):
        from traceability.stores import server

        yield server.Server(uri)
    elif scheme.partition("+")[0] in _DATABASES:
        with sql.served(uri, shown) as store:
            yield store
    elif scheme.partition("+")[0] == "sqlite":
        with _sqlite(snapshots.sqlite_path(uri)) as store:
            yield store
    elif scheme in ("", "file"):
        path = _path(uri) if scheme else Path(uri)
        if path.is_dir():
            yield filestore.FileStore(path)
        elif path.is_file():
            with _sqlite(path) as store:
                yield store
        elif path.exists():
            raise NotAStore(f"{path}: no regular file; give a folder, a SQLite file or the address of a server")
        else:
            raise NotAStore(f"{path}: no such store; give a folder, a SQLite file or the address of a server")
    else:
        raise NotAStore(
            f"{shown}: stores of the kind '{scheme}' cannot be read directly; give the address of their MLflow server"
        )


def _scheme(uri: str) -> str:
    """The scheme of an address; empty for a path, which may hold a colon. Raises `NotAStore` for neither."""
    try:
        if Path(uri).exists():
            return ""
        parts = urlsplit(uri)
        _ = parts.port  # read only now
        return parts.scheme.lower()
    except (ValueError, OSError) as error:
        raise NotAStore(f"{tracking.redacted(uri)[:300]}: no usable address ({error})") from None


def _path(uri: str) -> Path:
    """The path of a `file:` address, in which `#` and `?` may stand as they are."""
    path = re.sub(r"^file:(//(localhost)?(?=/))?", "", uri, flags=re.IGNORECASE)
    return next((found for found in (Path(unquote(path)), Path(path)) if found.exists()), Path(unquote(path)))


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[Store]:
    """A SQLite store: a copy of it, made at one moment, is what is read."""
    if not path.is_file():
        raise NotAStore(
            f"{path}: no such database; check the path (sqlite:/// takes a relative, sqlite://// a full one)"
        )
    with _ended_by_exceptions(), tempfile.TemporaryDirectory(prefix="audit-") as scratch:
        copy = Path(scratch) / "copy.db"
        snapshots.copy(path, copy)
        with sql.copied(copy, path) as store:
            yield store


@contextlib.contextmanager
def _ended_by_exceptions() -> Iterator[None]:
    """Let SIGTERM end the block as an exception does, so that no copy of a store is left behind."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def scope_of(store: Store, experiments: list[str], runs: list[str]) -> Scope:
    """The scope that a user names: experiments by name or id, runs by id or the beginning of one.

    Raises `StudyError` for an experiment, and `UnknownRun` for a run, that is not there or not the only one.
    """
    known = store.experiments() if experiments else {}
    ids: list[str] = []
    for wanted in experiments:
        found = [key for key, name in known.items() if wanted == name] or [key for key in known if wanted == key]
        if not found:
            names = [terminal.printable(name)[:100] for name in known.values()]
            raise StudyError(f"--experiment '{wanted}' is not in the store; {nearest(wanted, names)}")
        ids += found
    return Scope(tuple(ids), tuple(dict.fromkeys(full_id(store, run) for run in runs)))


def full_id(store: Store, given: str) -> str:
    """The id of the run that `given` names: its id, or the beginning of no other. Raises `UnknownRun`."""
    if re.fullmatch(r"[0-9a-f]{32}", given):
        return given
    if len(given) < _SHORTEST:
        raise UnknownRun(f"run '{given}': give at least {_SHORTEST} characters of the id")
    found = store.beginning_with(given)
    if given in found:
        return given
    if not found:
        raise UnknownRun(f"run '{given}': no such run in the store; give the id as MLflow shows it, or its beginning")
    if len(found) > 1:
        raise UnknownRun(
            f"run '{given}' may be {', '.join(found[:5])}{' or more' if len(found) > 5 else ''}; say which"
        )
    return found[0]


def named(store: Store, scope: Scope) -> list[Run]:
    """The runs that `scope` names, in its order; the beginning of an id will do. Raises `UnknownRun`."""
    wanted = [full_id(store, run_id) for run_id in scope.runs]
    found = {run.run_id: run for run in store.runs(Scope(scope.experiments, tuple(dict.fromkeys(wanted))))}
    for run_id in wanted:
        if run_id not in found:
            raise UnknownRun(f"run '{run_id}' is not in the store: no such run; give the id as MLflow shows it")
    return [found[run_id] for run_id in wanted]


def read(uri: str, run_id: str) -> Run:
    """One run of the store at `uri`. Raises what `opened` and `named` raise."""
    with opened(uri) as store:
        return named(store, Scope(runs=(run_id,)))[0]
