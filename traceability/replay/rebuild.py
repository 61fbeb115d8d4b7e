"""The recorded command: from the project file and the recorded parameters, else from what the script says of itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from traceability.replay.reasons import Stopped
from traceability.replay.record import Record

_SHELL = {"|", "||", "&", "&&", ";", ">", ">>", "<", "$(", "`"}


@dataclass(frozen=True)
class Command:
    """Words to run in the restored folder (the first one is the interpreter), and what did not fit."""

    words: tuple[str, ...]
    #: `mlproject` or `help`: where the options come from.
    origin: str
    #: Recorded parameters that are no option of the program.
    unmapped: tuple[str, ...]
    #: Options of the project file that the record does not give: the default was taken.
    defaulted: tuple[str, ...]


def rebuild(record: Record, folder: Path, python: Path, ask_help: Callable[[tuple[str, ...]], str]) -> Command:
    """The command that the record describes, for the code in `folder`.

    `ask_help` runs words in the sandbox and returns what they print. Stops with a reason of `command_rebuilt`.
    """
    script = _script(record, folder)
    entry = _entry_point(record, folder, script)
    if entry is not None:
        return _from_project(record, entry, python)
    if script is None:
        raise Stopped("no_entry_point", "the record names no script")
    return _from_help(record, script, python, ask_help)


def project_name(folder: Path) -> str:
    """The name in MLproject; empty if there is none."""
    path = folder / "MLproject"
    try:
        return str(yaml.safe_load(path.read_text(encoding="utf-8")).get("name") or "") if path.is_file() else ""
    except (yaml.YAMLError, AttributeError, UnicodeDecodeError):
        return ""


def _script(record: Record, folder: Path) -> str | None:
    """The recorded script, relative to `folder`; an absolute name counts by its longest ending that is there."""
    if not record.source or record.source.startswith("file:"):
        return None
    parts = PurePosixPath(record.source.replace("\\", "/")).parts
    for start in range(len(parts)):
        candidate = folder.joinpath(*parts[start:])
        if candidate.is_file() and folder.resolve() in candidate.resolve().parents:
            return "/".join(parts[start:])
    if record.entry_point:
        return None
    raise Stopped("entry_point_missing", f"'{record.source}' is not in commit {record.commit[:12]}")


def _entry_point(record: Record, folder: Path, script: str | None) -> dict[str, Any] | None:
    """The entry of MLproject that the record names, or the one that starts the recorded script."""
    path = folder / "MLproject"
    if not path.is_file():
        return None
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")).get("entry_points") or {}
    except (yaml.YAMLError, AttributeError, UnicodeDecodeError) as error:
        raise Stopped("command_unreadable", f"MLproject: {str(error).splitlines()[0]}") from None
    if record.entry_point in entries:
        return dict(entries[record.entry_point])
    for entry in entries.values():
        if script and script in shlex.split(str(entry.get("command", ""))):
            return dict(entry)
    return None


def _from_project(record: Record, entry: dict[str, Any], python: Path) -> Command:
    declared = entry.get("parameters") or {}
    values, defaulted = {}, []
    for name, about in declared.items():
        default = about.get("default") if isinstance(about, dict) else None
        if name in record.params:
            values[name] = record.params[name]
        elif default is not None:
            values[name] = str(default)
            defaulted.append(name)
        else:
            raise Stopped("parameter_missing", f"the entry point needs '{name}'")
    try:
        # Each value is one quoted word, so nothing that a record says can become a command.
        text = str(entry["command"]).format(**{name: shlex.quote(value) for name, value in values.items()})
        words = shlex.split(text)
    except (KeyError, ValueError, IndexError) as error:
        raise Stopped("command_unreadable", f"MLproject: the command cannot be filled in ({error})") from None
    if not words or words[0] not in ("python", "python3") or _SHELL & set(shlex.split(str(entry["command"]))):
        raise Stopped("command_unreadable", f"MLproject: '{entry['command']}' is not one Python command")
    unmapped = tuple(sorted(record.params.keys() - declared.keys()))
    return Command((str(python), *words[1:]), "mlproject", unmapped, tuple(defaulted))


def options_of(help_text: str) -> dict[str, bool]:
    """Long options that a `--help` text lists, without dashes; True for those that take a value."""
    found: dict[str, bool] = {}
    for match in re.finditer(r"(?<![\w-])--([A-Za-z0-9][\w-]*)(?:[ =]([\[{<A-Z][^\s,\]]*))?", help_text):
        found[match[1]] = found.get(match[1], False) or match[2] is not None
    found.pop("help", None)
    return found


def _from_help(record: Record, script: str, python: Path, ask_help: Callable[[tuple[str, ...]], str]) -> Command:
    if not script.endswith(".py"):
        raise Stopped("command_unreadable", f"'{script}' is no Python script")
    options = options_of(ask_help((str(python), script, "--help")))
    words, unmapped = [str(python), script], []
    for name, value in sorted(record.params.items()):
        option = next((spelling for spelling in (name.replace("_", "-"), name) if spelling in options), None)
        if option is None:
            unmapped.append(name)
        elif options[option]:
            words.append(f"--{option}={value}")
        elif value.lower() == "true":
            words.append(f"--{option}")
    return Command(tuple(words), "help", tuple(unmapped), ())
