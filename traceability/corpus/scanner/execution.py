"""Runs a module abstractly: binds its names, follows its calls, and records those that reach MLflow."""

from __future__ import annotations

import ast
from collections import deque

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.calling import Calling, last_name
from traceability.corpus.scanner.resolution import (
    _PROPERTY_LIKE,
    FOREIGN,
    FOREIGN_SETS,
    NOTHING,
    Class,
    Function,
    Project,
    Scope,
    Values,
    targets,
)
from traceability.corpus.scanner.sources import Problem

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
_ANNOTATION_DEPTH = 4
_CONDITIONAL = frozenset({ast.If, ast.For, ast.While, ast.Try, ast.Raise, ast.AugAssign, ast.Assert})
_BLOCKS, _BRANCHES = frozenset({"body", "orelse", "finalbody"}), frozenset({"handlers", "cases"})
#: Expressions that may stand for something, or whose parts are seen in a scope of their own.
_SPECIAL = frozenset({
    ast.Name, ast.Attribute, ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Await, ast.Starred, ast.Lambda,
})  # fmt: skip
#: Expressions that hold what they name.
_GATHERING = frozenset({ast.Dict, ast.List, ast.Tuple})


def run_module(project: Project, number: int) -> None:
    """One round over a module: its statements in order, then the bodies of its functions."""
    module = project.modules[number]
    runner = _Runner(project, number)
    for part in module.source.parts:
        runner.cell = part.cell
        runner.block(part.body, module.scope, weak=False)
    while runner.later:
        function, cell = runner.later.popleft()
        runner.cell = cell
        runner.body(function)


