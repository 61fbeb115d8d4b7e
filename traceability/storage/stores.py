"""The storage set-ups of config/stores.tsv, started for the length of a block."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from traceability.errors import StudyError
from traceability.runtime import services
from traceability.storage import external_postgresql, objectstore, reasons
from traceability.stores import tracking
from traceability.study.registry import Table

if TYPE_CHECKING:
    from mlflow import MlflowClient

log = logging.getLogger(__name__)

ADMIN = "admin"
POSTGRESQL = "disk-of-postgresql"
"""Folder below the root that takes PostgreSQL's data, should it be there."""
SQLITE_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Given:
    """Where components come from: the receipt of the object store's environment, an existing PostgreSQL's URI."""

    swift: Path | None = None
    postgresql: str = ""


@dataclass
class Store:
    """A running set-up: how clients reach it, and where its parts can be opened without MLflow."""

    name: str
    backend: str
    access: str
    uri: str
    folder: Path
    backend_uri: str
    environment: dict[str, str] = field(default_factory=dict)
    server: services.MlflowServer | None = None
    postgresql: services.Postgresql | None = None
    objects: objectstore.ObjectStore | None = None

    @property
    def artifacts(self) -> Path:
        """Folder of artifacts, unless an object store holds them."""
        return self.folder / ("store" if self.backend == "file" else "artifacts")

    @property
    def database(self) -> str:
        """Name of its PostgreSQL database."""
        from sqlalchemy import make_url

        return str(make_url(self.backend_uri).database)

    @property
    def databases(self) -> list[Path]:
        """SQLite files of this set-up."""
        return sorted(self.folder.glob("*.db"))

    def client(self) -> MlflowClient:
        """A client; set `environment` first (see `using`)."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri)

    def experiment(self, name: str) -> str:
        """The id of an experiment, created on first use with artifacts below this set-up's folder."""
        client = self.client()
        known = client.get_experiment_by_name(name)
        if known is not None:
            return str(known.experiment_id)
        location = None if self.server or self.backend == "file" else (self.artifacts / name).as_uri()
        return str(client.create_experiment(name, artifact_location=location))

    def size(self) -> int:
        """Bytes on disk of the record without artifacts: tables and indices, or the files of the file store."""
        if self.backend == "file":
            return sum(path.stat().st_size for path in self.artifacts.rglob("*") if path.is_file())
        if self.postgresql is not None:
            with contextlib.closing(self.postgresql.connect()) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT pg_database_size(%s)", (self.database,))
                return int(cursor.fetchone()[0])
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / 'mlflow.db'}?mode=ro", uri=True)) as connection:
            used = "SELECT (page_count - freelist_count) * page_size"
            return int(
                connection.execute(
                    f"{used} FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
                ).fetchone()[0]
            )


@contextlib.contextmanager
def using(store: Store | None, **more: str) -> Iterator[None]:
    """Set the environment that clients of `store` need, for the length of the block."""
    wanted = (store.environment if store else {}) | more
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Components:
    """The services that several set-ups share: one PostgreSQL and one object store, started when first needed."""

    def __init__(self, stack: contextlib.ExitStack, root: Path, given: Given) -> None:
        self._stack, self._root, self._given = stack, root, given
        self._lock = threading.Lock()
        self._postgresql: services.Postgresql | StudyError | None = None
        self._objects: objectstore.ObjectStore | StudyError | None = None

    def postgresql(self) -> services.Postgresql:
        """The PostgreSQL server; a failed start is remembered and raised again."""
        with self._lock:
            if self._postgresql is None:
                try:
                    self._postgresql = self._stack.enter_context(self._start_postgresql())
                except StudyError as error:
                    self._postgresql = error
        if isinstance(self._postgresql, StudyError):
            raise self._postgresql
        return self._postgresql

    def _start_postgresql(self) -> contextlib.AbstractContextManager[services.Postgresql]:
        """The existing server, or one of our own; its data lie in `root`/postgresql where that folder is there."""
        if self._given.postgresql:
            return external_postgresql.postgresql(self._given.postgresql)
        folder = self._root.resolve() / POSTGRESQL
        return services.postgresql(folder / "data" if folder.is_dir() else None)

    def objects(self) -> objectstore.ObjectStore:
        """The object store; a failed start is remembered and raised again."""
        with self._lock:
            if self._objects is None:
                try:
                    self._objects = self._stack.enter_context(objectstore.swift(self._given.swift))
                except StudyError as error:
                    self._objects = error
        if isinstance(self._objects, StudyError):
            raise self._objects
        return self._objects


