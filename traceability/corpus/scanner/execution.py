"""Runs a module abstractly: binds its names, follows its calls, and records those that reach MLflow."""

from __future__ import annotations

import ast

from traceability.corpus.scanner import dynamic, vocabulary
from traceability.corpus.scanner.expressions import Expressions, dotted
from traceability.corpus.scanner.resolution import Project
from traceability.corpus.scanner.sources import Problem
from traceability.corpus.scanner.values import (
    FOREIGN_SETS,
    NOTHING,
    PROPERTY_LIKE,
    Class,
    Function,
    Scope,
    Values,
    container,
    elements,
    few,
    last_name,
    targets,
)

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
_CONDITIONAL = frozenset({ast.If, ast.For, ast.While, ast.Try, ast.Raise, ast.AugAssign, ast.Assert})
_BLOCKS, _BRANCHES = frozenset({"body", "orelse", "finalbody"}), frozenset({"handlers", "cases"})
_ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break


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


class _Runner(Expressions):
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
                    self.bind(item.optional_vars, dynamic.entered(self, values), scope, weak)
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
            held = elements(self.value(node.iter, scope))
            self.bind_each(node.target, node.iter, held, scope)
        if isinstance(node, ast.If | ast.Assert):
            self.condition(node, scope)
            return
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

    def condition(self, node: ast.If | ast.Assert, scope: Scope) -> None:
        """A condition, with what `isinstance` in it says of the names and attributes in its branches."""
        holds, fails = self.tested(node.test, scope)
        self.value(node.test, scope)
        if isinstance(node, ast.Assert):
            self.narrow(holds)
            return
        known = dict(self.narrowed)
        self.narrow(holds)
        self.block(node.body, scope, weak=True)
        self.narrowed = dict(known)
        self.narrow(fails)
        self.block(node.orelse, scope, weak=True)
        if not (fails and node.body and isinstance(node.body[-1], _ENDS)):  # else it stays so for what comes after
            self.narrowed = known

    def narrow(self, known: list[tuple[ast.expr, Values]]) -> None:
        for target, values in known:
            if dotted(target):
                self.narrowed[dotted(target)] = values

    def import_modules(self, node: ast.Import, scope: Scope, weak: bool) -> None:
        for alias in node.names:
            first = alias.name.split(".")[0]
            if first == "mlflow":
                values = NOTHING if self.module.shadowed else frozenset({alias.name if alias.asname else "mlflow"})
            else:
                found = self.project.find_module(self.module.path, alias.name if alias.asname else first)
                unread = self.unread(alias.name if alias.asname else first, 0) if found is None else NOTHING
                if unread:
                    self.set(alias.asname or first, unread, scope, weak)
                    continue
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
        unread = self.unread(dotted, node.level) if found is None and not library else NOTHING
        for alias in node.names:
            if alias.name == "MLFlowLogger" and not self.project.has_logger:
                self.project.has_logger = self.project.changed = True
            self.project.has_rivals |= alias.name in ("CometLogger", "NeptuneLogger")
            if alias.name == "*":
                for value in unread:
                    self.project.needed.add(self.project.paths[int(value[7:])])
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
            if not values and not library:
                values = self.unread(f"{dotted}.{alias.name}" if dotted else alias.name, node.level) or unread
            if not values and found is None and not node.level:
                values = vocabulary.of_library(vocabulary.canonical(f"{dotted}.{alias.name}"))
            self.set(alias.asname or alias.name, values, scope, weak)

    def unread(self, dotted: str, level: int) -> Values:
        """Something of a file of the project that is not analysed; what gathers the names of a package is asked for."""
        path = self.project.find_unread(self.module.path, dotted, level)
        if path is None:
            return NOTHING
        if path.endswith("__init__.py"):
            self.project.needed.add(path)
        return frozenset({f"unread:{self.project.unread[path]}"})

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
            property_like = any(word in name.lower() for name in spelled for word in PROPERTY_LIKE)
            inner = Scope(self.number, scope, function=number)
            owner = scope.owner if scope.is_class else -1
            self.project.functions.append(Function(
                node, inner, owner, property_like, is_static="staticmethod" in spelled,
                is_class_method="classmethod" in spelled, is_fixture="fixture" in spelled,
            ))  # fmt: skip
            if "fixture" in spelled:
                self.project.fixtures.setdefault(_fixture_name(node), []).append(number)
                self.project.changed = True
        function = self.project.functions[number]
        self.decorate(decorators, f"function:{number}")
        function.scope.parent = scope
        defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        for default in defaults:
            self.value(default, scope)
        self.later.append((number, self.cell))
        self.set(node.name, frozenset({f"function:{number}"}), scope, weak)

    def decorate(self, decorators: list[Values], decorated: str) -> None:
        """A decorator is handed the function or class: it may keep it, or call it with something of MLflow."""
        for values in decorators:
            for value in sorted(values):
                if value.startswith("function:"):
                    self.hand_over(value, [frozenset({decorated})], {})

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
                known[extra.arg] = function.given.get(extra.arg, NOTHING)
        if self.project.fixtures and (function.is_fixture or node.name.startswith(("test", "setup", "pytest_"))):
            for name, values in known.items():
                if name in self.project.fixtures and not values:
                    known[name] = self.project.fixture(self.module.path, name)
        if function.owner >= 0 and positional and not function.is_static:
            sort = "class" if function.is_class_method else "instance"
            known[positional[0].arg] = frozenset({f"{sort}:{function.owner}"})
        scope.bound.update(known)
        self.returning(function, self.annotated(node.returns, scope.parent or scope))
        self.narrowed = {}
        self.block(node.body, scope, weak=False)

    def returning(self, function: Function, values: Values) -> None:
        """A function may return these, too."""
        if not values <= function.returns:
            known = function.returns
            function.returns = few(known | values)
            self.project.changed = self.project.changed or function.returns != known

    def define_class(self, node: ast.ClassDef, scope: Scope, weak: bool) -> None:
        decorators = [self.value(decorator, scope) for decorator in node.decorator_list]
        number = self.project.by_node.get(id(node))
        if number is None:
            number = len(self.project.classes)
            self.project.by_node[id(node)] = number
            self.project.classes.append(Class(node.name))
        self.decorate(decorators, f"class:{number}")
        owner = self.project.classes[number]
        bases: set[str] = set()
        for base in node.bases:
            values = self.value(base, scope)
            self.mention(base, values, "base")
            bases |= values
        for value in sorted(bases):
            if value.startswith("class:"):
                self.project.classes[int(value[6:])].heirs.add(number)
            elif value.startswith("unread:"):
                self.project.needed.add(self.project.paths[int(value[7:])])
        annotated = [statement.target for statement in node.body if isinstance(statement, ast.AnnAssign)]
        owner.fields = [target.id for target in annotated if isinstance(target, ast.Name)]
        known = frozenset(bases - {f"class:{number}"})
        if known != owner.bases:
            owner.bases, self.project.changed = known, True
        inner = Scope(self.number, scope, owner=number, is_class=True)
        self.block(node.body, inner, weak=False)
        for name, values in inner.bound.items():
            self.hold(owner, name, values)
        self.set(node.name, frozenset({f"class:{number}"}), scope, weak)

    def assign(self, node: ast.Assign | ast.AnnAssign, scope: Scope, weak: bool) -> None:
        values = self.value(node.value, scope)
        if isinstance(node, ast.AnnAssign):
            values |= self.annotated(node.annotation, scope)
            if node.value is not None or values:
                self.bind(node.target, values, scope, weak)
            return
        if not values or values in FOREIGN_SETS:
            values = self.called_for(node) or values
        for target in node.targets:
            if isinstance(target, ast.Tuple | ast.List) and isinstance(node.value, ast.Tuple | ast.List):
                for single, value in zip(target.elts, node.value.elts, strict=False):
                    self.bind(single, self.quiet(value, scope), scope, weak)
            elif isinstance(target, ast.Tuple | ast.List):
                functions = self.quiet(node.value.func, scope) if isinstance(node.value, ast.Call) else NOTHING
                whole = frozenset(v for v in values if v.startswith("mlflow") and "(" not in v)  # `mlflow, found = ...`
                for place, single in enumerate(target.elts):
                    held = self.returned(functions, place) | elements(values) | (NOTHING if place else whole)
                    self.bind(single, held, scope, weak)
            else:
                self.bind(target, values, scope, weak)

    def called_for(self, node: ast.Assign) -> Values:
        """`mlflow = helper("mlflow")`, whatever the helper is: the library, by the name that it is given."""
        first = node.targets[0]
        if isinstance(first, ast.Tuple) and first.elts:
            first = first.elts[0]
        if last_name(first).lstrip("_") != "mlflow" or not isinstance(node.value, ast.Call):
            return NOTHING
        given = [*node.value.args, *(k.value for k in node.value.keywords)]
        named = any(isinstance(a, ast.Constant) and a.value == "mlflow" for a in given)
        return frozenset({"mlflow"}) if named else NOTHING

    def returned(self, functions: Values, place: int) -> Values:
        """What stands at `place` of the tuples that functions of the project return."""
        numbers = [int(value[9:]) for value in functions if value.startswith("function:")]
        return frozenset().union(*(self.project.functions[number].items.get(place, NOTHING) for number in numbers))

    def bind(self, target: ast.expr, values: Values, scope: Scope, weak: bool) -> None:
        for single in targets(target):
            if isinstance(single, ast.Name):
                self.set(single.id, values, scope, weak)
            elif isinstance(single, ast.Attribute):
                self.bind_attribute(single, values, scope)
            elif isinstance(single, ast.Subscript) and values and values not in FOREIGN_SETS:
                self.fill(single.value, container(values), scope)

    def fill(self, target: ast.expr, values: Values, scope: Scope) -> None:
        """Something is put into a container, which may be one of the module."""
        if not isinstance(target, ast.Name):
            self.bind(target, values, scope, True)
            return
        home: Scope | None = scope
        while home is not None and target.id not in home.bound:
            home = home.parent
        if home is None or (home is self.module.scope and scope is not home):
            self.project.inject(self.number, target.id, values)
        else:
            self.set(target.id, values, home, True)

    def bind_attribute(self, target: ast.Attribute, values: Values, scope: Scope) -> None:
        holders = self.quiet(target.value, scope)
        for holder in sorted(holders):
            sort, _, number = holder.partition(":")
            if sort in ("instance", "class") and number.isdigit():
                self.hold(self.project.classes[int(number)], target.attr, values)
            elif sort == "module":
                self.project.inject(int(number), target.attr, values)
            elif sort == "unread":
                self.need(holder, [values])
        if not holders or holders in FOREIGN_SETS:  # `app.state.client = MlflowClient()`: kept by its name alone
            held = frozenset(v for v in values if v.startswith(f"{vocabulary.CLIENT}()") or v == "mlflow")
            if held and not held <= self.project.loose.get(target.attr, NOTHING):
                self.project.loose[target.attr] = self.project.loose.get(target.attr, NOTHING) | held
                self.project.changed = True

    def set(self, name: str, values: Values, scope: Scope, weak: bool) -> None:
        if self.narrowed:
            self.narrowed.pop(name, None)
        if name in scope.globals:
            self.project.inject(self.number, name, values)
            scope, weak = self.module.scope, True
        if weak:
            values = values | scope.bound.get(name, NOTHING)
        scope.bound[name] = few(values)


def _fixture_name(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The name by which tests ask for a fixture."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and last_name(decorator.func) == "fixture":
            for keyword in decorator.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
    return node.name
