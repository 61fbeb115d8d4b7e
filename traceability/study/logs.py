"""One logging set-up for scripts and commands: file and console, warnings and uncaught exceptions included."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from traceability.errors import StudyError
from traceability.runtime.processes import end_with_workflow

#: First names of the loggers that speak to the user; a script's own is `__main__`.
_OURS = frozenset({"traceability", "study", "job", "corpus", "storage", "root", "__main__"})


def _for_the_console(record: logging.LogRecord) -> bool:
    """Whether a record is the study's own word; what libraries say, and what a job was given, is in its log."""
    if record.name == "job" and record.levelno < logging.WARNING:
        return False
    return record.name.partition(".")[0] in _OURS


@contextlib.contextmanager
def others_to(path: Path | str) -> Iterator[None]:
    """Send all that this process and its children print to the end of `path`: banners, notes, provoked tracebacks."""
    for own in (sys.stdout, sys.stderr):
        own.flush()
    kept = [os.dup(number) for number in (1, 2)]
    with Path(path).open("ab") as log:
        for number in (1, 2):
            os.dup2(log.fileno(), number)
    try:
        yield
    finally:
        for own in (sys.stdout, sys.stderr):
            own.flush()
        for number, before in zip((1, 2), kept, strict=True):
            os.dup2(before, number)
            os.close(before)


def setup(path: Path | str | None = None, level: int = logging.INFO) -> None:
    """Send log records, warnings and uncaught exceptions to `path` (if given) and to standard error.

    A `StudyError` is shown as one line; its traceback goes to the file only. With a `path`, so in a workflow's job, the
    process also ends when the workflow that started it is gone.
    """
    if path is not None:
        end_with_workflow()
    # A stream of its own, so that it stays the console where what libraries print goes to the log (`others_to`).
    stream = sys.stderr if path is None else os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="replace")
    console = logging.StreamHandler(stream)
    if path is not None:
        console.addFilter(_for_the_console)
    handlers: list[logging.Handler] = [console]
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(b"")
        handlers.append(logging.FileHandler(path, mode="a", encoding="utf-8"))
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=handlers, force=True
    )
    logging.captureWarnings(True)
    # MLflow's migration and SQLAlchemy talk a lot at INFO; their warnings still come through.
    for noisy in ("alembic", "sqlalchemy", "matplotlib", "fontTools", "absl"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, StudyError):
            logging.getLogger("study").error("%s", error)
            for handler in handlers[1:]:
                handler.handle(
                    logging.LogRecord("study", logging.DEBUG, "", 0, "traceback", None, (kind, error, trace))
                )
        else:
            logging.getLogger("study").critical("uncaught", exc_info=(kind, error, trace))

    sys.excepthook = uncaught
