"""Options that a library makes of a dataclass's fields: `HfArgumentParser`, `tyro.cli`, `simple_parsing`, `pyrallis`.

Of a class that another package defines (`transformers.TrainingArguments`) nothing is known here, because nothing of the
program's environment is imported; its recorded fields are said to be unmapped.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from traceability.replay.program.click_options import type_in_words, with_defaults
from traceability.replay.program.options import UNKNOWN, Declared, Option
from traceability.replay.program.source import Module, dotted, last

#: Calls that are given dataclasses, and whether a field that is a dataclass itself gives `--field.part`.
_READERS = {
    "HfArgumentParser": False, "tyro.cli": True, "simple_parsing.parse": False, "add_arguments": False,
    "pyrallis.parse": True, "pyrallis.wrap": True,
}  # fmt: skip
#: Deepest nesting of dataclasses that is followed.
_DEEPEST = 5

_Known = Mapping[str, tuple[Module, ast.ClassDef]]


def declared(modules: Sequence[Module]) -> Declared:
    """The options of all dataclasses that the program hands to such a library; `modules` begins with the script."""
    known: dict[str, tuple[Module, ast.ClassDef]] = {}
    for module in modules:
        for node in module.nodes():
            if isinstance(node, ast.ClassDef):
                known.setdefault(node.name, (module, node))
    options: dict[str, Option] = {}
    for module in modules:
        for call in module.calls():
            reader = _reader(call)
            if reader:
                for option in _given(module, call, reader, known):
                    options.setdefault(option.name, option)
    return Declared(tuple(options.values()))


def _reader(call: ast.Call) -> str:
    named = dotted(call.func)
    return next((name for name in _READERS if named == name or named.endswith(f".{name}")), "")


def _given(module: Module, call: ast.Call, reader: str, known: _Known) -> Iterator[Option]:
    """The options of what one call is given: a dataclass, several of them, or (tyro) a function."""
    first = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "config_class"), None)
    functions = {node.name: node for node in module.nodes() if isinstance(node, ast.FunctionDef)}
    if reader == "pyrallis.wrap":
        # The decorated function's first parameter says the class.
        wrapped = (f for f in functions.values() if call in f.decorator_list and f.args.args)
        first = next((f.args.args[0].annotation for f in wrapped), None)
    listed = first.elts if isinstance(first, ast.Tuple | ast.List) else [first]
    for named in listed:
        name = last(named) if isinstance(named, ast.expr) else ""
        if name in known:
            yield from _fields(known[name], known, reader, "", 0)
        elif reader == "tyro.cli" and name in functions:
            for argument, default in with_defaults(functions[name]):
                yield _option(module, argument.arg, argument.annotation, default, reader)


def _fields(of: tuple[Module, ast.ClassDef], known: _Known, reader: str, prefix: str, depth: int) -> Iterator[Option]:
    """The fields of a dataclass, those of its bases first."""
    module, definition = of
    for base in definition.bases:
        if last(base) in known and depth < _DEEPEST:
            yield from _fields(known[last(base)], known, reader, prefix, depth + 1)
    for node in definition.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        kind, default = type_in_words(node.annotation), node.value
        if kind.startswith(("ClassVar", "InitVar")):
            continue
        name = prefix + node.target.id
        nested = kind.rpartition(".")[2]
        if nested in known and _READERS[reader] and depth < _DEEPEST:
            yield from _fields(known[nested], known, reader, f"{name}.", depth + 1)
        elif nested not in known and _settings(default).get("init") is not False:
            yield _option(module, name, node.annotation, default, reader)


def _settings(default: ast.expr | None) -> dict[str, Any]:
    """What `field(...)` says, of plain values."""
    if not isinstance(default, ast.Call):
        return {}
    found: dict[str, Any] = {}
    for keyword in default.keywords:
        if keyword.arg:
            try:
                found[keyword.arg] = ast.literal_eval(keyword.value)
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                found[keyword.arg] = UNKNOWN
    return found


def _option(module: Module, name: str, annotation: ast.expr | None, default: ast.expr | None, reader: str) -> Option:
    kind, said = type_in_words(annotation), _settings(default)
    value, required = module.value(default), default is None
    if isinstance(default, ast.Call):  # field(default=...), field(default_factory=...)
        value = said.get("default", UNKNOWN)
        required = last(default.func) in ("field", "HfArg") and not {"default", "default_factory"} & said.keys()
    spelled = (f"--{name}",)
    if kind == "bool" and reader == "tyro.cli" and not required:
        off = ".".join([*name.split(".")[:-1], f"no-{name.rpartition('.')[2]}"])
        return Option(name, spelled, "flag", spelled, (f"--{off}",), value)
    many = kind.startswith(("list", "List", "Sequence", "tuple", "Tuple", "set", "Set"))
    if many and reader in ("pyrallis.parse", "pyrallis.wrap"):
        return Option(name, spelled, "value", default=value, required=required)  # reads `[1, 2]` as YAML
    return Option(name, spelled, "words" if many else "value", default=value, required=required)
