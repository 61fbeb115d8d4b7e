"""Environments of components that do not fit into the study's own: OpenStack Swift, and uvloop, which a stock MLflow
server does not have."""

from __future__ import annotations

import json
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import virtualenvs
from traceability.runtime.files import write_json


def build(requirements: Path, package: str, given: str, receipt: Path) -> None:
    """Write to `receipt` (JSON) the interpreter of an environment that holds `package`, or why there is none.

    `given` is the folder of an environment that is there already; without one it is built beside the receipt from the
    locked `requirements`. Raises `StudyError` when what should hold the package does not.
    """
    said = {"package": package, "python": "", "version": "", "reason": ""}
    try:
        if given:
            python = Path(given).absolute() / "bin" / "python"
        else:
            text = requirements.read_text(encoding="utf-8")
            python = virtualenvs.build(text, virtualenvs.running(), receipt.parent, sources=True, again=True)
        said |= {"python": str(python), "version": virtualenvs.version_of(python, package) if python.exists() else ""}
        if not said["version"]:
            raise StudyError(
                f"storage.{package}: {given or requirements} holds no package '{package}'; name the folder of a "
                "virtual environment with it, or leave the key empty and the study builds one"
            )
    except virtualenvs.NotBuilt as stopped:
        said["reason"] = f"cannot be installed: {stopped.detail}"
    write_json(receipt, said)


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
