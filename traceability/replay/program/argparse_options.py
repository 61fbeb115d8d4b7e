"""Options that a program declares with argparse (or optparse's heirs that have the same `add_argument`)."""

from __future__ import annotations

import ast
from typing import Any

from traceability.replay.program.options import Declared, Option, long_first
from traceability.replay.program.source import Module, last

_IGNORED = ("help", "version")


def declared(module: Module) -> Declared:
    """The options of all parsers of `module`; those of subparsers carry the name of their subcommand."""
    commands, command_name = _subcommands(module)
    options, unread = [], []
    for call in module.calls():
        if last(call.func) != "add_argument" or not isinstance(call.func, ast.Attribute):
            continue
        read = _option(module, call)
        if read is None:
            unread.append(f"{module.name}:{call.lineno}")
        elif read.form not in _IGNORED:
            receiver = call.func.value
            of = commands.get(receiver.id, "") if isinstance(receiver, ast.Name) else ""
            options.append(_belonging(read, of))
    defaults = _set_defaults(module)
    options = [_with_default(option, defaults) for option in options]
    return Declared(tuple(options), command_name, tuple(dict.fromkeys(commands.values())), tuple(unread))


def _belonging(option: Option, command: str) -> Option:
    return Option(**{**vars(option), "command": command}) if command else option


def _with_default(option: Option, defaults: dict[str, Any]) -> Option:
    return Option(**{**vars(option), "default": defaults[option.name]}) if option.name in defaults else option


def _set_defaults(module: Module) -> dict[str, Any]:
    return {
        keyword.arg: module.value(keyword.value)
        for call in module.calls()
        if last(call.func) == "set_defaults"
        for keyword in call.keywords
        if keyword.arg
    }


def _subcommands(module: Module) -> tuple[dict[str, str], str]:
    """Names of parsers' variables with their subcommand, and the parameter under which the subcommand is recorded."""
    found, name = {}, ""
    for node in module.nodes():
        if isinstance(node, ast.Call) and last(node.func) == "add_subparsers":
            said = _keywords(module, node).get("dest")
            name = said if isinstance(said, str) else name
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            call, target = node.value, node.targets[0]
            if last(call.func) == "add_parser" and call.args and isinstance(target, ast.Name):
                command = module.value(call.args[0])
                if isinstance(command, str):
                    found[target.id] = command
    return found, name


def _keywords(module: Module, call: ast.Call) -> dict[str, Any]:
    return {keyword.arg: module.value(keyword.value) for keyword in call.keywords if keyword.arg}


def _option(module: Module, call: ast.Call) -> Option | None:
    """The option that one `add_argument` declares; None where its name is not a plain text."""
    names = [module.value(argument) for argument in call.args if not isinstance(argument, ast.Starred)]
    if not names or len(names) != len(call.args) or not all(isinstance(name, str) for name in names):
        return None
    words = _keywords(module, call)
    spellings = long_first(name for name in names if name.startswith("-"))
    named = words.get("dest")
    if not isinstance(named, str):
        named = spellings[0].lstrip("-").replace("-", "_") if spellings else names[0]
    default = words.get("default")
    form, on, off = _form(call, words, spellings)
    required = words.get("required") is True or (not spellings and words.get("nargs") not in ("?", "*"))
    const = str(words.get("const")) if form == "constant" else ""
    return Option(named, spellings, form, on, off, default, required, const)


def _form(
    call: ast.Call, words: dict[str, Any], spellings: tuple[str, ...]
) -> tuple[str, tuple[str, ...], tuple[str, ...] | None]:
    """The form of an option (see `options.Option`), or the action that is none, with its words for true and false."""
    nodes = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    action = words.get("action", "store")
    said = action if isinstance(action, str) else last(nodes["action"])
    first = spellings[:1]
    negative = next((f"--no-{spelling[2:]}" for spelling in spellings if spelling.startswith("--")), None)
    ways: dict[str, tuple[str, tuple[str, ...], tuple[str, ...] | None]] = {
        "store_true": ("flag", first, ()),
        "store_false": ("flag", (), first),
        "BooleanOptionalAction": ("flag", first, None if negative is None else (negative,)),
        "store_const": ("constant", first, ()),
    }
    kind = nodes.get("type")
    many = words.get("nargs")
    if said in ways:
        return ways[said]
    if said in (*_IGNORED, "count"):
        return said, (), ()
    if said == "append" or (said == "extend" and many is None):
        return "repeated", (), ()
    if many not in (None, "?"):  # a number, "+", "*", or something that only running it would tell
        return "words", (), ()
    return ("bool_type" if isinstance(kind, ast.Name) and kind.id == "bool" else "value"), (), ()
