"""Environments of components that do not fit into the study's own: OpenStack Swift, and uvloop, which a stock MLflow
server does not have. The rule `build_environment` builds them."""

from __future__ import annotations

import json
from pathlib import Path

from traceability.errors import StudyError


def interpreter(component: str, receipt: Path | None) -> Path:
    """The interpreter that a receipt names. Raises `StudyError` with the reason where there is none."""
    if receipt is None:
        raise StudyError(f"{component}: its environment was not built")
    said = json.loads(receipt.read_text(encoding="utf-8"))
    if said["reason"]:
        raise StudyError(f"{component}: {said['package']} {said['reason']}")
    python = Path(said["python"])
    if not python.exists():
        raise StudyError(f"{component}: {python} has gone; remove {receipt} and run again")
    return python
