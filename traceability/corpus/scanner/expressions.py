"""What an expression stands for: names, attributes, containers, comprehensions, annotations."""

from __future__ import annotations

import ast
from collections import deque

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.calling import Calling
from traceability.corpus.scanner.resolution import Project
from traceability.corpus.scanner.values import (
    EXPERIMENT,
    FOREIGN,
    FOREIGN_SETS,
    NOTHING,
    Function,
    Scope,
    Values,
    container,
    elements,
    few,
    last_name,
    targets,
)

_ANNOTATION_DEPTH = 4
#: Expressions that may stand for something, or whose parts are seen in a scope of their own.
_SPECIAL = frozenset({
    ast.Name, ast.Attribute, ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Await, ast.Starred, ast.Lambda,
    ast.Subscript, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp,
    ast.Yield, ast.YieldFrom, ast.BinOp, ast.JoinedStr,
})  # fmt: skip
_HELD = frozenset({
    "list", "List", "Sequence", "Iterable", "Iterator", "Generator", "Collection", "tuple", "Tuple", "set", "Set",
    "dict", "Dict", "Mapping", "MutableMapping", "deque", "defaultdict", "AsyncGenerator", "AsyncIterator",
    "ContextManager", "AbstractContextManager", "AsyncContextManager",
})  # fmt: skip
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.GeneratorExp


