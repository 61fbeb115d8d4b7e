"""Environments that rules build for themselves from a locked list: of a tracker, or of a component of storage."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import virtualenvs
from traceability.runtime.files import write_json

log = logging.getLogger(__name__)


def build(
    requirements: Path, package: str, receipt: Path, about: Mapping[str, str], *, version: str = "", given: str = ""
) -> None:
    """Write to `receipt` (JSON) the interpreter of an environment that holds `package`, or why there is none.

    It is built beside the receipt from the locked `requirements`; `given` is the folder of one that is there already.
    `about` is kept in the receipt, with `version` (where empty, the one that is found), `python` and `reason`. Raises
    `StudyError` when what should hold the package does not, or holds another version.
    """
    said = dict(about) | {"python": "", "version": version, "reason": ""}
    try:
        if given:
            python = Path(given).absolute() / "bin" / "python"
        else:
            text = requirements.read_text(encoding="utf-8")
            python = virtualenvs.build(text, virtualenvs.running(), receipt.parent, sources=True, again=True)
        found = virtualenvs.version_of(python, package) if python.exists() else ""
        if not found and given:
            raise StudyError(
                f"storage.{package}: {given} holds no package '{package}'; name the folder of a virtual environment "
                "with it, or leave the key empty and the study builds one"
            )
        if not found:
            raise StudyError(f"{requirements}: holds no package '{package}'; add it to {requirements.stem}.in")
        if version and found != version:
            raise StudyError(
                f"{requirements} holds {package} {found}, but {version} is asked for; correct one of the two"
            )
        said |= {"python": str(python), "version": found}
    except virtualenvs.NotBuilt as stopped:
        said["reason"] = f"cannot be installed: {stopped.detail}"
        log.warning("%s: %s", package, said["reason"])
    write_json(receipt, said)
