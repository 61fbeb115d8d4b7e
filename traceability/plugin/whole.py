"""Values that are too long for tags, kept whole as text files among the artifacts of their run.

The tags of a run are asked for before there is a run. So a thread waits for the run that carries them, and then writes
the files. Where none is found within a while (the run was over at once, or nobody made it active), the tags alone are
there, and say that they are cut.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from traceability.stores.record_fields import PREFIX

log = logging.getLogger(__name__)

_WAIT_SECONDS, _EVERY_SECONDS = 30.0, 0.02
#: How long the end of a program waits for files that are being written.
_AT_EXIT_SECONDS = 2.0


def file_name(name: str) -> str:
    """The artifact that holds the whole of tag `name`."""
    return f"{PREFIX}{name}.txt"


def keep(values: Mapping[str, str], tag: str, mark: str) -> None:
    """Write `values` by their names to the run whose tag `tag` is `mark`, once it is there. Raises nothing."""
    try:
        waiting = threading.Thread(target=_keep, args=(dict(values), tag, mark), daemon=True, name="traceability-whole")
        waiting.start()
        atexit.register(waiting.join, _AT_EXIT_SECONDS)
    except RuntimeError:  # the interpreter is ending
        log.debug("no thread could be started", exc_info=True)


def _keep(values: dict[str, str], tag: str, mark: str) -> None:
    try:
        until = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < until:
            for run in _active():
                if run.data.tags.get(tag) == mark:
                    write(run.info.run_id, values)
                    return
            time.sleep(_EVERY_SECONDS)
    except Exception:
        log.debug("long values could not be kept whole", exc_info=True)


def _active() -> Iterable[Any]:
    """The active runs of all threads; MLflow before 2.14 keeps one list of them."""
    stack = getattr(sys.modules.get("mlflow.tracking.fluent"), "_active_run_stack", [])
    if isinstance(stack, list):
        return list(stack)
    return [run for runs in list(stack.get_all_thread_values().values()) for run in list(runs)]


def write(run_id: str, values: Mapping[str, str], tracking_uri: str | None = None) -> None:
    """Write `values` to the run now. Raises MLflow's own exception where that cannot be done."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking_uri)
    for name, text in values.items():
        client.log_text(run_id, text, file_name(name))
