"""Milliseconds per request to a tracking server, and what makes them many.

Two slow servers, each with its cause switched on and off:

- Two or more workers (four by default), kept connection, Python's own event loop: Uvicorn then binds the socket itself
  without naming its protocol, and asyncio leaves Nagle's algorithm on for accepted connections
  (`asyncio.base_events._set_nodelay` asks for the protocol), so the second part of each answer waits for the client's
  delayed acknowledgement, 40 ms on Linux. If this is the cause, then a client that acknowledges at once
  (TCP_QUICKACK), a new connection for each request, or uvloop, which switches the algorithm off, are fast with the
  same workers.
- Accounts: MLflow hashes the password anew at every request (scrypt). If this is the cause, then a server that
  remembers who was right (`auth_cache_ttl_seconds`) is fast.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import logging
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.intervals import median_interval
from traceability.runtime import services
from traceability.storage import environments, reasons, stores

log = logging.getLogger(__name__)

#: Default number of workers of `mlflow server`.
DEFAULT_WORKERS = 4
PATH = "/api/2.0/mlflow/experiments/get?experiment_id=0"
#: Every way of connecting is timed in this many blocks, in turn with the others.
BLOCKS = 2
#: Untimed requests at the beginning of a block. A connection that was new or idle acknowledges its first segments at
#: once (up to 16 on Linux), which hides the delay: requests of one block follow one another.
WARM_UP = 20
#: Seconds that a server with cached accounts remembers a password that was right.
REMEMBERED = 300


@dataclass(frozen=True)
class Server:
    """One kind of server, and the ways to connect to it."""

    workers: int
    loop: str
    accounts: str
    connections: tuple[str, ...]

    @property
    def name(self) -> str:
        """A folder's name."""
        return f"{self.workers}-{self.loop}-{self.accounts}"


SERVERS = (
    Server(1, "asyncio", "none", ("kept", "new")),
    Server(2, "asyncio", "none", ("kept", "kept, acknowledged at once", "new")),
    Server(2, "uvloop", "none", ("kept", "new")),
    Server(DEFAULT_WORKERS, "asyncio", "none", ("kept", "new")),
    Server(1, "asyncio", "checked", ("kept",)),
    Server(1, "asyncio", "remembered", ("kept",)),
)


def measure(root: Path, uvloop: Path, requests: int, resamples: int, seed: int) -> list[dict[str, Any]]:
    """Rows of `tables.LATENCY`; `uvloop` is the receipt of an environment that holds it.

    All servers run from the start, and the ways of connecting take turns, block by block.
    """
    missing: dict[Server, str] = {}
    running: dict[Server, tuple[int, dict[str, str]]] = {}
    with contextlib.ExitStack() as stack:

        def enter(server: Server) -> None:
            try:
                running[server] = stack.enter_context(_started(server, root, uvloop))
            except StudyError as error:
                missing[server] = reasons.reason(error)
                log.warning("%s: not measured: %s", server.name, error)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(enter, SERVERS))
        times = _interleaved(running, requests)
    rows = []
    for server in SERVERS:
        for connection in server.connections:
            row: dict[str, Any] = {"store": "server_users" if server.accounts != "none" else "server_sqlite"}
            row |= {"workers": server.workers, "loop": server.loop, "accounts": server.accounts}
            row |= {"connection": connection, **dict.fromkeys(("n", "median_ms", "low_ms", "high_ms"))}
            row["reason"] = missing.get(server)
            here = times.get((server, connection))
            if here:
                low, high = median_interval(here, resamples, seed) or (None, None)
                row |= {"n": len(here), "median_ms": statistics.median(here), "low_ms": low, "high_ms": high}
            elif not row["reason"]:
                row["reason"] = "this system has no TCP_QUICKACK"
            rows.append(row)
    return rows


@contextlib.contextmanager
def _started(server: Server, root: Path, uvloop: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Its port, and the headers of a request."""
    folder = (root / server.name).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    options: tuple[str, ...] = ("--uvicorn-opts", f"--loop {server.loop} --log-level warning")
    environment: dict[str, str] = {}
    headers = {}
    if server.loop == "uvloop":
        python = environments.interpreter("event loop", uvloop)
        environment["PYTHONPATH"] = str(next(python.parent.parent.glob("lib/python*/site-packages")))
    if server.accounts != "none":
        store = stores.Store("server_users", "sqlite", "users", uri, folder, uri)
        environment |= stores.accounts(store, REMEMBERED if server.accounts == "remembered" else 0)
        words = f"{stores.ADMIN}:{store.environment['MLFLOW_TRACKING_PASSWORD']}"
        headers["Authorization"] = f"Basic {base64.b64encode(words.encode()).decode()}"
        options += ("--app-name", "basic-auth")
    with services.mlflow_server(folder, uri, str(folder / "artifacts"), server.workers, options, environment) as made:
        yield made.port, headers


def _interleaved(
    running: dict[Server, tuple[int, dict[str, str]]], requests: int
) -> dict[tuple[Server, str], list[float]]:
    """Milliseconds per request; a block of each kind after the other, `requests` timed ones in all."""
    kinds = [(server, way) for server in SERVERS if server in running for way in server.connections]
    if not hasattr(socket, "TCP_QUICKACK"):
        kinds = [kind for kind in kinds if kind[1] != "kept, acknowledged at once"]
    kept = {kind: http.client.HTTPConnection("127.0.0.1", running[kind[0]][0], timeout=30) for kind in kinds}
    times: dict[tuple[Server, str], list[float]] = {kind: [] for kind in kinds}
    for block in range(BLOCKS):
        timed = requests // BLOCKS + (requests % BLOCKS if block == 0 else 0)
        for kind in kinds:
            port, headers = running[kind[0]]
            taken = [_request(kept[kind], kind[1], port, headers) for _ in range(WARM_UP + timed)]
            times[kind] += taken[WARM_UP:]
            kept[kind].close()  # the server would, after some idle seconds; the next block connects again
    return times


def _request(connection: http.client.HTTPConnection, way: str, port: int, headers: dict[str, str]) -> float:
    """Milliseconds of one request, on the kept connection or on one of its own."""
    started = time.perf_counter()
    if way == "new":
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", PATH, headers=headers)
    if way == "kept, acknowledged at once":  # has to be asked for again for every answer
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    answer = connection.getresponse()
    answer.read()
    if way == "new":
        connection.close()
    if answer.status != 200:
        raise StudyError(f"a server on port {port}: {PATH} answered {answer.status}")
    return 1000 * (time.perf_counter() - started)
