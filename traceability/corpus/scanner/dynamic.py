"""Calls that hand on what they are given: imports by name, `getattr`, containers, dependency injection, `%run`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Protocol

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.resolution import Project
from traceability.corpus.scanner.values import (
    FOREIGN_SETS,
    NOTHING,
    Class,
    Module,
    Scope,
    Values,
    container,
    elements,
    last_name,
)


class Runner(Protocol):
    """What is needed of the runner that goes over a module."""

    project: Project
    number: int
    module: Module

    def hand_over(self, value: str, given: list[Values], named: dict[str, Values]) -> None:
        """Bind what a call hands in to the arguments of a function or class of the project."""

    def annotated(self, node: ast.AST | None, scope: Scope) -> Values:
        """Instances of the classes that an annotation names."""

    def bind(self, target: ast.expr, values: Values, scope: Scope, weak: bool) -> None:
        """Let a target stand for values."""


#: What a function that imports by name is called.
_IMPORTER = re.compile(r"import|lazy|module|require|need|optional|package|dependency|^load$", re.IGNORECASE)
#: Builtins that give a container of what they are given.
_SAME = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "deque", "chain", "cycle", "tqdm",
                   "track", "enumerate"})  # fmt: skip
_FIRST = frozenset({"copy", "deepcopy", "closing", "aclosing", "nullcontext", "staticmethod", "classmethod", "property",
                    "cached_property", "wraps", "run_in_threadpool"})  # fmt: skip
#: What dependency injection calls a function or class whose result, or instance, is handed in.
_GIVES_RESULT = frozenset({"Depends", "Security", "Inject", "Provide"})
_PROVIDERS = frozenset({"Singleton", "Factory", "ThreadLocalSingleton", "ThreadSafeSingleton", "Resource", "Callable",
                        "ContextLocalSingleton",
                        "lru_cache", "cache", "cached", "cache_resource", "cache_data"})  # fmt: skip
#: The call that `%run <notebook>` is read as.
RUN = "__run_notebook__"


def result(
    runner: Runner, node: ast.Call, spelled: str, functions: Values, given: list[Values], named: dict[str, Values],
    scope: Scope,
) -> Values | None:  # fmt: skip
    """What such a call gives; None where it is a call like any other."""
    maker = _MAKERS.get(spelled)
    if maker is not None and (maker is _partial or not functions or functions in FOREIGN_SETS):
        found = maker(runner, node, given, named, scope)
        if found is not None:
            return found
    if not functions or functions in FOREIGN_SETS:
        return imported(spelled, node, given, named) or None
    return None


def imported(spelled: str, node: ast.Call, given: list[Values], named: dict[str, Values]) -> Values:
    """The module that a call imports whose name it is given as a string."""
    if not _IMPORTER.search(spelled):
        return NOTHING
    found: set[str] = set()
    for values in (*given[:3], *named.values()):
        for value in values:
            if value.startswith('"mlflow'):
                name = value[1:]
                found.add(name + vocabulary.ANY if name.endswith(".") else name)
    first = node.args[0] if node.args else None
    if found and isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("."):
        found = {f"{name}{first.value}" for name in found}
    for keyword in node.keywords:  # `optional_import("mlflow", name="MlflowClient")`
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant) and node.args:
            return frozenset(vocabulary.canonical(f"{name}.{keyword.value.value!s}") for name in found)
    return frozenset(vocabulary.canonical(name) for name in found)


def _getattr(
    runner: Runner, node: ast.Call, given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    if len(node.args) < 2:
        return None
    wanted = node.args[1]
    names = {value[1:] for value in given[1] if value.startswith('"')}
    if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str):
        names = {wanted.value}
    found: set[str] = set(given[2]) if len(given) > 2 else set()
    for value in sorted(given[0] - {"~", "~U", "~()", "~U()"}):
        for name in sorted(names):
            found |= runner.project.attribute(value, name)
        is_module = value.startswith("mlflow") and not value.rpartition(".")[2][:1].isupper()
        if not names and (is_module or value == f"{vocabulary.CLIENT}()"):
            found.add(f"{value}.{vocabulary.ANY}")
    if runner.project.recording and any(value.startswith("mlflow") for value in found):
        runner.project.uses.add(runner.module.path)
    return frozenset(found)


def _setattr(
    runner: Runner, node: ast.Call, given: list[Values], _named: dict[str, Values], scope: Scope
) -> Values | None:
    if len(node.args) == 3 and isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, str):
        target = ast.Attribute(value=node.args[0], attr=node.args[1].value, ctx=ast.Store())
        runner.bind(target, given[2], scope, True)
    return NOTHING


def _namedtuple(
    runner: Runner, node: ast.Call, _given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    if len(node.args) < 2:
        return None
    number = runner.project.by_node.get(id(node))
    if number is None:
        number = runner.project.by_node[id(node)] = len(runner.project.classes)
        texts = [n.value for n in ast.walk(node.args[1]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        fields = [name for text in texts for name in text.replace(",", " ").split()]
        runner.project.classes.append(Class(last_name(node.func), fields=fields))
    return frozenset({f"class:{number}"})


def _format(
    _runner: Runner, node: ast.Call, _given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    held = node.func.value if isinstance(node.func, ast.Attribute) else None
    begins = isinstance(held, ast.Constant) and isinstance(held.value, str) and held.value.startswith("mlflow.")
    return frozenset({'"mlflow.'}) if begins else None


def _super(
    runner: Runner, _node: ast.Call, _given: list[Values], _named: dict[str, Values], scope: Scope
) -> Values | None:
    current: Scope | None = scope
    while current is not None:
        if current.function >= 0 and runner.project.functions[current.function].owner >= 0:
            owner = runner.project.classes[runner.project.functions[current.function].owner]
            return frozenset().union(*(runner.project.called(base) for base in owner.bases))
        current = current.parent
    return NOTHING


def _same(
    _runner: Runner, _node: ast.Call, given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    return frozenset(value for values in given for value in values if value.startswith("[]"))


def _zip(
    _runner: Runner, _node: ast.Call, given: list[Values], named: dict[str, Values], _scope: Scope
) -> Values | None:
    held = frozenset().union(*given)
    return container(frozenset().union(*named.values())) | frozenset(v for v in held if v.startswith("[]"))


def _next(
    _runner: Runner, _node: ast.Call, given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    return elements(given[0]) | (given[1] if len(given) > 1 else NOTHING) if given else None


def _first(
    _runner: Runner, _node: ast.Call, given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    return given[0] if given else None


def _filter(
    _runner: Runner, _node: ast.Call, given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    return given[1] if len(given) > 1 else None


def _map(
    runner: Runner, _node: ast.Call, given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    if len(given) < 2:
        return None
    found: set[str] = set()
    for value in sorted(given[0]):
        runner.hand_over(value, [elements(values) for values in given[1:]], {})
        found |= runner.project.called(value)
    return container(frozenset(found))


def _cast(
    runner: Runner, node: ast.Call, given: list[Values], _named: dict[str, Values], scope: Scope
) -> Values | None:
    return runner.annotated(node.args[0], scope) | given[1] if len(given) > 1 else None


def _depends(
    runner: Runner, _node: ast.Call, given: list[Values], named: dict[str, Values], _scope: Scope
) -> Values | None:
    wanted = given[0] if given else named.get("dependency", NOTHING)
    found: set[str] = set()
    for value in sorted(wanted):
        found |= runner.project.called(value)
    return frozenset(found) | elements(frozenset(found))


def _provider(
    runner: Runner, _node: ast.Call, given: list[Values], named: dict[str, Values], _scope: Scope
) -> Values | None:
    if not given or given[0] in FOREIGN_SETS:
        return None
    for value in sorted(given[0]):
        runner.hand_over(value, given[1:], named)
    return given[0] or None


def _partial(
    runner: Runner, _node: ast.Call, given: list[Values], named: dict[str, Values], _scope: Scope
) -> Values | None:
    if not given:
        return None
    for value in sorted(given[0]):
        runner.hand_over(value, given[1:], named)
    return given[0]


def _enter(
    runner: Runner, _node: ast.Call, given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    return entered(runner, given[0]) if given else None


def entered(runner: Runner, values: Values) -> Values:
    """What `with` gives of the values: what a generator yields, what `__enter__` returns, or the thing itself."""
    found: set[str] = set()
    for value in sorted(values):
        if value.startswith("[]"):
            found.add(value[2:])
        elif value.startswith("instance:"):
            methods = runner.project._member(int(value[9:]), "__enter__", True, 0)
            methods |= runner.project._member(int(value[9:]), "__aenter__", True, 0)
            given = frozenset().union(*(runner.project.called(method) for method in methods))
            found |= given or {value}
        else:
            found.add(value)
    return frozenset(found)


def _fixture(
    runner: Runner, node: ast.Call, _given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    return runner.project.fixture(runner.module.path, name) if isinstance(name, str) else None


def _run(
    runner: Runner, node: ast.Call, _given: list[Values], _named: dict[str, Values], _scope: Scope
) -> Values | None:
    """`%run notebook` puts the names of that notebook into this one, as `from notebook import *` would."""
    words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if isinstance(node.func, ast.Attribute):  # run_line_magic("run", "./Common")
        words = words[1:] if words[:1] == ["run"] else []
    if not words or not words[0].split():
        return NOTHING
    path = runner.project.find_notebook(runner.module.path, words[0].split()[0])
    if path in runner.project.index:
        found = runner.project.index[path]
        if found != runner.number and found not in runner.module.stars:
            runner.module.stars.append(found)
            runner.project.changed = True
    elif path is not None:
        runner.project.needed.add(path)
    return NOTHING


_Maker = Callable[[Runner, ast.Call, list[Values], dict[str, Values], Scope], Values | None]
_MAKERS: dict[str, _Maker] = {
    "getattr": _getattr, "setattr": _setattr, "super": _super, "next": _next, "choice": _next, "zip": _zip,
    "dict": _zip, "OrderedDict": _zip, "filter": _filter, "map": _map, "cast": _cast, "partial": _partial,
    "enter_context": _enter, "enter_async_context": _enter, "getfixturevalue": _fixture, RUN: _run,
    "run_line_magic": _run, "namedtuple": _namedtuple, "format": _format,
    **dict.fromkeys(_SAME, _same), **dict.fromkeys(_FIRST, _first),
    **dict.fromkeys(_GIVES_RESULT, _depends), **dict.fromkeys(_PROVIDERS, _provider),
}  # fmt: skip
