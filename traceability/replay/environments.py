"""The environment of a replay: this one, one rebuilt with uv from what the record says, or one that a file names."""

from __future__ import annotations

import contextlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime import virtualenvs

_REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w.,\s-]+\])?\s*([<>=!~]=?.*)?(;.*)?")


@dataclass(frozen=True)
class Resolved:
    """An interpreter, and where its packages were named: `same`, `model`, `repository` or `file`."""

    python: Path
    origin: str


def resolve(name: str, record: Record, folder: Path, cache: Path) -> Resolved:
    """The interpreter for environment `name`: `same`, `recorded`, `recorded_then` or the path of a requirements file.

    `recorded_then` takes only packages published by the day of the run. Environments are kept in `cache` by the digest
    of what they hold. Stops with a reason of `environment_resolved`.
    """
    if name == "same":
        return Resolved(Path(sys.executable), "same")
    if name in ("recorded", "recorded_then"):
        wanted, python, origin = _recorded(record, folder)
        cutoff = record.date if name == "recorded_then" else ""
    else:
        if not Path(name).is_file():
            raise Stopped("environment_missing", f"{name}: no such requirements file")
        # The user's own file is taken as it is, with its hashes.
        text = Path(name).read_text(encoding="utf-8")
        return Resolved(_build(text, virtualenvs.running(), "", cache), "file")
    return Resolved(from_index(wanted, python, cutoff, cache), origin)


def from_index(requirements: list[str], python: str, cutoff: str, cache: Path) -> Path:
    """An interpreter with `requirements`, all of them packages of the index. Stops as `resolve` does."""
    for line in requirements:
        # Options, paths and addresses in somebody's requirements could name any code.
        if not _REQUIREMENT.fullmatch(line):
            raise Stopped("requirement_unresolvable", f"'{line}' is not a package of the index")
    return _build("\n".join(sorted(requirements)) + "\n", python, cutoff, cache)


def lines(path: Path) -> list[str]:
    """Requirements of a file without comments and hashes."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    plain = (re.sub(r"\s--hash=\S+", "", line.partition(" #")[0]).strip() for line in text.splitlines())
    return [line for line in plain if line and not line.startswith("#")]


def _recorded(record: Record, folder: Path) -> tuple[list[str], str, str]:
    """Requirements, Python version, and where they were found: the logged model, else the restored repository."""
    places = [(record.model, "model")] if record.model else []
    for place, origin in [*places, (folder, "repository")]:
        requirements, python_env = place / "requirements.txt", place / "python_env.yaml"
        python = virtualenvs.running()
        if python_env.is_file():
            with contextlib.suppress(yaml.YAMLError, AttributeError):
                python = str(yaml.safe_load(python_env.read_text(encoding="utf-8")).get("python") or python)
        if requirements.is_file():
            return lines(requirements), ".".join(python.split(".")[:2]), origin
    raise Stopped("no_environment_recorded", "no logged model and no requirements.txt in the repository")


def _build(requirements: str, python: str, cutoff: str, cache: Path) -> Path:
    """`virtualenvs.build`, with its failure as a reason of the road."""
    try:
        return virtualenvs.build(requirements, python, cache, until=cutoff)
    except virtualenvs.NotBuilt as stopped:
        code = "environment_missing" if stopped.stage == "interpreter" else "requirement_unresolvable"
        raise Stopped(code, stopped.detail) from None
