"""Follows calls: records those that reach MLflow, and hands arguments over to functions of the project."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.resolution import FOREIGN, FOREIGN_SETS, NOTHING, Project, Scope, Values

_PATCHERS = frozenset(
    {"patch", "object", "setattr", "MagicMock", "Mock", "isinstance", "hasattr", "print", "str", "repr"}
)


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

    def call(self, node: ast.Call, scope: Scope) -> Values:
        functions = self.value(node.func, scope)
        spelled = last_name(node.func)
        given = [self.value(argument, scope) for argument in node.args]
        named: dict[str, Values] = {}
        telling = any(values and values not in FOREIGN_SETS for values in given)
        for keyword in node.keywords:
            values = self.value(keyword.value, scope)
            telling = telling or (bool(values) and values not in FOREIGN_SETS)
            if keyword.arg:
                named[keyword.arg] = values
        if telling and spelled not in _PATCHERS:
            for argument, values in [*zip(node.args, given, strict=True),
                                     *((k.value, named[k.arg]) for k in node.keywords if k.arg)]:  # fmt: skip
                self.mention(argument, values, "reference")
        dynamic = _dynamic(node, spelled, given)
        if dynamic is not None:
            return dynamic
        if (not functions or functions in FOREIGN_SETS) and spelled != "partial":
            if node.keywords:
                self.switched_on(node, spelled)
            return CALLED.get(functions, NOTHING)
        result: set[str] = set()
        for value in sorted(functions):
            self.note(node, value, scope, certain=len(functions) == 1)
            self.hand_over(value, given, named)
            result |= self.project.called(value)
        self.switched_on(node, spelled)
        if spelled == "partial" and given:
            result |= given[0]
        return frozenset(result)

    def note(self, node: ast.Call, value: str, scope: Scope, certain: bool) -> None:
        """Record a call of `value`, if it reaches MLflow."""
        sort, _, number = value.partition(":")
        confidence = "certain" if certain else "likely"
        if sort == "function" and number.isdigit():
            self.reach(scope, value, value)
            self.project.record(self.number, node, self.cell, value, "wrapped", "wrapped", confidence)
            return
        library = vocabulary.wrapper_library(value)
        if library is not None:
            self.project.record(self.number, node, self.cell, value, f"wrapper_{library}", "library", confidence)
            if self.project.recording and value.startswith("mlflow"):
                self.project.uses.add(self.module.path)
            return
        keywords = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
        disabled = any(k.arg == "disable" and isinstance(k.value, ast.Constant) and k.value.value is True
                       for k in node.keywords)  # fmt: skip
        kind = vocabulary.kind_of(value, keywords, disabled)
        if kind is None:
            return
        way = (
            "client"
            if value.startswith(vocabulary.CLIENT)
            else "module"
            if isinstance(node.func, ast.Attribute)
            else "name"
        )
        if self.project.recording:
            self.project.uses.add(self.module.path)
        self.reach(scope, kind, value)
        self.project.record(self.number, node, self.cell, value, kind, way, confidence)

    def mention(self, node: ast.AST, values: Values, _how: str) -> None:
        """A function of MLflow handed on, or put on a function, without being called here."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return
        for value in sorted(values):
            if not value.startswith("mlflow."):
                continue
            if self.project.recording:
                self.project.uses.add(self.module.path)
            library = vocabulary.wrapper_library(value)
            kind = f"wrapper_{library}" if library else vocabulary.kind_of(value)
            if kind not in (None, "other", "client"):
                self.project.record(self.number, node, self.cell, value, str(kind), "reference", "likely")
        if _how in ("decorator", "base"):
            for value in sorted(values):
                library = vocabulary.wrapper_library(value)
                if library and not value.startswith("mlflow."):
                    self.project.record(self.number, node, self.cell, value, f"wrapper_{library}", "library", "certain")

    def reach(self, scope: Scope | None, kind: str, api: str) -> None:
        """Remember that the functions around `scope` reach a kind of call."""
        while scope is not None:
            if scope.function >= 0 and kind not in ("other", "client"):
                reaches = self.project.functions[scope.function].reaches
                if kind not in reaches:
                    reaches[kind] = api
                    self.project.changed = True
            scope = scope.parent

    def hand_over(self, value: str, given: list[Values], named: dict[str, Values]) -> None:
        """Bind what a call hands in to the arguments of a function or class of the project."""
        sort, _, number = value.partition(":")
        if sort == "class":
            for initial in self.project._member(int(number), "__init__", False, 0):
                if initial.startswith("function:"):
                    self.hand_over(initial, given, named)
            return
        if sort != "function":
            return
        function = self.project.functions[int(number)]
        arguments = [argument.arg for argument in [*function.node.args.posonlyargs, *function.node.args.args]]
        if function.owner >= 0 and arguments:
            arguments = arguments[1:]
        known = set(arguments) | {argument.arg for argument in function.node.args.kwonlyargs}
        for name, values in [*zip(arguments, given, strict=False), *named.items()]:
            if values and name in known:
                before = function.given.get(name, NOTHING)
                merged = before | values
                function.given[name] = merged if len(merged) <= 12 else frozenset(sorted(merged)[:12])
                self.project.changed = self.project.changed or function.given[name] != before

    def switched_on(self, node: ast.Call, spelled: str) -> None:
        """Keywords that make other libraries write to MLflow."""
        for keyword in node.keywords:
            library = vocabulary.KEYWORD_WRAPPERS.get(keyword.arg or "")
            if library and "mlflow" in _words(keyword.value):
                self.project.record(
                    self.number, node, self.cell, f"{spelled}({keyword.arg}=mlflow)", f"wrapper_{library}", "library",
                    "certain",
                )  # fmt: skip
            if (
                keyword.arg == "log_experiment"
                and spelled == "setup"
                and (
                    (isinstance(keyword.value, ast.Constant) and keyword.value.value is True)
                    or "mlflow" in _words(keyword.value)
                )
            ):
                self.project.record(
                    self.number,
                    node,
                    self.cell,
                    "pycaret.setup(log_experiment)",
                    "wrapper_pycaret",
                    "library",
                    "likely",
                )
            if keyword.arg == "experiment_tracker" and any("mlflow" in word for word in _words(keyword.value)):
                self.project.record(
                    self.number, node, self.cell, f"{spelled}(experiment_tracker)", "wrapper_zenml", "library", "likely"
                )


def _dynamic(node: ast.Call, spelled: str, given: list[Values]) -> Values | None:
    """`importlib.import_module("mlflow")`, `__import__("mlflow")` and `getattr(mlflow, "log_metric")`."""
    first = node.args[0] if node.args else None
    if spelled in ("import_module", "__import__", "LazyLoader") and isinstance(first, ast.Constant):
        name = first.value
        if isinstance(name, str) and (name == "mlflow" or name.startswith("mlflow.")):
            return frozenset({name})
    if spelled == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        name = node.args[1].value
        if isinstance(name, str):
            return frozenset(vocabulary.canonical(f"{v}.{name}") for v in given[0] if v.startswith("mlflow"))
    return None


def _words(node: ast.AST) -> set[str]:
    return {n.value.lower() for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return node.id if isinstance(node, ast.Name) else ""
