"""Adds to every MLflow run what MLflow leaves out, where `TRACEABILITY_CONTEXT=1` asks for it.

MLflow finds `Provider` by its entry point and asks it for tags when a run is made through the fluent API (`start_run`,
autologging). Runs made with `MlflowClient` or by `mlflow run` never reach it (METHOD 7): for those there is `stamp`.
Nothing but the standard library is imported until the tags are wanted.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from mlflow.tracking.context.abstract_context import RunContextProvider

from traceability.stores.record_fields import MARK, PREFIX

log = logging.getLogger(__name__)

VARIABLE = "TRACEABILITY_CONTEXT"
#: Tags are asked for again by each data set that a run logs; within these seconds the answer stays.
FRESH_SECONDS = 2.0
_last: tuple[float, dict[str, str]] | None = None


def wanted() -> bool:
    """Whether the variable is set to 1."""
    return os.environ.get(VARIABLE, "") == "1"


def current() -> dict[str, str]:
    """The tags of this process as it is now, with prefix; never raises, never more than a few seconds."""
    global _last  # noqa: PLW0603 - MLflow asks a fresh question each time; the answer is the process's
    if _last is None or time.monotonic() - _last[0] > FRESH_SECONDS:
        try:
            from traceability.plugin import context

            found = context.tags()
        except Exception as error:
            log.debug("the run's context could not be read", exc_info=True)
            found = {"failed": type(error).__name__}
        _last = time.monotonic(), {MARK: "1"} | {PREFIX + name: value for name, value in found.items()}
    return dict(_last[1])


class Provider(RunContextProvider):
    """MLflow's interface of a provider of tags."""

    def in_context(self) -> bool:
        """Whether the tags are wanted."""
        return wanted()

    def tags(self) -> dict[str, Any]:
        """The tags."""
        return current()


def stamp(run_id: str, tracking_uri: str | None = None) -> dict[str, str]:
    """Write the same tags to the run `run_id`, whichever API made it, and return them.

    To be called by the program that is to be described. Raises MLflow's own exception when the run cannot be written.
    """
    from mlflow import MlflowClient
    from mlflow.entities import RunTag

    found = current()
    MlflowClient(tracking_uri=tracking_uri).log_batch(run_id, tags=[RunTag(name, text) for name, text in found.items()])
    return found
