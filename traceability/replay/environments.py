"""The environment of a replay: this one, one rebuilt with uv from what the record says, or one that a file names.

First it is only read what is wanted; it is built after the user has agreed. Packages come from the package index and
nowhere else, as wheels; the record can name no program, no address and no option of the installer.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from traceability.replay.program import source
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime import virtualenvs
from traceability.stores import small_files
from traceability.stores.small_files import Unreadable

_VERSION = re.compile(r"(\d+\.\d+)(\.\d+)?")
_CONDA = ("conda.yaml", "environment.yml", "environment.yaml")


@dataclass(frozen=True)
class Wanted:
    """What an environment holds, before it is built."""

    #: `same`, `model`, `repository` or `file`: where the packages are named.
    origin: str
    requirements: str = ""
    python: str = ""
    cutoff: str = ""

    @property
    def shown(self) -> str:
        """The environment in words."""
        if self.origin == "same":
            return "same"
        number = len(self.requirements.splitlines())
        until = f" published by {self.cutoff}" if self.cutoff else ""
        return f"{number} packages{until} from the package index, Python {self.python}, named by the {self.origin}"


@dataclass(frozen=True)
class Resolved:
    """An interpreter, and where its packages were named: `same`, `model`, `repository` or `file`."""

    python: Path
    origin: str


def wanted(name: str, record: Record, folder: Path) -> Wanted:
    """What environment `name` is to hold: `same`, `recorded`, `recorded_then` or the path of a requirements file.

    `recorded_then` takes only packages published by the day of the run. Nothing is run or fetched. Stops with a reason
    of `environment_resolved`.
    """
    if name == "same":
        return Wanted("same")
    if name not in ("recorded", "recorded_then"):
        if not Path(name).is_file():
            raise Stopped("environment_missing", f"{name}: no such requirements file")
        # The user's own file is taken as it is, with its hashes.
        return Wanted("file", Path(name).read_text(encoding="utf-8"), virtualenvs.running())
    requirements, python, origin = _recorded(record, folder)
    if name == "recorded_then" and not record.date:
        raise Stopped("no_environment_recorded", "the record does not say on which day it ran")
    return Wanted(origin, _checked(requirements), python, record.date if name == "recorded_then" else "")


def build(about: Wanted, cache: Path) -> Resolved:
    """The interpreter of an environment, kept in `cache` by the digest of what it holds. Stops as `wanted` does."""
    if about.origin == "same":
        return Resolved(Path(sys.executable), "same")
    try:
        python = virtualenvs.build(about.requirements, about.python, cache, until=about.cutoff)
    except virtualenvs.NotBuilt as stopped:
        code = "environment_missing" if stopped.stage == "interpreter" else "requirement_unresolvable"
        raise Stopped(code, stopped.detail) from None
    return Resolved(python, about.origin)


def from_index(requirements: list[str], python: str, cutoff: str, cache: Path) -> Path:
    """An interpreter with `requirements`, all of them packages of the index. Stops as `wanted` does."""
    return build(Wanted("repository", _checked(requirements), python, cutoff), cache).python


def _checked(requirements: list[str]) -> str:
    """The text of a requirements file; options, paths and addresses in somebody's requirements could name any code."""
    for line in requirements:
        try:
            direct = Requirement(line).url is not None
        except InvalidRequirement:
            direct = True
        if direct or not line.isprintable():
            raise Stopped("requirement_unresolvable", f"'{line[:80]}' is not a package of the index")
    return "\n".join(sorted(requirements)) + "\n"


def lines(path: Path) -> list[str]:
    """Requirements of a file without comments and hashes."""
    return _lines(path.read_text(encoding="utf-8"))


def _lines(text: str) -> list[str]:
    text = text.replace("\\\n", " ")
    plain = (re.sub(r"\s--hash=\S+", "", line.partition(" #")[0]).strip() for line in text.splitlines())
    return [line for line in plain if line and not line.startswith("#")]


def _recorded(record: Record, folder: Path) -> tuple[list[str], str, str]:
    """Requirements, Python version, and where they were found: the logged model, else the restored repository."""
    places = [(record.model, "model")] if record.model else []
    for place, origin in [*places, (folder, "repository")]:
        requirements = source.read(place / "requirements.txt", place)
        env = _mapping(place, "python_env.yaml")
        conda = next((found for found in (_mapping(place, name) for name in _CONDA) if found), {})
        named, packages = _conda(conda)
        said = env.get("python") or named
        if requirements is not None:
            return _lines(requirements), _python(said), origin
        if packages:
            return packages, _python(said), origin
    raise Stopped("no_environment_recorded", "no logged model, and no requirements.txt or conda.yaml in the repository")


def _mapping(place: Path, name: str) -> Mapping[str, Any]:
    text = source.read(place / name, place)
    try:
        return small_files.parsed(text.encode()) if text else {}
    except Unreadable:
        return {}


def _python(said: Any) -> str:
    """The recorded Python, as 3.11; this one's where none is recorded. Only a version is one, never a program."""
    if said in (None, ""):
        return virtualenvs.running()
    version = _VERSION.fullmatch(str(said))
    if version is None:
        raise Stopped("no_environment_recorded", f"'{str(said)[:80]}' is no version of Python")
    return version[1]


def _conda(about: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Python version and packages of a conda environment; packages of conda count as those of the index."""
    python, found = "", []
    dependencies = about.get("dependencies")
    for item in dependencies if isinstance(dependencies, list) else []:
        if isinstance(item, dict) and isinstance(item.get("pip"), list):
            found += [str(line) for line in item["pip"]]
        elif isinstance(item, str):
            name, _, version = re.sub(r"[=<>~!]=?", " ", item, count=1).partition(" ")
            if name == "python":
                python = version.partition("=")[0]
            elif name not in ("pip", "setuptools", "wheel"):
                exact = re.fullmatch(r"\s*[\w.-]+\s*={1,2}\s*([\w.]+)(=[\w.]+)?", item)
                found.append(f"{name.strip()}=={exact[1]}" if exact else item)
    return python, found