@contextlib.contextmanager
def opened(row: dict[str, Any], root: Path, components: Components) -> Iterator[Store]:
    """Start the set-up of one row below `root/<store>`, its schema migrated, for the length of the block.

    Raises `StudyError` with the reason where a component cannot be started.
    """
    tracking.quiet()
    name = row["store"]
    folder = (root / name).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        postgresql = components.postgresql() if row["backend"] == "postgresql" else None
        if postgresql is not None:
            backend_uri = postgresql.create(f"{name}_{secrets.token_hex(4)}")
        elif row["backend"] == "sqlite":
            backend_uri = f"sqlite:///{folder / 'mlflow.db'}?timeout={SQLITE_TIMEOUT_SECONDS}"
        else:
            backend_uri = (folder / "store").as_uri()
        store = Store(name, row["backend"], row["access"], backend_uri, folder, backend_uri, postgresql=postgresql)
        if row["backend"] == "file":
            store.environment["MLFLOW_ALLOW_FILE_STORE"] = "true"
        if row["workers"]:
            store.server = stack.enter_context(_server(row, store, components))
            store.uri = store.server.uri
        with using(store):
            store.client().search_experiments(max_results=1)  # migrates; parallel first uses would fail
        yield store


def _server(row: dict[str, Any], store: Store, components: Components) -> contextlib.AbstractContextManager[Any]:
    """The tracking server of a set-up."""
    environment: dict[str, str] = {}
    options: tuple[str, ...] = ()
    artifacts = str(store.artifacts)
    if row["artifacts"] == "s3":
        store.objects = components.objects()
        environment |= store.objects.environment
        artifacts = f"s3://{store.objects.bucket(row['store'])}/artifacts"
    if row["access"] == "users":
        environment |= accounts(store)
        options = ("--app-name", "basic-auth")
    return services.mlflow_server(store.folder, store.backend_uri, artifacts, row["workers"], options, environment)


def accounts(store: Store, remember_seconds: int = 0) -> dict[str, str]:
    """Prepare the accounts of a basic-auth server: its settings, its administrator; the server's environment.

    `remember_seconds` is how long the server takes a password that was right for right; 0 is MLflow's default.
    Raises `StudyError` where Flask-WTF, which MLflow's accounts need and MLflow does not bring, is missing.
    """
    import importlib.util

    if importlib.util.find_spec("flask_wtf") is None:
        raise StudyError("basic-auth: the package Flask-WTF is missing; install `mlflow[auth]`")
    settings = store.folder / "basic_auth.ini"
    settings.write_text(
        f"[mlflow]\ndefault_permission = READ\nauth_cache_ttl_seconds = {remember_seconds}\n"
        f"database_uri = sqlite:///{store.folder / 'accounts.db'}\nadmin_username = {ADMIN}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
        encoding="utf-8",
    )
    password = secrets.token_urlsafe(16)
    store.environment |= {"MLFLOW_TRACKING_USERNAME": ADMIN, "MLFLOW_TRACKING_PASSWORD": password}
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(settings),
        "MLFLOW_AUTH_ADMIN_PASSWORD": password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_urlsafe(16),
    }


@contextlib.contextmanager
def all_opened(
    rows: Sequence[dict[str, Any]], root: Path, given: Given
) -> Iterator[tuple[list[Store], dict[str, str]]]:
    """Start every set-up, servers side by side; also gives, per set-up that could not be started, the reason."""
    from mlflow.exceptions import MlflowException

    missing: dict[str, str] = {}
    running: dict[str, Store] = {}
    with contextlib.ExitStack() as stack:
        components = Components(stack, root, given)
        entered: list[contextlib.AbstractContextManager[Store]] = []

        def enter(row: dict[str, Any]) -> None:
            manager = opened(row, root, components)
            try:
                running[row["store"]] = manager.__enter__()
                entered.append(manager)
            # MLflow opens direct stores itself and lets its own errors, SQLAlchemy's and the system's through.
            except (StudyError, MlflowException, SQLAlchemyError, OSError) as error:
                missing[row["store"]] = reasons.reason(error)
                log.warning("%s: not measured: %s", row["store"], error)

        try:
            # Direct stores first, one by one: they change this process's environment while they migrate.
            for row in rows:
                if not row["workers"]:
                    enter(row)
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(enter, [row for row in rows if row["workers"]]))
            yield [running[row["store"]] for row in rows if row["store"] in running], missing
        finally:
            for manager in reversed(entered):
                manager.__exit__(None, None, None)


def not_measured(table: Table, missing: dict[str, str]) -> list[dict[str, Any]]:
    """A row of `table` for each set-up that could not be started, empty but for its name and the reason."""
    empty = dict.fromkeys(column.name for column in table.columns)
    return [empty | {"store": name, "reason": reason} for name, reason in missing.items()]