class Expressions(Calling):
    """The part of the runner that evaluates expressions."""

    def __init__(self, project: Project, number: int) -> None:
        super().__init__(project, number)
        self.later: deque[tuple[int, int]] = deque()
        self.narrowed: dict[str, Values] = {}  # what `isinstance` says of attributes, by their dotted name

    def value(self, node: ast.AST | None, scope: Scope) -> Values:  # noqa: PLR0911, PLR0912 - one case per kind
        """What an expression stands for; calls inside it are recorded."""
        kind = type(node)
        if type(node) is ast.Constant:
            text = node.value
            return vocabulary.written(text) if type(text) is str and len(text) < 60 else NOTHING
        if type(node) is ast.Name:
            return (self.narrowed and self.narrowed.get(node.id)) or self.lookup(node.id, scope)
        if type(node) is ast.Attribute:
            return self.attribute(node, scope)
        if type(node) is ast.Call:
            return self.call(node, scope)
        if node is None:
            return NOTHING
        if kind not in _SPECIAL:
            for child in follow(node):
                self.value(child, scope)
            return NOTHING
        if isinstance(node, ast.Subscript):
            return self.item(node, scope)
        if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            return self.gathered(node, scope)
        if isinstance(node, _COMPREHENSIONS | ast.DictComp):
            return self.comprehension(node, scope)
        if isinstance(node, ast.IfExp):
            self.value(node.test, scope)
            return self.value(node.body, scope) | self.value(node.orelse, scope)
        if isinstance(node, ast.BoolOp):
            return frozenset().union(*(self.value(operand, scope) for operand in node.values))
        if isinstance(node, ast.NamedExpr):
            values = self.value(node.value, scope)
            self.bind(node.target, values, scope, True)
            return values
        if isinstance(node, ast.Await | ast.Starred):
            return self.value(node.value, scope)
        if isinstance(node, ast.Lambda):
            return self.anonymous(node, scope)
        if isinstance(node, ast.Yield | ast.YieldFrom):
            self.yielded(node, scope)
            return NOTHING
        return self.composed(node, scope)

    def attribute(self, node: ast.Attribute, scope: Scope) -> Values:  # noqa: PLR0911 - one case per kind of holder
        """What `<holder>.<name>` stands for."""
        holders = self.value(node.value, scope)
        if self.narrowed:
            known = self.narrowed.get(dotted(node))
            if known:
                return known
        if not holders or holders in FOREIGN_SETS:
            if node.attr in ("experiment", "_mlflow_client") and "logger" in _inner(node.value).lower():
                return frozenset({EXPERIMENT})
            if node.attr in self.project.loose:
                return self.project.loose[node.attr]
            if not holders:
                return NOTHING
            if node.attr != "MLFlowLogger":
                return FOREIGN["~U" if node.attr[:1].isupper() else "~"]
        result: set[str] = set()
        for holder in sorted(holders):
            result |= self.project.attribute(holder, node.attr)
            if self.project.recording and holder.startswith("mlflow"):
                self.project.uses.add(self.module.path)
        if not result and node.attr in self.project.loose:
            return self.project.loose[node.attr]
        if not result and node.attr == "experiment" and "logger" in _inner(node.value).lower():
            return frozenset({EXPERIMENT})
        return frozenset(result)

    def item(self, node: ast.Subscript, scope: Scope) -> Values:
        """`<container>[...]`, `Provide[...]`, `sys.modules["mlflow"]`."""
        holders = self.value(node.value, scope)
        inner = self.value(node.slice, scope)
        name = last_name(node.value)
        if name == "Annotated":
            return elements(inner)
        if name == "Provide":
            return frozenset().union(*(self.project.called(value) for value in inner))
        if name == "modules" and inner:
            return frozenset(value[1:] for value in inner if value.startswith('"mlflow'))
        return elements(holders)

    def gathered(self, node: ast.Dict | ast.List | ast.Tuple | ast.Set, scope: Scope) -> Values:
        """A literal holds what its parts stand for; functions of MLflow in it are handed on."""
        held: set[str] = set()
        for child in follow(node):
            values = self.value(child, scope)
            if values and values not in FOREIGN_SETS:
                self.mention(child, values, "reference")
                held |= elements(values) if type(child) is ast.Starred else values
        for text in _texts(node):
            held |= vocabulary.written(text)
        return container(frozenset(held)) if held else NOTHING

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> Values:
        inner = Scope(self.number, scope, function=scope.function)
        for generator in node.generators:
            held = elements(self.value(generator.iter, inner))
            self.bind_each(generator.target, generator.iter, held, inner)
            for condition in generator.ifs:
                for target, values in self.tested(condition, inner)[0]:
                    self.bind(target, values, inner, True)
                self.value(condition, inner)
        if isinstance(node, ast.DictComp):
            self.value(node.key, inner)
            return container(self.value(node.value, inner))
        return container(self.value(node.elt, inner))

    def bind_each(self, target: ast.expr, source: ast.expr, held: Values, scope: Scope) -> None:
        """The target of a loop over `source`, which holds the values."""
        if isinstance(target, ast.Tuple | ast.List) and last_name(source) in ("items", "enumerate") and target.elts:
            for other in target.elts[:-1]:
                self.bind(other, NOTHING, scope, True)
            target = target.elts[-1]
        for single in targets(target):
            self.bind(single, held, scope, True)

    def anonymous(self, node: ast.Lambda, scope: Scope) -> Values:
        """A lambda is a function of one statement."""
        number = self.project.by_node.get(id(node))
        if number is None:
            body = ast.Return(value=node.body, lineno=node.lineno, col_offset=node.col_offset)
            function = ast.FunctionDef(name="<lambda>", args=node.args, body=[body], decorator_list=[], returns=None)
            number = len(self.project.functions)
            self.project.by_node[id(node)] = number
            self.project.functions.append(Function(function, Scope(self.number, scope, function=number), -1, False))
        self.project.functions[number].scope.parent = scope
        if self.project.recording:
            self.later.append((number, self.cell))
        return frozenset({f"function:{number}"})

    def yielded(self, node: ast.Yield | ast.YieldFrom, scope: Scope) -> None:
        values = self.value(node.value, scope)
        if isinstance(node, ast.YieldFrom):
            values = elements(values)
        if scope.function >= 0 and values and values not in FOREIGN_SETS:
            function = self.project.functions[scope.function]
            if not values <= function.yields:
                function.yields, self.project.changed = few(function.yields | values), True

    def composed(self, node: ast.AST, scope: Scope) -> Values:
        """`"mlflow." + name`, `"mlflow.%s" % name` and `f"mlflow.{name}"` name some module of MLflow."""
        if isinstance(node, ast.BinOp):
            parts: list[ast.expr] = []
            left: ast.expr = node
            while isinstance(left, ast.BinOp):  # a long sum is a deep tree
                parts.append(left.right)
                left = left.left
            held = self.value(left, scope).union(*(self.value(part, scope) for part in reversed(parts)))
            lists = frozenset(value for value in held if value.startswith("[]"))
            return frozenset({'"mlflow.'}) if _begins(left) else lists
        for child in follow(node):
            self.value(child, scope)
        return frozenset({'"mlflow.'}) if isinstance(node, ast.JoinedStr) and _begins(*node.values[:1]) else NOTHING

    def quiet(self, node: ast.AST, scope: Scope) -> Values:
        """What an expression stands for, recording nothing (it was, or will be, followed elsewhere)."""
        if type(node) in _SPECIAL or type(node) is ast.Constant:
            recording, self.project.recording = self.project.recording, False
            try:
                return self.value(node, scope)
            finally:
                self.project.recording = recording
        return NOTHING

    def lookup(self, name: str, scope: Scope) -> Values:  # noqa: PLR0911 - one case per place of a name
        current: Scope | None = scope
        while current is not None:
            if name in current.bound and not (current.is_class and current is not scope):
                values = current.bound[name]
                if self.module.injected and current is self.module.scope:
                    values |= self.module.injected.get(name, NOTHING)
                return values
            current = current.parent
        if name in self.module.earlier:  # defined further down, or in a later cell
            return self.module.earlier[name] | self.module.injected.get(name, NOTHING)
        if name in self.module.injected:
            return self.module.injected[name]
        for star in self.module.stars:
            values = self.project.export(star, name)
            if values:
                return values
        if self.module.star and name in vocabulary.STAR:
            return frozenset({f"mlflow.{name}"})
        if name == "mlflow" and not self.module.shadowed:
            return frozenset({"mlflow"})  # never imported here: a cell run elsewhere, a broken import
        return NOTHING

    def annotated(self, node: ast.AST | None, scope: Scope) -> Values:  # noqa: PLR0912 - one case per kind
        """Instances of the classes that an annotation names (`MlflowClient | None`, `"MlflowClient"`)."""
        found: set[str] = set()
        stack: list[tuple[ast.AST | None, int, bool]] = [(node, 0, False)]
        while stack:
            current, depth, held = stack.pop()
            if current is None or depth > _ANNOTATION_DEPTH:
                continue
            if isinstance(current, ast.Constant) and isinstance(current.value, str):
                try:
                    stack.append((ast.parse(current.value[:200], mode="eval").body, depth + 1, held))
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
            elif isinstance(current, ast.Name | ast.Attribute):
                values: set[str] = set()
                for value in sorted(self.quiet(current, scope)):
                    if value.startswith("class:"):
                        values.add(f"instance:{value[6:]}")
                    elif value.startswith("instance:"):
                        values.add(value)
                    elif value[0] not in '[*"@':
                        values |= vocabulary.instance(value)
                found |= container(frozenset(values)) if held else values
            elif isinstance(current, ast.Call):  # Annotated[MlflowClient, Depends(keeper)]
                found |= self.quiet(current, scope)
            elif isinstance(current, ast.Subscript):
                name = last_name(current.value)
                if name in ("type", "Type"):
                    found |= self.quiet(current.slice, scope)
                elif name != "Callable":
                    stack.append((current.slice, depth + 1, held or name in _HELD))
            elif isinstance(current, ast.BinOp | ast.Tuple):
                stack.extend((child, depth + 1, held) for child in ast.iter_child_nodes(current))
        return frozenset(found)

    def tested(
        self, node: ast.AST, scope: Scope
    ) -> tuple[list[tuple[ast.expr, Values]], list[tuple[ast.expr, Values]]]:
        """What `isinstance` says where a condition holds, and where it does not."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            holds, fails = self.tested(node.operand, scope)
            return fails, holds
        if isinstance(node, ast.BoolOp):
            parts = [self.tested(operand, scope) for operand in node.values]
            return [x for p in parts for x in p[0]], [x for p in parts for x in p[1]]
        if isinstance(node, ast.Call) and last_name(node.func) == "isinstance" and len(node.args) == 2:
            kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            values = frozenset().union(*(self.annotated(kind, scope) for kind in kinds)) - {"~()", "~U()"}
            if values:
                return [(node.args[0], values)], []
        return [], []


def dotted(node: ast.AST) -> str:
    """`a.b.c` as it is written; empty where something else is part of it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        front = dotted(node.value)
        return f"{front}.{node.attr}" if front else ""
    return ""


