"""A tracking server on PostgreSQL for the time of a run, its records kept below the results.

`python -m traceability.tracking.service results` starts it between runs, to look at what was tracked.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import services
from traceability.runtime.files import write_json
from traceability.stores.tracking import SERVICE, service_file

log = logging.getLogger(__name__)

START_SECONDS = 600.0
"""How long the server may take to answer: 8 s on a machine of its own, minutes on a crowded login node."""


def check(uri: str, executor: str) -> None:
    """Raise `StudyError` when jobs on other machines (`executor` names what sends them there) would share SQLite."""
    if uri and not uri.lower().startswith(("sqlite:", "sqlite+")):
        return
    raise StudyError(
        f"tracking.uri: SQLite ({uri or 'results/tracking/mlflow.db'}) cannot be used with the executor '{executor}': "
        "jobs on several machines would write one file through a shared file system, where SQLite's locks do not hold "
        f'and runs get lost; give --config \'tracking={{"uri": "{SERVICE}"}}\' (a server on PostgreSQL beside the '
        "workflow) or the address of a tracking server"
    )


@contextlib.contextmanager
def running(results: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """Address of a tracking server that stores in `results`/tracking; it ends with the block, or with this process.

    `host` is the name of this machine by which the jobs' machines reach it. While the server runs,
    `results`/tracking/service.json holds its address. Raises `StudyError` when a part of it does not start.
    """
    folder = (results / "tracking").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with services.postgresql(folder / "postgresql") as database:
        name = "mlflow"
        uri = database.uri(name) if database.has(name) else database.create(name)
        artifacts = (folder / "artifacts").as_uri()
        with services.mlflow_server(
            folder / "server", uri, artifacts, host=host, timeout_seconds=START_SECONDS
        ) as server:
            note = service_file(results)
            write_json(note, {"uri": server.uri})
            log.info("tracking server at %s", server.uri)
            try:
                yield server.uri
            finally:
                note.unlink(missing_ok=True)


def main() -> int:
    """Run the service until it is interrupted."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m traceability.tracking.service results\n")
        return 2
    try:
        with running(Path(sys.argv[1])) as uri, contextlib.suppress(KeyboardInterrupt):
            sys.stdout.write(f"{uri}\n")
            sys.stdout.flush()
            threading.Event().wait()
    except StudyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
