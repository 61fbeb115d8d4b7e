"""All options of a program, whichever library declares them, and the words that give it its recorded parameters."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from traceability.replay.program import argparse_options, click_options, dataclass_options, other_options
from traceability.replay.program.options import Declared, Option, Unspellable
from traceability.replay.program.source import modules, parsed


@dataclass(frozen=True)
class Call:
    """The words that follow a script's name, and what did not fit."""

    words: tuple[str, ...] = ()
    #: Recorded parameters that were not handed over; those for which that needs a reason have it in `reasons`.
    unmapped: tuple[str, ...] = ()
    #: Options that the record does not give: the default was taken.
    defaulted: tuple[str, ...] = ()
    reasons: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: Arguments without which the program does not start and that the record lacks.
    missing: tuple[str, ...] = ()
    #: Places in the source that could not be read as declarations.
    unread: tuple[str, ...] = ()


def declared(folder: Path, script: str) -> Declared:
    """What the program `script` of the repository `folder` declares, read from its source; nothing is run."""
    found = Declared()
    read = modules(folder, script)
    for module in read:
        here = argparse_options.declared(module) + other_options.absl(module)
        if module.main or not found.options:
            here = here + click_options.declared(module) + other_options.fire(module)
        # What an imported module needs may be needed by another program.
        found = found + (here if module.main else _optional(here))
    found = found + dataclass_options.declared(read)
    if read and not found.options:
        found = found + other_options.hydra(read[0], folder)
    if read and not found.options:
        found = found + other_options.by_number(read[0])
    return found


def _optional(program: Declared) -> Declared:
    options = tuple(dataclasses.replace(option, required=False) for option in program.options)
    return dataclasses.replace(program, options=options)


def relative_imports(folder: Path, script: str) -> bool:
    """Whether the script imports relative to its package, which works only as `python -m`."""
    tree = parsed(folder / script, folder)
    return tree is not None and any(isinstance(node, ast.ImportFrom) and node.level for node in tree.body)


def call(program: Declared, params: Mapping[str, str]) -> Call:
    """The words that hand `params` to the program."""
    command, refused = _command(program, params)
    usable = [option for option in program.options if option.command in ("", command)]
    reasons = dict(refused)
    by_name = _by_name(usable)
    given: dict[Option, tuple[str, ...]] = {}
    unmapped = []
    for name, value in sorted(params.items()):
        if command and name == program.command_name:
            continue
        option = by_name.get(name) or by_name.get(name.replace("-", "_"))
        if option is None or option in given:
            unmapped.append(name)
            continue
        try:
            given[option] = option.words(value)
        except Unspellable as error:
            unmapped.append(name)
            reasons[name] = str(error)
    words = _ordered(usable, given, "")
    if command:
        words += (command, *_ordered(usable, given, command))
    left = [option for option in usable if option not in given]
    return Call(
        words, tuple(unmapped), tuple(sorted({option.name for option in left})), reasons,
        tuple(sorted(option.name for option in left if option.required)), program.unread,
    )  # fmt: skip


def _command(program: Declared, params: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The subcommand that the record names, or why none can be told."""
    if not program.commands:
        return "", {}
    said = params.get(program.command_name, "")
    if said in program.commands:
        return said, {}
    if len(program.commands) == 1 and program.command_name:
        return program.commands[0], {}
    return "", {"subcommand": f"one of {', '.join(program.commands)}: the record does not say which"}


def _by_name(options: list[Option]) -> dict[str, Option]:
    found: dict[str, Option] = {}
    for option in options:
        found.setdefault(option.name, option)
    for option in options:
        for name in option.names():
            found.setdefault(name, option)
    return found


def _ordered(options: list[Option], given: Mapping[Option, tuple[str, ...]], command: str) -> tuple[str, ...]:
    """Positional words as declared, up to the first that is not given, then the options by their spelling."""
    first: list[str] = []
    for option in options:
        if option.command == command and option.positional:
            if not given.get(option):
                break
            first += given[option]
    later = [words for option, words in given.items() if option.command == command and not option.positional and words]
    return (*first, *(word for words in sorted(later) for word in words))