def _begins(node: ast.AST | None = None) -> bool:
    """Whether a string that is put together begins as a module of MLflow does."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("mlflow.")


def _inner(node: ast.AST) -> str:
    return last_name(node.value) if isinstance(node, ast.Subscript) else last_name(node)


def _texts(node: ast.AST) -> tuple[str, ...]:
    """The short strings of a literal that may name MLflow; kept at the node for the next round."""
    known: tuple[str, ...] | None = node.__dict__.get("texts")
    if known is None:
        parts = node.values if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        found = [p.value for p in parts if type(p) is ast.Constant and type(p.value) is str and len(p.value) < 60]
        known = node.__dict__["texts"] = tuple(text for text in found if vocabulary.written(text))
    return known


def follow(node: ast.AST) -> tuple[ast.expr, ...]:
    """The expressions inside `node` that can have an effect, in their order; kept at the node for the next round."""
    known: tuple[ast.expr, ...] | None = node.__dict__.get("follow")
    if known is not None:
        return known
    gathers = type(node) in (ast.Dict, ast.List, ast.Tuple, ast.Set)
    found: list[ast.expr] = []
    for name in node._fields:
        field = getattr(node, name, None)
        for child in field if isinstance(field, list) else (field,):
            kind = type(child)
            if kind is ast.Constant or (kind is ast.Name and not gathers):
                continue
            if isinstance(child, ast.expr):
                if kind in _SPECIAL:
                    found.append(child)
                else:
                    found += follow(child)
    known = node.__dict__["follow"] = tuple(found)
    return known
