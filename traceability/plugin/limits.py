"""What the plugin may take of a training's time and of a tracking server's room."""

from __future__ import annotations

import os
import time

#: Longest tag value, in bytes of UTF-8, that every MLflow from 2.10 on stores.
TAG_BYTES = 4900
#: Tags that one long value may take before it is cut, and is said to be cut.
PARTS = 40
#: Sets another limit than SECONDS, where reading `TRACEABILITY_DATA` is worth waiting for.
SECONDS_VARIABLE = "TRACEABILITY_SECONDS"
#: All that is looked at when a run begins takes no longer than this; what is not known by then is left out.
SECONDS = 1.8


def seconds() -> float:
    """The time limit of one look."""
    try:
        given = float(os.environ.get(SECONDS_VARIABLE, ""))
    except ValueError:
        return SECONDS
    return min(max(given, 0.1), 86_400.0) if given == given else SECONDS  # noqa: PLR0124 - not for not-a-number


def remaining(until: float) -> float:
    """Seconds until the moment `until` of the monotonic clock, at least a hundredth."""
    return max(0.01, until - time.monotonic())
