"""Options that a program declares with click's decorators, or as parameters of a function that typer or Fire calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from traceability.replay.program.options import UNKNOWN, Declared, Option, long_first
from traceability.replay.program.source import Module, dotted, last

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def declared(module: Module) -> Declared:
    """The options of the click or typer command that `module` starts; with several commands, of each of them."""
    commands = dict(_commands(module))
    if not commands:
        return Declared()
    several = len(commands) > 1
    options, unread = [], []
    for name, (function, typer) in commands.items():
        for option in _of_function(module, function, typer):
            if option is None:
                unread.append(f"{module.name}:{function.lineno}")
            else:
                options.append(Option(**{**vars(option), "command": name if several else ""}))
    return Declared(tuple(options), "", tuple(commands) if several else (), tuple(unread))


def _commands(module: Module) -> Iterator[tuple[str, tuple[_Function, bool]]]:
    """Name, function, and whether typer reads its parameters, of each command."""
    functions = {node.name: node for node in module.nodes() if isinstance(node, _Function)}
    typers = {
        target.id
        for node in module.nodes()
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and last(node.value.func) == "Typer"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    run = [
        call.args[0].id
        for call in module.calls()
        if dotted(call.func) in ("typer.run", "run") and call.args and isinstance(call.args[0], ast.Name)
    ]
    for name in run:
        if name in functions:
            yield name, (functions[name], True)
    for name, function in functions.items():
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if last(called) != "command":
                continue
            said = module.value(decorator.args[0]) if isinstance(decorator, ast.Call) and decorator.args else UNKNOWN
            spoken = said if isinstance(said, str) else name.replace("_", "-").lower()
            yield spoken, (function, dotted(called).partition(".")[0] in typers)


def _of_function(module: Module, function: _Function, typer: bool) -> Iterator[Option | None]:
    if typer:
        yield from parameters(module, function)
        return
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and last(decorator.func) in ("option", "argument"):
            yield _decorated(module, decorator)


def _decorated(module: Module, call: ast.Call) -> Option | None:
    """The option or argument of one click decorator; None where its name is not a plain text."""
    names = [module.value(argument) for argument in call.args]
    if not names or not all(isinstance(name, str) for name in names):
        return None
    said = {keyword.arg: module.value(keyword.value) for keyword in call.keywords if keyword.arg}
    if last(call.func) == "argument":
        form = "words" if said.get("nargs") not in (None, 1) else "value"
        return Option(names[0].lower().replace("-", "_"), (), form, default=said.get("default", UNKNOWN),
                      required="default" not in said and said.get("required") is not False)  # fmt: skip
    return click_option(names, said)


def click_option(names: list[str], said: dict[str, Any], name: str = "", switch: bool = False) -> Option:
    """An option as click reads its names and settings; typer hands its own down to click."""
    spoken = [name for name in names if name.startswith("-")]
    bare = next((name for name in names if not name.startswith("-")), "")
    pairs = [spelling.split("/", 1) for spelling in spoken]
    on = long_first(pair[0].strip() for pair in pairs)
    off = long_first(pair[1].strip() for pair in pairs if len(pair) > 1)
    named = name or bare or on[0].lstrip("-").replace("-", "_").lower()
    default = said.get("default")
    if off:
        return Option(named, on, "flag", on[:1], off[:1], default)
    if said.get("is_flag") is True or switch:
        return Option(named, on, "flag", on[:1], (), default)
    if said.get("count") is True:
        return Option(named, on, "count", default=default)
    if said.get("multiple") is True:
        return Option(named, on, "repeated", default=default)
    form = "words" if said.get("nargs") not in (None, 1) else "value"
    return Option(named, on, form, default=default, required=said.get("required") is True)


def parameters(module: Module, function: _Function) -> Iterator[Option | None]:
    """Options and arguments that typer makes of a function's parameters."""
    for argument, said in with_defaults(function):
        kind, about = _annotation(argument.annotation)
        default, words = said, about.args if about is not None else []
        if isinstance(said, ast.Call) and last(said.func) in ("Option", "Argument"):
            about, words = said, said.args[1:]
            default = said.args[0] if said.args else None
            default = None if isinstance(default, ast.Constant) and default.value is Ellipsis else default
        value = module.value(default)
        names = [name for name in map(module.value, words) if isinstance(name, str)]
        many = kind.startswith(("list", "List", "Sequence", "tuple", "Tuple"))
        asked = about is not None and last(about.func) == "Option"
        if (about is not None and not asked) or (default is None and not asked):
            yield Option(argument.arg, (), "words" if many else "value", default=value, required=default is None)
            continue
        long = "--" + argument.arg.replace("_", "-").lower()
        if kind == "bool" or (not kind and isinstance(value, bool)):
            spoken = names or [f"{long}/--no-{long[2:]}"]
            yield click_option(spoken, {"default": value}, argument.arg, switch=True)
        else:
            yield click_option(names or [long], {"default": value, "multiple": many}, argument.arg)


def with_defaults(function: _Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """A function's parameters, each with its default; None where it has none."""
    places = [*function.args.posonlyargs, *function.args.args]
    missing = len(places) - len(function.args.defaults)
    for number, argument in enumerate(places):
        if argument.arg not in ("self", "cls"):
            yield argument, function.args.defaults[number - missing] if number >= missing else None
    yield from zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)


def _annotation(node: ast.expr | None) -> tuple[str, ast.Call | None]:
    """The type in words, without Optional, and what `Annotated` says of the option."""
    about = None
    if isinstance(node, ast.Subscript) and last(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
        said = [item for item in node.slice.elts[1:] if isinstance(item, ast.Call)]
        about = next((item for item in said if last(item.func) in ("Option", "Argument")), None)
        node = node.slice.elts[0]
    return type_in_words(node), about


def type_in_words(node: ast.expr | None) -> str:
    """A type as written, without `Optional`, `| None` and `Annotated`; empty for none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):  # written as text
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return ""
    if isinstance(node, ast.Subscript) and last(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
        node = node.slice.elts[0]
    if isinstance(node, ast.Subscript) and last(node.value) == "Optional":
        node = node.slice
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant):
        node = node.left
    return "" if node is None else ast.unparse(node).removeprefix("typing.")
