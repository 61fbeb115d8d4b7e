"""Resolves the calls of a project: what does each name in each scope stand for, and is that MLflow?

A small abstract interpreter over syntax trees. Every expression has a set of *values*, each a string:

- `mlflow.log_metric`, `pytorch_lightning.loggers.MLFlowLogger`: a name of a library; with `()`, what the call returns
- `module:<n>`, `function:<n>`, `class:<n>`, `instance:<n>`: things that the project defines, by their index
- `~`, `~U`, and with `()`: something of a library that can never lead to MLflow (`U`: spelled like a class)
- `"mlflow.sklearn`: a string that may name MLflow, a module or a function of it
- `[]<value>`: a container (list, dictionary, generator, what a context manager gives) that holds the value
- `unread:<n>`: something of a file of the project that is not analysed; `@experiment`: `<x>.logger.experiment`

Assignments in sequence replace, assignments under a condition add. Function bodies see the final state of the module.
The project is run over at most `ROUNDS` times: names flow through modules, arguments and attributes; the calls are
those of the last time, which is the first one that changes nothing, or the last that is allowed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.names import Names, is_shadowed
from traceability.corpus.scanner.sources import Source
from traceability.corpus.scanner.values import (
    ELEMENT,
    EXPERIMENT,
    MOST,
    NOTHING,
    ROUNDS,
    WHOLE,
    Call,
    Class,
    Function,
    Module,
    Scope,
    Values,
    container,
    elements,
    few,
)


class Project(Names):
    """The modules of one project and what their names stand for."""

    def __init__(
        self, sources: dict[str, Source], paths: Iterable[str], shims: frozenset[str] = frozenset(),
        has_logger: bool = False,
    ) -> None:  # fmt: skip
        """`sources`: the files to analyse; `paths`: all code files of the project; `shims`: modules posing as mlflow.

        `has_logger` says that configuration makes an MLFlowLogger.
        """
        self.modules: list[Module] = []
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.by_node: dict[int, int] = {}
        self.calls: dict[tuple[str, int, int, int, str], Call] = {}
        self.uses: set[str] = set()  # files that use mlflow in executable code
        self.recording = True
        self.changed = False  # something that other modules or functions see is no longer as it was
        self.needed: set[str] = set()  # files not analysed that are handed something of MLflow
        self.fixtures: dict[str, list[int]] = {}  # functions that pytest hands in, by name
        self.loose: dict[str, Values] = {}  # attributes of objects that nobody knows
        self.has_logger, self.has_rivals = has_logger, False
        all_paths = list(paths)
        packages = {path.rpartition("/")[0] for path in [*all_paths, *sources] if path.endswith("__init__.py")}
        for path, source in sources.items():
            index = len(self.modules)
            self.modules.append(Module(path, source, Scope(index), shadowed=is_shadowed(path, shims, packages)))
        self.index_files(all_paths)

    def resolve(self, run_module: Callable[[Project, int], None], rounds: int = ROUNDS) -> list[Call]:
        """Every call of MLflow, in the order of files and lines; `run_module` goes once over a module.

        After fewer rounds than all may need, `changed` says whether more would change anything: then call it again.
        """
        # What is bound in one round is seen by all in the next; code without definitions has nothing to hand over.
        definitions = any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            for module in self.modules for part in module.source.parts for node in part.body
        )  # fmt: skip
        for _ in range(rounds if definitions else min(rounds, 3)):
            self.calls, self.uses, self.changed = {}, set(), False
            for number, module in enumerate(self.modules):
                module.earlier, module.scope.bound = module.scope.bound, {}
                run_module(self, number)
                self.changed = self.changed or module.earlier != module.scope.bound
            if not self.changed:  # the next round would be this one again
                break
        self._wrapped()
        return sorted(self.calls.values(), key=lambda c: (c.file, c.cell, c.line, c.column, c.api, c.way))

    def record(self, module: int, node: ast.AST, cell: int, api: str, kind: str, way: str, confidence: str) -> None:
        """Note a call site, unless an expression is only looked at again."""
        if self.recording:
            offset = getattr(node, "col_offset", 0)
            line = node.lineno  # type: ignore[attr-defined]
            call = Call(self.modules[module].path, line, cell, api, kind, way, confidence, offset + 1)
            self.calls.setdefault((call.file, call.cell, call.line, offset, kind if way != "wrapped" else api), call)

    def _wrapped(self) -> None:
        """Give calls of the project's own functions the kinds those reach, through at most three functions."""
        reach = [dict(function.reaches) for function in self.functions]
        for _ in range(3):
            for number in range(len(reach)):
                for kind, api in list(reach[number].items()):
                    if kind.startswith("function:"):
                        for inner, inner_api in reach[int(kind[9:])].items():
                            reach[number].setdefault(inner, inner_api)
                        del api
        for key, call in list(self.calls.items()):
            if call.way != "wrapped":
                continue
            del self.calls[key]
            reached = reach[int(call.api[9:])]
            for kind, api in sorted(reached.items()):
                if not kind.startswith("function:"):
                    wrapped = Call(call.file, call.line, call.cell, api, kind, "wrapped", call.confidence, call.column)
                    self.calls[(*key[:4], f"wrapped {kind}")] = wrapped

    def export(self, module: int, name: str, depth: int = 0) -> Values:
        """What `name` stands for at the top of a module."""
        seen = self.modules[module]
        values = seen.scope.bound.get(name) or seen.earlier.get(name) or NOTHING
        values |= seen.injected.get(name, NOTHING)
        if not values and depth < 4:
            for other in seen.stars:
                if other != module:
                    values = self.export(other, name, depth + 1)
                    if values:
                        break
        if not values and seen.star and name in vocabulary.STAR:
            values = frozenset({f"mlflow.{name}"})
        return values

    def inject(self, module: int, name: str, values: Values) -> None:
        """Values that functions or other modules give to a name of a module: they stay from one round to the next."""
        known = self.modules[module].injected.get(name, NOTHING)
        held = frozenset(value for value in values if value[0] != "~")
        if not held <= known:
            self.modules[module].injected[name] = few(known | held)
            self.changed = True

    def attribute(self, value: str, name: str) -> Values:  # noqa: PLR0911 - one case per sort of value
        """What `.name` of a value stands for."""
        sort, _, number = value.partition(":")
        if number.isdigit():
            if sort == "module":
                found = self.export(int(number), name)
                if not found:
                    below = self.find_module(self.modules[int(number)].path, name, 1)
                    found = frozenset({f"module:{below}"}) if below is not None else NOTHING
                return found
            if sort in ("class", "instance"):
                return self._member(int(number), name, sort == "instance", 0)
            return frozenset({value}) if sort == "unread" else NOTHING
        if value[0] in '[*"':
            if value.startswith("[]"):
                if name in ELEMENT:
                    return frozenset({f"*{value[2:]}"})
                return frozenset({f"*{value}"}) if name in WHOLE else NOTHING
            return NOTHING
        if value == EXPERIMENT:
            return frozenset({f"{EXPERIMENT}.{name}"}) if name in vocabulary.CLIENT_LOGGING else NOTHING
        if name in ("experiment", "_mlflow_client") and value.endswith("MLFlowLogger()"):
            return frozenset({f"{vocabulary.CLIENT}()"})
        if value.startswith("mlflow.") and name == "mlflow":
            return frozenset({"mlflow"})
        return vocabulary.member(value, name)

    def _member(  # noqa: PLR0912 - one case per place of an attribute
        self, number: int, name: str, instance: bool, depth: int, heirs: bool = True
    ) -> Values:
        owner = self.classes[number]
        values = owner.attributes.get(name)
        if not values:
            found: set[str] = set()
            for base in sorted(owner.bases):
                sort, _, index = base.partition(":")
                if sort == "class" and depth < 8:
                    found |= self._member(int(index), name, instance, depth + 1, heirs=False)
                elif base == vocabulary.CLIENT:
                    found.add(f"{base}{'()' * instance}.{name}")
                elif instance and "MLFlowLogger" in base:
                    found |= self.attribute(base + "()", name)
            if not found and heirs and depth < 2:  # set in the heir, used in the class that it inherits from
                for heir in sorted(owner.heirs)[:MOST]:
                    found |= self.classes[heir].attributes.get(name, NOTHING)
            forwards = owner.attributes.get("__getattr__") if not found and instance and values is None else None
            for value in sorted(forwards or NOTHING):
                if value.startswith("function:"):
                    for given in sorted(self.functions[int(value[9:])].returns):
                        if given.startswith("mlflow") and given.endswith(f".{vocabulary.ANY}"):
                            found.add(vocabulary.canonical(given[: -len(vocabulary.ANY)] + name))
            return frozenset(found)
        if not instance:
            return values
        result: set[str] = set()
        for value in sorted(values):
            sort, _, index = value.partition(":")
            if sort == "function" and self.functions[int(index)].is_property:
                result |= self.functions[int(index)].returns
            else:
                result.add(value)
        return frozenset(result)

    def called(self, value: str) -> Values:  # noqa: PLR0911 - one case per sort of value
        """What calling a value returns."""
        sort, _, number = value.partition(":")
        if sort == "function":
            function = self.functions[int(number)]
            return function.returns | container(function.yields) if function.yields else function.returns
        if sort == "class":
            return frozenset({f"instance:{number}"})
        if sort == "instance":
            found: set[str] = set()
            for method in self._member(int(number), "__call__", True, 0):
                if method.startswith("function:"):
                    found |= self.functions[int(method[9:])].returns
            return frozenset(found)
        if sort == "module" or value[0] in '["@':
            return NOTHING
        if sort == "unread":
            return frozenset({value})
        if value[0] == "*":
            return frozenset({value[1:]})
        if value.endswith(".setup_mlflow") and value.startswith("ray"):
            return frozenset({"mlflow"})
        return vocabulary.returned(value)

    def is_telling(self, value: str, depth: int = 0, reaching: bool = True) -> bool:
        """Whether a value that is handed to a file not analysed may lead it to MLflow.

        With `reaching` a function counts also where it only uses MLflow itself, and gives nothing of it.
        """
        value = value.lstrip("[]*")
        if not value or value[0] in "~@":
            return False
        if value.startswith(("mlflow", '"mlflow')) or "MLFlowLogger" in value:
            return True
        sort, _, number = value.partition(":")
        if sort == "function":
            function = self.functions[int(number)]
            given = function.returns | function.yields
            return (reaching and bool(function.reaches)) or self.any_telling(given, depth, reaching)
        if sort in ("class", "instance") and depth < 4:
            known = self.classes[int(number)]
            return (
                any(self.any_telling(values, depth, reaching) for values in known.attributes.values())
                or self.any_telling(known.bases, depth, reaching)
            )  # fmt: skip
        return False

    def any_telling(self, values: Values, depth: int = 0, reaching: bool = True) -> bool:
        return depth < 4 and any(self.is_telling(value, depth + 1, reaching) for value in values)

    def fixture(self, path: str, name: str) -> Values:
        """What pytest hands to an argument of this name in a test of `path`."""
        folder = path.rpartition("/")[0]
        known = self.fixtures.get(name, [])
        near = []
        for number in known:
            home = self.modules[self.functions[number].scope.module].path
            above, _, file = home.rpartition("/")
            if home == path or (file == "conftest.py" and (not above or f"{folder}/".startswith(f"{above}/"))):
                near.append((len(home) if home != path else len(path) + 1000, number))
        chosen = [max(near)[1]] if near else known if len(known) == 1 else []
        values = frozenset().union(*(self.functions[n].returns | self.functions[n].yields for n in chosen))
        return values | elements(values)
