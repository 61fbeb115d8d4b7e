"""The requirement list that a record names: of a logged model, line by line, as it would be given to an installer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from traceability.public_records.fields import digest
from traceability.replay import environments
from traceability.replay.reasons import Stopped
from traceability.stores import small_files

_PYTHON = re.compile(r"^\s*(?:-\s*)?[\"']?python\s*(?::|=|==)\s*[\"']?(\d+\.\d+)", re.MULTILINE)
#: Longest list that is kept, in lines.
_MOST = 2000


@dataclass(frozen=True)
class RequirementList:
    """The lines, sorted and without doubles, the version of Python (empty: not said), and the list's digest."""

    lines: tuple[str, ...] = ()
    python: str = ""

    @property
    def sha256(self) -> str:
        """Digest of lines and Python; empty without lines."""
        return digest("\n".join([*self.lines, f"python {self.python}"])) if self.lines else ""

    @property
    def pinned(self) -> int:
        """Lines with exactly one version."""
        return sum(_pinned(line) for line in self.lines)


def of_model(record: Any, empty: Path) -> RequirementList:
    """The list of a record's logged model; empty where it has none. `empty` is an empty folder."""
    if record.model is None:
        return RequirementList()
    try:
        lines = environments.wanted("recorded", record, empty).requirements.splitlines()
    except Stopped:  # among them lists that name an address or an option: kept as they are, and not resolved
        path = record.model / "requirements.txt"
        lines = environments.lines(path) if path.is_file() else []
    plain = sorted({" ".join(line.split()) for line in lines if line.strip()})
    return RequirementList(tuple(plain[:_MOST]), _python(record.model))


def _python(model: Path) -> str:
    """The version of Python, as 3.10, that the files of a model name."""
    for name in ("python_env.yaml", "conda.yaml"):
        try:
            found = _PYTHON.search(small_files.read(model / name).decode("utf-8", "replace"))
        except (FileNotFoundError, small_files.Unreadable):
            continue
        if found:
            return found[1]
    return ""


def _pinned(line: str) -> bool:
    try:
        found = list(Requirement(line).specifier)
    except InvalidRequirement:
        return False
    return len(found) == 1 and found[0].operator in ("==", "===") and "*" not in found[0].version
