"""The recorded command: as the plugin recorded it, from the MLflow project, or from what the source declares.

What is run is a Python file of the recorded commit. A recorded value is only ever the value of an option of that file:
it can name no other program, be no option of Python, and no piece of shell.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.replay import entry
from traceability.replay.entry import Start
from traceability.replay.program import reading
from traceability.replay.program.options import Declared
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record

_SHELL = re.compile(r"[|&;<>`$]")
_PLACE = re.compile(r"\{(\w+)\}")
_FILLED = re.compile(r"\{\{|\}\}|\{(\w+)\}")
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
#: What the redaction of a recorded command line leaves in place of a secret.
_HIDDEN = "***"


@dataclass(frozen=True)
class Command:
    """Words that follow the interpreter, the folder below the restored code to start it in, and what did not fit."""

    words: tuple[str, ...]
    #: `argv`, `mlproject` or `source`: where the options come from.
    origin: str
    #: Recorded parameters that were not handed to the program, and why, where there is more to say.
    unmapped: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    #: Options that the record does not give: the default was taken.
    defaulted: tuple[str, ...] = ()
    directory: str = ""
    script: str = ""

    @property
    def shown(self) -> str:
        """The command as one would type it."""
        return shlex.join(["python", *self.words])


#: Reads what a script of a folder declares; who asks about many runs of the same code gives one that remembers.
Reader = Callable[[Path, str], Declared]


def rebuild(record: Record, folder: Path, declared: Reader = reading.declared) -> Command:
    """The command that the record describes, for the code in `folder`; nothing of the code is run.

    Stops with a reason of `command_rebuilt`.
    """
    if (record.project or record.entry_point) and not record.argv:
        directory = entry.project_folder(record, folder)
        named = _named_entry(record, folder, directory, declared)
        if named is not None:
            return named
    start = entry.start(record, folder)
    if start is None:
        raise Stopped("no_entry_point", "the record names no script")
    if not start.script.endswith(".py"):
        raise Stopped("command_unreadable", f"'{start.script}' is no Python script")
    typed = entry.after_interpreter(record.argv)[2 if start.module else 1 :]
    if typed and _HIDDEN not in record.argv and not any(name.startswith("option:") for name in record.added):
        return Command((*start.words(), *typed), "argv", directory=start.directory, script=start.script)
    return _of_script(record, folder, start) or _from_source(record, folder, start, declared)


def _named_entry(record: Record, folder: Path, directory: str, declared: Reader) -> Command | None:
    """The entry point that the record names: one of MLproject, or a script of the project."""
    found = entry.entries(folder, directory)
    if record.entry_point in found:
        return _from_project(record, found[record.entry_point], folder, directory)
    if record.entry_point.endswith(".py"):
        script = entry.below(folder, f"{directory}/{record.entry_point}".lstrip("/"))
        if script is None or not (folder / script).is_file():
            raise Stopped("entry_point_missing", f"'{record.entry_point}' is not in commit {record.commit[:12]}")
        return _from_source(record, folder, Start(script, directory), declared)
    if found:
        known = ", ".join(sorted(found))
        raise Stopped("entry_point_missing", f"MLproject has no entry point '{record.entry_point}'; it has {known}")
    return None


def _of_script(record: Record, folder: Path, start: Start) -> Command | None:
    """The entry point of a project beside the script, or at the top, that starts the recorded script."""
    for directory in dict.fromkeys((start.directory, "")):
        for about in entry.entries(folder, directory).values():
            try:
                words = shlex.split(str(about.get("command", "")))
            except ValueError:
                continue
            names = {f"{directory}/{word}".lstrip("/") for word in words if not word.startswith("-")}
            if start.script in names:
                return _from_project(record, about, folder, directory)
    return None


def _from_project(record: Record, about: Mapping[str, Any], folder: Path, directory: str) -> Command:
    text, declared = about.get("command"), about.get("parameters") or {}
    if not isinstance(text, str) or not isinstance(declared, dict):
        raise Stopped("command_unreadable", "MLproject: an entry point needs a command and a mapping of parameters")
    values, defaulted, params = {}, [], record.options
    for name, said in declared.items():
        default = said.get("default") if isinstance(said, dict) else None
        if name in params:
            values[str(name)] = params[name]
        elif isinstance(default, str | int | float):
            values[str(name)] = str(default)
            defaulted.append(str(name))
        else:
            raise Stopped("parameter_missing", f"the entry point needs '{name}'")
    begin, script, rest = _program(text, folder, directory)
    words = _filled(rest, values)
    unmapped = tuple(sorted(params.keys() - declared.keys()))
    return Command((*begin, *words), "mlproject", unmapped, {}, tuple(defaulted), directory, script)


def _program(text: str, folder: Path, directory: str) -> tuple[tuple[str, ...], str, list[str]]:
    """The words of a project's command up to its script or module, the script below `folder`, and the other words.

    They are the commit's own: nothing is filled in before the script is known.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Stopped("command_unreadable", f"MLproject: the command cannot be read ({error})") from None
    bare = _PLACE.sub("", text)
    if not words or not _PYTHON.fullmatch(words[0]) or _SHELL.search(bare):
        raise Stopped("command_unreadable", f"MLproject: '{text}' is not one Python command")
    begin = 1
    while begin < len(words) and words[begin] in ("-u", "-B"):
        begin += 1
    named = words[begin : begin + 2]
    if named[:1] == ["-m"] and len(named) > 1 and re.fullmatch(r"[A-Za-z_][\w.]*", named[1]):
        script = entry.module_file(folder, directory, named[1])
        length = 2
    else:
        script = entry.below(folder, f"{directory}/{named[0]}".lstrip("/")) if named else None
        length = 1
        if script is not None and (not script.endswith(".py") or not (folder / script).is_file()):
            script = None
    if script is None or named[0].startswith("/"):
        raise Stopped("command_unreadable", f"MLproject: '{text}' starts no Python file of the commit")
    start = tuple(words[begin : begin + length])
    if length == 1 and start[0].startswith("-"):
        start = (f"./{start[0]}",)
    return (*words[1:begin], *start), script, words[begin + length :]


def _filled(words: list[str], values: Mapping[str, str]) -> list[str]:
    """The words with recorded values in them; a value that begins with '-' is joined to its option."""
    found: list[str] = []
    for word in words:
        unknown = [name for name in _FILLED.findall(word) if name and name not in values]
        if unknown or re.search(r"[{}]", _FILLED.sub("", word)):
            raise Stopped("command_unreadable", f"MLproject: the command cannot be filled in ('{word}')")
        filled = _FILLED.sub(lambda place: values[place[1]] if place[1] else place[0][0], word)
        if filled.startswith("-") and not word.startswith("-"):
            before = found[-1] if found else ""
            if not before.startswith("-") or "=" in before:
                raise Stopped("command_unreadable", f"'{filled}' would be read as an option of the program")
            found[-1] = f"{before}={filled}" if before.startswith("--") else f"{before}{filled}"
        else:
            found.append(filled)
    return found


def _from_source(record: Record, folder: Path, start: Start, declared: Reader) -> Command:
    """The script with the recorded parameters that its source declares as options."""
    read = reading.call(declared(folder, start.script), record.options)
    if read.missing:
        raise Stopped("parameter_missing", f"the program needs '{read.missing[0]}'")
    if "subcommand" in read.reasons:
        raise Stopped("command_unreadable", f"the program has several commands: {read.reasons['subcommand']}")
    return Command(
        (*start.words(), *read.words), "source", read.unmapped, read.reasons, read.defaulted, start.directory,
        start.script,
    )  # fmt: skip
