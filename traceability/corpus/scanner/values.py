"""What the resolver knows of a project: its modules, scopes, functions and classes, and sets of values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.sources import Source

Values = frozenset[str]
NOTHING: Values = frozenset()
#: Sets that hold something of a library that has nothing to do with MLflow, and nothing else.
FOREIGN: dict[str, Values] = {value: frozenset({value}) for value in vocabulary.FOREIGN}
FOREIGN_SETS = frozenset(FOREIGN.values())
PROPERTY_LIKE = ("property", "memo")
#: How often a project is run over at most.
ROUNDS = 6
#: Values that a name may hold; more would be noise, and sets must stay small.
MOST = 12
#: `<x>.logger.experiment`: a client where the project logs through an MLFlowLogger.
EXPERIMENT = "@experiment"
#: Methods of containers that give the container again, or what it holds.
WHOLE = frozenset({"values", "items", "copy", "union"})
ELEMENT = frozenset({"get", "pop", "popitem", "setdefault", "popleft", "__getitem__"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call site: `kind` is the column it counts for, `way` how MLflow is reached, `confidence` how surely."""

    file: str
    line: int
    cell: int
    api: str
    kind: str
    way: str
    confidence: str
    column: int = 1


@dataclass
class Scope:
    """Names of a module, function or class body, with the scope around it."""

    module: int
    parent: Scope | None = None
    bound: dict[str, Values] = field(default_factory=dict)
    owner: int = -1  # the class whose methods these are
    globals: set[str] = field(default_factory=set)
    is_class: bool = False
    function: int = -1


@dataclass
class Module:
    """A file of the project that is analysed."""

    path: str
    source: Source
    scope: Scope
    star: bool = False  # holds `from mlflow import *`
    stars: list[int] = field(default_factory=list)
    earlier: dict[str, Values] = field(default_factory=dict)  # state after the previous round
    shadowed: bool = False  # a module of the project takes the name mlflow here
    injected: dict[str, Values] = field(default_factory=dict)  # what other modules set on this one


@dataclass
class Function:
    node: ast.FunctionDef | ast.AsyncFunctionDef
    scope: Scope
    owner: int
    is_property: bool
    returns: Values = NOTHING
    yields: Values = NOTHING
    is_static: bool = False
    is_class_method: bool = False
    is_fixture: bool = False
    items: dict[int, Values] = field(default_factory=dict)  # what the places of a returned tuple hold
    given: dict[str, Values] = field(default_factory=dict)  # what callers hand in
    reaches: dict[str, str] = field(default_factory=dict)  # kind -> api that the body calls


@dataclass
class Class:
    name: str
    bases: Values = NOTHING
    attributes: dict[str, Values] = field(default_factory=dict)
    heirs: set[int] = field(default_factory=set)  # classes of the project that have this one as a base
    fields: list[str] = field(default_factory=list)  # annotated names of its body: arguments of a dataclass


def container(values: Values) -> Values:
    """A container that holds the values."""
    if not values or values in FOREIGN_SETS:
        return NOTHING
    return frozenset(f"[]{value}" for value in values if value[0] != "~" and not value.startswith("[][]"))


def elements(values: Values) -> Values:
    """What the containers among the values hold."""
    return frozenset(value[2:] for value in values if value.startswith("[]")) if values else NOTHING


def few(values: Values) -> Values:
    """At most `MOST` of the values, the same ones each time."""
    return values if len(values) <= MOST else frozenset(sorted(values)[:MOST])


def targets(node: ast.expr) -> Iterator[ast.expr]:
    """The single targets of an assignment target."""
    if isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from targets(element)
    elif isinstance(node, ast.Starred):
        yield from targets(node.value)
    else:
        yield node


def last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return node.id if isinstance(node, ast.Name) else ""
