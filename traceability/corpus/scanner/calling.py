"""Follows calls: records those that reach MLflow, and hands arguments over to functions of the project."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod

from traceability.corpus.scanner import dynamic, switches, vocabulary
from traceability.corpus.scanner.resolution import Project
from traceability.corpus.scanner.values import (
    EXPERIMENT,
    FOREIGN,
    FOREIGN_SETS,
    NOTHING,
    Class,
    Scope,
    Values,
    container,
    elements,
    few,
    last_name,
)

_PATCHERS = frozenset(
    {"patch", "object", "setattr", "MagicMock", "Mock", "isinstance", "hasattr", "issubclass", "print", "str", "repr",
     "getattr"}
)  # fmt: skip
#: Methods that put something into a container.
_FILLERS = frozenset({"append", "add", "insert", "appendleft"})

#: What a call of something foreign returns.
CALLED = {FOREIGN["~"]: FOREIGN["~()"], FOREIGN["~U"]: FOREIGN["~U()"]}


class Calling(ABC):
    """The half of the runner that looks at calls."""

    def __init__(self, project: Project, number: int) -> None:
        self.project = project
        self.number = number
        self.module = project.modules[number]
        self.cell = -1

    @abstractmethod
    def value(self, node: ast.AST | None, scope: Scope) -> Values:
        """What an expression stands for; calls inside it are recorded."""

    @abstractmethod
    def quiet(self, node: ast.AST, scope: Scope) -> Values:
        """What an expression stands for, recording nothing."""

    @abstractmethod
    def annotated(self, node: ast.AST | None, scope: Scope) -> Values:
        """Instances of the classes that an annotation names."""

    @abstractmethod
    def bind(self, target: ast.expr, values: Values, scope: Scope, weak: bool) -> None:
        """Let a target stand for values."""

    @abstractmethod
    def fill(self, target: ast.expr, values: Values, scope: Scope) -> None:
        """Put values into a container."""

    def call(self, node: ast.Call, scope: Scope) -> Values:  # noqa: PLR0912 - one step after the other
        functions = self.value(node.func, scope)
        spelled = last_name(node.func)
        given: list[Values] = []
        spread = NOTHING
        telling = False
        for argument in node.args:
            values = self.value(argument, scope)
            if type(argument) is ast.Starred:
                spread, values = spread | elements(values), NOTHING
            given.append(values)
            telling = telling or (bool(values) and values not in FOREIGN_SETS)
        named: dict[str, Values] = {}
        for keyword in node.keywords:
            values = self.value(keyword.value, scope)
            telling = telling or (bool(values) and values not in FOREIGN_SETS)
            if keyword.arg:
                named[keyword.arg] = values
            else:
                spread |= elements(values)
        if telling and spelled not in _PATCHERS:
            for argument, values in zip(node.args, given, strict=True):
                self.mention(argument, values, "reference")
            for keyword in node.keywords:
                if keyword.arg:
                    self.mention(keyword.value, named[keyword.arg], "reference")
        special = dynamic.result(self, node, spelled, functions, given, named, scope)
        if special is not None:
            self.switched_on(node, spelled, scope)
            return special
        if not functions or functions in FOREIGN_SETS:
            return self.unknown(node, spelled, functions, given, named, scope)
        result: set[str] = set()
        for value in sorted(functions):
            self.note(node, value, scope, certain=len(functions) == 1)
            self.hand_over(value, given, named, spread, self.is_unbound(node, value, scope))
            if telling and value.startswith("unread:"):
                self.need(value, [*given, *named.values(), spread])
            result |= self.project.called(value)
        self.switched_on(node, spelled, scope)
        if not any(value.startswith("mlflow") for value in result):
            result |= dynamic.imported(spelled, node, given, named)
        return frozenset(result)

    def unknown(
        self, node: ast.Call, spelled: str, functions: Values, given: list[Values], named: dict[str, Values],
        scope: Scope,
    ) -> Values:  # fmt: skip
        """A call of something that is not known, or that has nothing to do with MLflow."""
        function = node.func
        if type(function) is ast.Attribute:
            if function.attr in _FILLERS and given and given[-1] and given[-1] not in FOREIGN_SETS:
                self.fill(function.value, container(given[-1]), scope)
            self.handed_in(node, function, scope)
        if node.keywords:
            self.switched_on(node, spelled, scope)
        # Somebody else's code will call it: a pool, a thread, `map`.
        first = given[0] if given else NOTHING
        target = named.get("target", NOTHING) | named.get("fn", NOTHING) | named.get("func", NOTHING)
        for value in sorted(first):
            if value.startswith(("function:", "class:")):
                self.hand_over(value, given[1:], named)
        for value in sorted(target):
            if value.startswith("function:"):
                places = next((k.value for k in node.keywords if k.arg == "args"), None)
                inner = [self.quiet(e, scope) for e in places.elts] if isinstance(places, ast.Tuple | ast.List) else []
                self.hand_over(value, inner or given, named)
        made = frozenset().union(*(self.project.called(v) for v in named.get("factory", NOTHING)))
        made |= frozenset().union(*(self.project.called(v) for v in named.get("default_factory", NOTHING)))
        return made - {"~()", "~U()"} or CALLED.get(functions, NOTHING)

    def handed_in(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> None:
        """`mlflow.log_metric(...)` on an argument, an attribute or a resource called mlflow that nobody hands in."""
        name = function.attr
        if last_name(function.value) != "mlflow" or self.module.shadowed or type(function.value) is ast.Call:
            return
        if self.quiet(function.value, scope):
            return  # something else is called so: a stand-in of a test, a module of another library
        if name in vocabulary.FUNCTIONS or name in ("autolog", "log_model"):
            self.note(node, f"mlflow.{name}", scope, certain=False)

    def need(self, value: str, given: list[Values]) -> None:
        """A file that is not analysed is handed something of MLflow: it must be."""
        if any(self.project.is_telling(inner) for values in given for inner in values):
            self.project.needed.add(self.project.paths[int(value[7:])])

    def is_unbound(self, node: ast.Call, value: str, scope: Scope) -> bool:
        """Whether a method is called on its class, with the instance as the first argument."""
        if not value.startswith("function:") or type(node.func) is not ast.Attribute:
            return False
        function = self.project.functions[int(value[9:])]
        if function.owner < 0 or function.is_class_method:
            return False
        return any(holder.startswith("class:") for holder in self.quiet(node.func.value, scope))

    def note(self, node: ast.Call, value: str, scope: Scope, certain: bool) -> None:
        """Record a call of `value`, if it reaches MLflow."""
        sort, _, number = value.partition(":")
        confidence = "certain" if certain and vocabulary.ANY not in value else "likely"
        if sort == "function" and number.isdigit():
            self.reach(scope, value, value)
            self.project.record(self.number, node, self.cell, value, "wrapped", "wrapped", confidence)
            return
        if value.startswith(EXPERIMENT):
            method = value[len(EXPERIMENT) + 1 :]
            if not self.project.has_logger or not method:
                return
            if self.project.has_rivals and method in vocabulary.SHARED_LOGGING and not _names_run(node):
                return
            value, confidence = f"{vocabulary.CLIENT}().{method}", "likely"
        library = vocabulary.wrapper_library(value)
        if library is not None:
            self.project.record(self.number, node, self.cell, value, f"wrapper_{library}", "library", confidence)
            if library == "lightning" and not self.project.has_logger:
                self.project.has_logger = self.project.changed = True
            if self.project.recording and value.startswith("mlflow"):
                self.project.uses.add(self.module.path)
            return
        disabled = any(k.arg == "disable" and isinstance(k.value, ast.Constant) and k.value.value is True
                       for k in node.keywords)  # fmt: skip
        is_client = value.startswith(vocabulary.CLIENT)
        kind = vocabulary.kind_of(value, _may_hold_metrics(node, is_client), disabled)
        if kind is None:
            return
        way = "client" if is_client else "module" if isinstance(node.func, ast.Attribute) else "name"
        if self.project.recording:
            self.project.uses.add(self.module.path)
        self.reach(scope, kind, value)
        self.project.record(self.number, node, self.cell, value, kind, way, confidence)

    def mention(self, node: ast.AST, values: Values, _how: str) -> None:
        """A function of MLflow handed on, or put on a function, without being called here."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return
        for value in sorted(values):
            library = vocabulary.wrapper_library(value)
            if library and not value.startswith("mlflow.") and not (library == "lightning" and _how == "reference"):
                self.project.record(self.number, node, self.cell, value, f"wrapper_{library}", "library",
                                    "certain" if _how != "reference" else "likely")  # fmt: skip
            if not value.startswith("mlflow."):
                continue
            if self.project.recording:
                self.project.uses.add(self.module.path)
            kind = f"wrapper_{library}" if library else vocabulary.kind_of(value)
            if kind not in (None, "other", "client"):
                self.project.record(self.number, node, self.cell, value, str(kind), "reference", "likely")

    def reach(self, scope: Scope | None, kind: str, api: str) -> None:
        """Remember that the functions around `scope` reach a kind of call."""
        while scope is not None:
            if scope.function >= 0 and kind not in ("other", "client"):
                reaches = self.project.functions[scope.function].reaches
                if kind not in reaches:
                    reaches[kind] = api
                    self.project.changed = True
            scope = scope.parent

    def hand_over(  # noqa: PLR0912 - one case per sort of value
        self, value: str, given: list[Values], named: dict[str, Values], spread: Values = NOTHING, unbound: bool = False
    ) -> None:
        """Bind what a call hands in to the arguments of a function or class of the project."""
        sort, _, number = value.partition(":")
        if sort == "class":
            initial = self.project._member(int(number), "__init__", False, 0)
            for function_value in initial:
                if function_value.startswith("function:"):
                    self.hand_over(function_value, given, named, spread)
            if not initial:
                fields = self.fields(int(number), 0)
                for name, values in [*zip(fields, given, strict=False), *named.items()]:
                    if values and values not in FOREIGN_SETS and name in fields:
                        self.hold(self.project.classes[int(number)], name, values)
            return
        if sort == "instance":
            for method in self.project._member(int(number), "__call__", True, 0):
                if method.startswith("function:"):
                    self.hand_over(method, given, named, spread)
            return
        if sort != "function":
            return
        function = self.project.functions[int(number)]
        taken = function.node.args
        arguments = [argument.arg for argument in [*taken.posonlyargs, *taken.args]]
        if function.owner >= 0 and arguments and not function.is_static and not unbound:
            arguments = arguments[1:]
        known = set(arguments) | {argument.arg for argument in taken.kwonlyargs}
        pairs = [*zip(arguments, given, strict=False), *((n, v) for n, v in named.items() if n in known)]
        if taken.vararg is not None and len(given) > len(arguments):
            pairs.append((taken.vararg.arg, container(frozenset().union(*given[len(arguments) :]))))
        if taken.kwarg is not None:
            extra = [values for name, values in named.items() if name not in known]
            pairs.append((taken.kwarg.arg, container(frozenset().union(*extra))))
        if spread:
            pairs += [(name, spread) for name in arguments[len(given) - 1 if given else 0 :] if name not in named]
        for name, values in pairs:
            if values:
                before = function.given.get(name, NOTHING)
                function.given[name] = few(before | values)
                self.project.changed = self.project.changed or function.given[name] != before

    def fields(self, number: int, depth: int) -> list[str]:
        """Names that a dataclass, a named tuple or a model takes, those of its bases first."""
        owner = self.project.classes[number]
        found: list[str] = []
        for base in sorted(owner.bases):
            if base.startswith("class:") and depth < 8:
                found += self.fields(int(base[6:]), depth + 1)
        return found + [name for name in owner.fields if name not in found]

    def hold(self, owner: Class, name: str, values: Values) -> None:
        """A class and its instances may hold these, too."""
        known = owner.attributes.get(name)
        if known is None or not values <= known:
            owner.attributes[name] = few(values if known is None else known | values)
            self.project.changed = self.project.changed or owner.attributes[name] != known

    def switched_on(self, node: ast.Call, spelled: str, scope: Scope) -> None:
        """Keywords that make other libraries write to MLflow."""
        for keyword in node.keywords:
            found = switches.keyword(keyword, spelled)
            library = vocabulary.KEYWORD_WRAPPERS.get(keyword.arg or "")
            if found is None and library and any(v.endswith('"mlflow') for v in self.quiet(keyword.value, scope)):
                found = (f"{spelled}({keyword.arg}=mlflow)", library, "likely")  # through a variable
            # ZenML's tracker taken from the active stack: that it is MLflow's is said by what is imported.
            if (
                found is None
                and keyword.arg == "experiment_tracker"
                and not isinstance(keyword.value, ast.Constant)
                and any("MLFlowExperimentTracker" in v for values in self.module.scope.bound.values() for v in values)
            ):
                found = (f"{spelled}(experiment_tracker)", "zenml", "likely")
            if found is not None:
                api, library, confidence = found
                self.project.record(
                    self.number, node, self.cell, api, f"wrapper_{library}", "library", confidence
                )  # fmt: skip


def _may_hold_metrics(node: ast.Call, is_client: bool) -> bool:
    """Whether a `log_batch` is given metrics: by name, by position, or in what is spread out over the arguments."""
    if any(keyword.arg in (None, "metrics") for keyword in node.keywords):
        return True
    return any(type(a) is ast.Starred for a in node.args) or len(node.args) > int(is_client)


def _names_run(node: ast.Call) -> bool:
    """Whether the first argument is the id of a run, as a client wants it."""
    first = next((k.value for k in node.keywords if k.arg == "run_id"), node.args[0] if node.args else None)
    return first is not None and "run" in last_name(first).lower()
