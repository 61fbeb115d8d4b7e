"""Where the recorded program begins: its script or module, the folder that it was started in, its MLflow project.

Everything named here lies in the recorded commit; a record that names something else stops the replay.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from traceability.replay.program import reading, source
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.stores import small_files
from traceability.stores.small_files import Unreadable

_HARMLESS = re.compile(r"-[uBqvOdEsI]+")
_WITH_VALUE = ("-X", "-W")


@dataclass(frozen=True)
class Start:
    """The script as a path below the repository, and the folder below it in which Python is started."""

    script: str
    directory: str = ""
    #: Name of the module, where it is started with `-m`.
    module: str = ""

    def words(self) -> tuple[str, ...]:
        """What follows the interpreter. None of it can be taken for an option of Python."""
        if self.module:
            return "-m", self.module
        relative = Path(os.path.relpath(self.script, self.directory or ".")).as_posix()
        return (f"./{relative}" if relative.startswith("-") else relative,)


def below(folder: Path, name: str) -> str | None:
    """`name` as a path below `folder`; None where it leads out of it, or is not a plain relative path."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or "\0" in name:
        return None
    try:
        inside = (folder / parts).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return None
    return "" if str(parts) == "." else str(parts) if inside else None


def project_folder(record: Record, folder: Path) -> str:
    """The folder of the recorded MLflow project below the repository; empty for its top.

    Stops with `entry_point_missing` where the commit does not have the recorded subfolder.
    """
    address, _, subfolder = record.project.partition("#")
    if subfolder:
        found = below(folder, subfolder.strip("/"))
        if found is None or not (folder / found).is_dir():
            raise Stopped("entry_point_missing", f"'{subfolder}' is no folder of commit {record.commit[:12]}")
        return found
    place = unquote(urlsplit(address).path) if address.startswith("file:") else address
    parts = PurePosixPath(place).parts[1:] if place.startswith("/") else ()
    for first in range(len(parts)):
        found = below(folder, "/".join(parts[first:]))
        if found and (folder / found / "MLproject").is_file():
            return found
    return ""


def entries(folder: Path, directory: str) -> dict[str, Any]:
    """Entry points of the MLproject in `directory`; empty where there is none. Stops with `command_unreadable`."""
    if not (folder / directory / "MLproject").exists():
        return {}
    found = _project(folder, directory).get("entry_points") or {}
    if not isinstance(found, dict):
        raise Stopped("command_unreadable", "MLproject: entry_points is no mapping")
    return {str(name): entry for name, entry in found.items() if isinstance(entry, dict)}


def project_name(folder: Path, directory: str = "") -> str:
    """The name in MLproject; empty if there is none."""
    try:
        found = _project(folder, directory).get("name") if (folder / directory / "MLproject").exists() else ""
    except Stopped:
        return ""
    return found if isinstance(found, str) else ""


def _project(folder: Path, directory: str) -> dict[str, Any]:
    text = source.read(folder / directory / "MLproject", folder)
    if text is None:
        raise Stopped("command_unreadable", "MLproject: no regular file of the commit")
    try:
        return small_files.parsed(text.encode())
    except Unreadable:
        raise Stopped("command_unreadable", "MLproject: no mapping in YAML, or one with aliases") from None


def start(record: Record, folder: Path) -> Start | None:
    """Where the recorded script begins; None where the record names no script. Stops with `entry_point_missing`."""
    named = record.source.replace("\\", "/")
    if not named or named.startswith("file:") or "://" in named:
        return None
    script = _script(record, folder, named)
    directory = below(folder, record.directory) if record.directory else None
    if directory is None or not (folder / directory).is_dir():
        directory = _directory(named, script)
    as_module = _module_of_command(record, folder, directory)
    if as_module:
        return Start(script, directory, as_module)
    if script.endswith(".py") and reading.relative_imports(folder, script):
        # Relative imports work in no other way than as a module of its package.
        top = (folder / script).parent
        while (top / "__init__.py").is_file() and top != folder:
            top = top.parent
        module = ".".join((folder / script).relative_to(top).with_suffix("").parts)
        return Start(script, "" if top == folder else top.relative_to(folder).as_posix(), module)
    return Start(script, directory)


def _script(record: Record, folder: Path, named: str) -> str:
    """The recorded script as a path below `folder`: as named, by its longest ending that is there, or by its name."""
    parts = PurePosixPath(named).parts
    if ".." not in parts:
        for first in range(len(parts)):
            candidate = below(folder, "/".join(part for part in parts[first:] if part != "/"))
            if candidate and (folder / candidate).is_file():
                return candidate
        wanted = "/".join(part for part in parts if part not in ("/", "."))
        same = [path for path in _files(folder) if path == wanted or path.endswith(f"/{wanted}")]
        same = [path for path in same if below(folder, path)]  # no link that leads out
        if len(same) == 1:
            return same[0]
        if same:
            raise Stopped("entry_point_missing", f"'{named}' may be any of {', '.join(same[:4])}")
    raise Stopped("entry_point_missing", f"'{named}' is not in commit {record.commit[:12]}")


def _files(folder: Path) -> list[str]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        found += [Path(place, name).relative_to(folder).as_posix() for name in sorted(names)]
    return found


def _directory(named: str, script: str) -> str:
    """The folder that a relative name was typed in; an absolute one says nothing of it."""
    if PurePosixPath(named).is_absolute() or re.match(r"[A-Za-z]:/", named):
        return ""
    typed = PurePosixPath(named)
    return "/".join(PurePosixPath(script).parts[: -len(typed.parts)]) if script.endswith(str(typed)) else ""


def _module_of_command(record: Record, folder: Path, directory: str) -> str:
    """The module that the recorded command line starts with `-m`; empty for a script."""
    words = after_interpreter(record.argv)
    if len(words) < 2 or words[0] != "-m" or not re.fullmatch(r"[A-Za-z_][\w.]*", words[1]):
        return ""
    return words[1] if module_file(folder, directory, words[1]) else ""


def module_file(folder: Path, directory: str, module: str) -> str | None:
    """The file of the commit that `python -m module` runs when it is started in `directory`."""
    parts = module.split(".")
    for name in (f"{'/'.join(parts)}.py", f"{'/'.join(parts)}/__main__.py"):
        found = below(folder, f"{directory}/{name}".lstrip("/"))
        if found and (folder / found).is_file():
            return found
    return None


def after_interpreter(argv: str) -> list[str]:
    """The words of a recorded command line from the script, or `-m`, on; empty where it cannot be read."""
    try:
        words = shlex.split(argv)[1:]
    except ValueError:
        return []
    while words and (words[0] in _WITH_VALUE or _HARMLESS.fullmatch(words[0])):
        words = words[2 if words[0] in _WITH_VALUE else 1 :]
    return words
