"""One logging set-up for scripts and commands: file and console, warnings and uncaught exceptions included."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import TracebackType

from traceability.errors import StudyError
from traceability.runtime.processes import end_with_workflow


def setup(path: Path | str | None = None, level: int = logging.INFO) -> None:
    """Send log records, warnings and uncaught exceptions to `path` (if given) and to standard error.

    A `StudyError` is shown as one line; its traceback goes to the file only. With a `path`, so in a workflow's job, the
    process also ends when the workflow that started it is gone.
    """
    if path is not None:
        end_with_workflow()
    console = logging.StreamHandler(sys.stderr)
    # What a job was given and has written is in its log; Snakemake shows the same on the console.
    console.addFilter(lambda record: record.name != "job" or record.levelno >= logging.WARNING)
    handlers: list[logging.Handler] = [console]
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, mode="w", encoding="utf-8"))
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
