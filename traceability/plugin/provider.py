"""Adds to every MLflow run what MLflow leaves out, where `TRACEABILITY_CONTEXT=1` asks for it.

MLflow finds `Provider` by its entry point and asks it for tags when a run is made through the fluent API (`start_run`,
autologging). Runs made with `MlflowClient` or by `mlflow run` never reach it (METHOD 7): for those there is `stamp`.
"""

from __future__ import annotations

import logging
import os
import sys
from types import FrameType
from typing import Any

from traceability.stores.record_fields import MARK, PREFIX

log = logging.getLogger(__name__)

VARIABLE = "TRACEABILITY_CONTEXT"
#: Parts of MLflow that ask for the tags of a run to describe a data set or a trace.
_NOT_OF_A_RUN = ("mlflow.data", "mlflow.tracing", "mlflow.tracking._tracking_service.client", "mlflow.genai")
#: MLflow takes no more tags at once.
_BATCH = 100
#: Names one look, where the run that it belongs to is to be found again.
_LOOK = f"{PREFIX}look"


def wanted() -> bool:
    """Whether the variable is set to 1."""
    return os.environ.get(VARIABLE, "") == "1"


def current() -> tuple[dict[str, str], dict[str, str]]:
    """The tags of this process as it is now, with prefix, and whole values of those that are cut.

    Never raises, never takes more than two seconds.
    """
    long: dict[str, str] = {}
    try:
        from traceability.plugin import context

        found, long = context.look()
    except Exception as error:
        log.debug("the run's context could not be read", exc_info=True)
        found = {"failed": type(error).__name__}
    return {MARK: "1"} | {PREFIX + name: value for name, value in found.items()}, long


class Provider:
    """MLflow's interface of a provider of tags (`mlflow.tracking.context.RunContextProvider`).

    Not derived from that class: whoever imports `traceability` before MLflow would import MLflow half-way through, and
    MLflow would look for this class before it is there.
    """

    def __init__(self) -> None:
        if wanted():
            try:
                # Sources that are loaded already are remembered as they are now, before anybody edits them.
                from traceability.plugin import loaded

                loaded.LEDGER.look()
            except Exception:
                log.debug("the loaded sources could not be read", exc_info=True)

    def in_context(self) -> bool:
        """Whether the tags are wanted."""
        return wanted() and not _for_something_else()

    def tags(self) -> dict[str, Any]:
        """The tags."""
        found, long = current()
        if long:
            from traceability.plugin import whole

            found[_LOOK] = os.urandom(16).hex()
            whole.keep(long, _LOOK, found[_LOOK])
        return found


def _for_something_else() -> bool:
    """Whether the tags are asked for to describe a data set or a trace: each takes them, and a run has them already."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name != __name__ and not name.startswith("mlflow.tracking.context"):
            return name.startswith(_NOT_OF_A_RUN)
        frame = frame.f_back
    return False


def stamp(run_id: str, tracking_uri: str | None = None) -> dict[str, str]:
    """Write the same tags to the run `run_id`, whichever API made it, and return them.

    To be called by the program that is to be described. Raises MLflow's own exception when the run cannot be written.
    """
    from mlflow import MlflowClient
    from mlflow.entities import RunTag

    found, long = current()
    client, tags = MlflowClient(tracking_uri=tracking_uri), [RunTag(name, text) for name, text in found.items()]
    for start in range(0, len(tags), _BATCH):
        client.log_batch(run_id, tags=tags[start : start + _BATCH])
    if long:
        from traceability.plugin import whole

        whole.write(run_id, long, tracking_uri)
    return found
