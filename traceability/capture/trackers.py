"""Trackers with the environments that were built for them, and the programs that run inside these environments."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.capture.fields import MLFLOW
from traceability.errors import StudyError
from traceability.runtime.files import read_json

PROBES = Path(__file__).resolve().parent / "probes"


@dataclass(frozen=True)
class Tracker:
    """A tracker and the environment that was built for it; without an interpreter there is a reason."""

    tracker: str
    system: str
    version: str
    python: str = ""
    reason: str = ""

    @property
    def is_mlflow(self) -> bool:
        """Whether it is a version of MLflow."""
        return self.system == MLFLOW


def trackers_of(receipts: Sequence[Path]) -> dict[str, Tracker]:
    """The trackers that the receipts of `build_environment` tell of."""
    return {said["tracker"]: Tracker(**said) for said in (json.loads(path.read_text()) for path in receipts)}


def run_probe(python: Path | str, program: str, *words: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a program of `probes/` with another interpreter. Raises `StudyError` with its last lines."""
    clean = {"PATH": os.environ.get("PATH", os.defpath), "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true",
             "GIT_PYTHON_REFRESH": "quiet", "TF_CPP_MIN_LOG_LEVEL": "3"}  # fmt: skip
    done = subprocess.run(
        [str(python), str(PROBES / program), *words], capture_output=True, text=True, check=False, timeout=600,
        env=clean | dict(environment or {}),
    )  # fmt: skip
    if done.returncode:
        raise StudyError(f"{program} failed with {python}: {done.stderr.strip()[-400:]}")


def describe(python: str, output: Path) -> dict[str, Any]:
    """What the environment of `python` holds: Python, distributions, and those behind each module."""
    run_probe(python, "describe.py", str(output))
    described: dict[str, Any] = read_json(output)
    return described


def data_digests(python: str, data: Path, output: Path) -> dict[str, float]:
    """MLflow's own digests of the data, and the share of the data behind each."""
    run_probe(python, "expected_digests.py", str(data), str(output))
    digests: dict[str, float] = read_json(output)
    return digests