class _Runner(Calling):
    def __init__(self, project: Project, number: int) -> None:
        super().__init__(project, number)
        self.later: deque[tuple[int, int]] = deque()

    # -- statements -----------------------------------------------------------------------------------------------

    def block(self, body: list[ast.stmt], scope: Scope, weak: bool) -> None:
        for statement in body:
            try:
                self.statement(statement, scope, weak)
            except RecursionError:  # the statement is given up, not the file
                problem = Problem("too_deep", f"line {statement.lineno}: nesting too deep to resolve")
                if self.project.recording and problem not in self.module.source.problems:
                    self.module.source.problems.append(problem)

    def statement(self, node: ast.stmt, scope: Scope, weak: bool) -> None:  # noqa: PLR0912 - one case per kind
        if type(node) is ast.Expr:
            self.value(node.value, scope)
        elif type(node) is ast.Assign:
            self.assign(node, scope, weak)
        elif type(node) in _CONDITIONAL:
            self.compound(node, scope)
        elif isinstance(node, ast.Import):
            self.import_modules(node, scope, weak)
        elif isinstance(node, ast.ImportFrom):
            self.import_names(node, scope, weak)
        elif isinstance(node, _FUNCTIONS):
            self.define_function(node, scope, weak)
        elif isinstance(node, ast.ClassDef):
            self.define_class(node, scope, weak)
        elif isinstance(node, ast.AnnAssign):
            self.assign(node, scope, weak)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                values = self.value(item.context_expr, scope)
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, values, scope, weak)
            self.block(node.body, scope, weak)
        elif isinstance(node, ast.Return):
            values = self.value(node.value, scope)
            if scope.function >= 0:
                function = self.project.functions[scope.function]
                self.returning(function, values)
                for place, element in enumerate(node.value.elts if isinstance(node.value, ast.Tuple) else []):
                    known = function.items.get(place, NOTHING)
                    found = self.quiet(element, scope)
                    if not found <= known:
                        function.items[place], self.project.changed = known | found, True
        elif isinstance(node, ast.Global | ast.Nonlocal):
            scope.globals.update(node.names)
        else:
            self.compound(node, scope)

    def compound(self, node: ast.stmt, scope: Scope) -> None:
        """Conditions, loops, `try`, `match` and plain expressions: expressions are followed, blocks bind weakly."""
        if isinstance(node, ast.For | ast.AsyncFor):
            self.value(node.iter, scope)
            self.bind(node.target, NOTHING, scope, True)
        for field in node._fields:
            child = getattr(node, field, None)
            if child is None or type(child) is ast.Constant:
                continue
            if field in _BLOCKS and isinstance(child, list):
                self.block(child, scope, weak=True)
            elif field in _BRANCHES and isinstance(child, list):
                for handler in child:
                    kind = getattr(handler, "type", None)
                    if kind is not None:
                        self.value(kind, scope)
                    self.block(handler.body, scope, weak=True)
            elif isinstance(child, ast.expr) and field not in ("iter", "target"):
                self.value(child, scope)

    def import_modules(self, node: ast.Import, scope: Scope, weak: bool) -> None:
        for alias in node.names:
            first = alias.name.split(".")[0]
            if first == "mlflow":
                values = NOTHING if self.module.shadowed else frozenset({alias.name if alias.asname else "mlflow"})
            else:
                found = self.project.find_module(self.module.path, alias.name if alias.asname else first)
                if found is None and not alias.asname and "." in alias.name:
                    self.set(first, vocabulary.of_library(first), scope, weak)
                    continue
                values = frozenset({f"module:{found}"}) if found is not None else vocabulary.of_library(alias.name)
                if found is None and not alias.asname:
                    values = vocabulary.of_library(first)
            self.set(alias.asname or first, values, scope, weak)

    def import_names(self, node: ast.ImportFrom, scope: Scope, weak: bool) -> None:
        dotted = node.module or ""
        library = not node.level and dotted.split(".")[0] == "mlflow"
        found = None if library else self.project.find_module(self.module.path, dotted, node.level)
        if library and self.module.shadowed:
            return
        for alias in node.names:
            if alias.name == "*":
                if library:
                    self.project.changed = self.project.changed or not self.module.star
                    self.module.star = True
                elif found is not None and found != self.number and found not in self.module.stars:
                    self.module.stars.append(found)
                    self.project.changed = True
                continue
            values = NOTHING
            if found is not None:
                values = self.project.export(found, alias.name)
            if not values and not library:
                inner = self.project.find_module(
                    self.module.path, f"{dotted}.{alias.name}" if dotted else alias.name, node.level
                )
                values = frozenset({f"module:{inner}"}) if inner is not None else NOTHING
            if not values and found is None and not node.level:
                values = vocabulary.of_library(vocabulary.canonical(f"{dotted}.{alias.name}"))
            self.set(alias.asname or alias.name, values, scope, weak)

    def define_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, weak: bool) -> None:
        decorators = [self.value(decorator, scope) for decorator in node.decorator_list]
        for decorator, values in zip(node.decorator_list, decorators, strict=True):
            if not isinstance(decorator, ast.Call):
                self.mention(decorator, values, "decorator")
        spelled = [last_name(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
        number = self.project.by_node.get(id(node))
        if number is None:
            number = len(self.project.functions)
            self.project.by_node[id(node)] = number
            property_like = any(word in name.lower() for name in spelled for word in _PROPERTY_LIKE)
            inner = Scope(self.number, scope, function=number)
            owner = scope.owner if scope.is_class else -1
            self.project.functions.append(Function(node, inner, owner, property_like))
        function = self.project.functions[number]
        function.scope.parent = scope
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        for default in defaults:
            self.value(default, scope)
        self.later.append((number, self.cell))
        self.set(node.name, frozenset({f"function:{number}"}), scope, weak)

    def body(self, number: int) -> None:
        """The body of a function, with what is known of its arguments."""
        function = self.project.functions[number]
        scope, node = function.scope, function.node
        scope.bound = {}
        positional = [*node.args.posonlyargs, *node.args.args]
        known: dict[str, Values] = {}
        for argument in [*positional, *node.args.kwonlyargs]:
            known[argument.arg] = self.annotated(argument.annotation, scope) | function.given.get(argument.arg, NOTHING)
        for argument, default in zip(positional[len(positional) - len(node.args.defaults) :], node.args.defaults,
                                     strict=False):  # fmt: skip
            known[argument.arg] |= self.quiet(default, scope.parent or scope)
        for argument, default_or_none in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=False):
            if default_or_none is not None:
                known[argument.arg] |= self.quiet(default_or_none, scope.parent or scope)
        for extra in (node.args.vararg, node.args.kwarg):
            if extra is not None:
                known[extra.arg] = NOTHING
        if function.owner >= 0 and positional:
            known[positional[0].arg] = frozenset({f"instance:{function.owner}"})
        scope.bound.update(known)
        self.returning(function, self.annotated(node.returns, scope.parent or scope))
        self.block(node.body, scope, weak=False)

    def returning(self, function: Function, values: Values) -> None:
        """A function may return these, too."""
        if not values <= function.returns:
            function.returns |= values
            self.project.changed = True

    def define_class(self, node: ast.ClassDef, scope: Scope, weak: bool) -> None:
        for decorator in node.decorator_list:
            self.value(decorator, scope)
        number = self.project.by_node.get(id(node))
        if number is None:
            number = len(self.project.classes)
            self.project.by_node[id(node)] = number
            self.project.classes.append(Class(node.name))
        owner = self.project.classes[number]
        bases: set[str] = set()
        for base in node.bases:
            values = self.value(base, scope)
            self.mention(base, values, "base")
            bases |= values
        known = frozenset(bases - {f"class:{number}"})
        if known != owner.bases:
            owner.bases, self.project.changed = known, True
        inner = Scope(self.number, scope, owner=number, is_class=True)
        self.block(node.body, inner, weak=False)
        for name, values in inner.bound.items():
            self.hold(owner, name, values)
        self.set(node.name, frozenset({f"class:{number}"}), scope, weak)

    def hold(self, owner: Class, name: str, values: Values) -> None:
        """A class and its instances may hold these, too."""
        known = owner.attributes.get(name)
        if known is None or not values <= known:
            owner.attributes[name] = values if known is None else known | values
            self.project.changed = True

    def assign(self, node: ast.Assign | ast.AnnAssign, scope: Scope, weak: bool) -> None:
        values = self.value(node.value, scope)
        if isinstance(node, ast.AnnAssign):
            values |= self.annotated(node.annotation, scope)
            if node.value is not None or values:
                self.bind(node.target, values, scope, weak)
            return
        for target in node.targets:
            if isinstance(target, ast.Tuple | ast.List) and isinstance(node.value, ast.Tuple | ast.List):
                for single, value in zip(target.elts, node.value.elts, strict=False):
                    self.bind(single, self.quiet(value, scope), scope, weak)
            elif isinstance(target, ast.Tuple | ast.List):
                functions = self.quiet(node.value.func, scope) if isinstance(node.value, ast.Call) else NOTHING
                for place, single in enumerate(target.elts):
                    self.bind(single, self.returned(functions, place), scope, weak)
            else:
                self.bind(target, values, scope, weak)

    def returned(self, functions: Values, place: int) -> Values:
        """What stands at `place` of the tuples that functions of the project return."""
        numbers = [int(value[9:]) for value in functions if value.startswith("function:")]
        return frozenset().union(*(self.project.functions[number].items.get(place, NOTHING) for number in numbers))

    def bind(self, target: ast.expr, values: Values, scope: Scope, weak: bool) -> None:
        for single in targets(target):
            if isinstance(single, ast.Name):
                self.set(single.id, values, scope, weak)
            elif isinstance(single, ast.Attribute):
                for holder in sorted(self.quiet(single.value, scope)):
                    sort, _, number = holder.partition(":")
                    if sort in ("instance", "class") and number.isdigit():
                        self.hold(self.project.classes[int(number)], single.attr, values)

    def set(self, name: str, values: Values, scope: Scope, weak: bool) -> None:
        if name in scope.globals:
            scope, weak = self.module.scope, True
        if weak:
            values = values | scope.bound.get(name, NOTHING)
        if len(values) > 12:  # more would be noise, and sets must stay small
            values = frozenset(sorted(values)[:12])
        scope.bound[name] = values

    # -- expressions ----------------------------------------------------------------------------------------------

    def value(self, node: ast.AST | None, scope: Scope) -> Values:  # noqa: PLR0911, PLR0912 - one case per kind
        """What an expression stands for; calls inside it are recorded."""
        kind = type(node)
        if kind is ast.Constant:
            return NOTHING
        if type(node) is ast.Name:
            return self.lookup(node.id, scope)
        if type(node) is ast.Attribute:
            holders = self.value(node.value, scope)
            if not holders:
                return NOTHING
            if holders in FOREIGN_SETS and node.attr != "MLFlowLogger":
                return FOREIGN["~U" if node.attr[:1].isupper() else "~"]
            result: set[str] = set()
            for holder in sorted(holders):
                result |= self.project.attribute(holder, node.attr)
                if holder.startswith("mlflow") and self.project.recording:
                    self.project.uses.add(self.module.path)
            return frozenset(result)
        if type(node) is ast.Call:
            return self.call(node, scope)
        if node is None:
            return NOTHING
        if kind not in _SPECIAL:
            gathers = kind in _GATHERING
            for child in follow(node):
                values = self.value(child, scope)
                if gathers and values and values not in FOREIGN_SETS:
                    self.mention(child, values, "reference")
            return NOTHING
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
            inner = Scope(self.number, scope, {a.arg: NOTHING for a in node.args.args}, function=scope.function)
            self.value(node.body, inner)
        return NOTHING

    def quiet(self, node: ast.AST, scope: Scope) -> Values:
        """What an expression stands for, recording nothing (it was, or will be, followed elsewhere)."""
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            recording, self.project.recording = self.project.recording, False
            try:
                return self.value(node, scope)
            finally:
                self.project.recording = recording
        return NOTHING

    def lookup(self, name: str, scope: Scope) -> Values:
        current: Scope | None = scope
        while current is not None:
            if name in current.bound and not (current.is_class and current is not scope):
                return current.bound[name]
            current = current.parent
        if name in self.module.earlier:  # defined further down, or in a later cell
            return self.module.earlier[name]
        for star in self.module.stars:
            values = self.project.export(star, name)
            if values:
                return values
        if self.module.star and name in vocabulary.STAR:
            return frozenset({f"mlflow.{name}"})
        if name == "mlflow" and not self.module.shadowed:
            return frozenset({"mlflow"})  # never imported here: a cell run elsewhere, a broken import
        return NOTHING

    def annotated(self, node: ast.AST | None, scope: Scope) -> Values:
        """Instances of the classes that an annotation names (`MlflowClient | None`, `"MlflowClient"`)."""
        found: set[str] = set()
        stack: list[tuple[ast.AST | None, int]] = [(node, 0)]
        while stack:
            current, depth = stack.pop()
            if current is None or depth > _ANNOTATION_DEPTH:
                continue
            if isinstance(current, ast.Constant) and isinstance(current.value, str):
                try:
                    stack.append((ast.parse(current.value[:200], mode="eval").body, depth + 1))
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
            elif isinstance(current, ast.Name | ast.Attribute):
                for value in sorted(self.quiet(current, scope)):
                    if value.startswith("class:"):
                        found.add(f"instance:{value[6:]}")
                    else:
                        found |= vocabulary.instance(value)
            elif isinstance(current, ast.Subscript | ast.BinOp | ast.Tuple):
                stack.extend((child, depth + 1) for child in ast.iter_child_nodes(current))
        return frozenset(found)


def follow(node: ast.AST) -> tuple[ast.expr, ...]:
    """The expressions inside `node` that can have an effect, in their order; kept at the node for the next round."""
    known: tuple[ast.expr, ...] | None = node.__dict__.get("follow")
    if known is not None:
        return known
    gathers = type(node) in _GATHERING
    found: list[ast.expr] = []
    for name in node._fields:
        field = getattr(node, name, None)
        for child in field if isinstance(field, list) else (field,):
            kind = type(child)
            if kind is ast.Constant or (kind is ast.Name and not gathers):
                continue
            if isinstance(child, ast.comprehension):
                found += follow(child)
            elif isinstance(child, ast.expr) and not (isinstance(node, ast.comprehension) and name == "target"):
                if kind in _SPECIAL or gathers or kind in _GATHERING:
                    found.append(child)
                else:
                    found += follow(child)
    known = node.__dict__["follow"] = tuple(found)
    return known
