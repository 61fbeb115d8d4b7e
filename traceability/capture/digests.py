"""Changes of data sets that MLflow's digest does not see, beside a full SHA-256."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traceability.capture.trackers import Tracker, run_probe
from traceability.errors import StudyError
from traceability.runtime.files import read_json


def compare(trackers: Sequence[Tracker], beside: Path) -> list[dict[str, Any]]:
    """Rows of `tables.CHANGES` for every version of MLflow among `trackers` that has an environment.

    Raises `StudyError` when there is none.
    """
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=beside) as folder:
        for tracker in trackers:
            if tracker.is_mlflow and tracker.python:
                output = Path(folder).resolve() / f"{tracker.tracker}.json"
                run_probe(tracker.python, "change_data.py", str(output))
                rows += [{"version": tracker.version, **row} for row in read_json(output)]
    if not rows:
        raise StudyError("capture.use: no MLflow in use could be installed; its digests are compared")
    return rows
