"""Options that make other libraries write to MLflow, told from how the code is written alone."""

from __future__ import annotations

import ast
import itertools
import re

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.sources import Source

#: Words without which a file holds no such option.
WORDS = (b"report_to", b"report-to", b"log_with", b"log-with", b"result_tracker", b"MLflowVisBackend",
         b"MlflowLoggerHook", b"MLFlowHandler", b"ultralytics", b"kedro_mlflow", b"experiment_tracker")  # fmt: skip
_SHELL = re.compile(r"--(report[_-]to|log[_-]with|result[_-]tracker)[= ]+[\"']?(?:[\w-]+[ ,]+)*?mlflow\b")
_TYPES = {"MLflowVisBackend": "openmmlab", "MlflowLoggerHook": "openmmlab", "MLFlowHandler": "monai"}
_KEDRO = re.compile(r"^kedro_mlflow\..*\.Mlflow\w+$")

Found = tuple[int, int, int, str, str]  # line, column, cell, api, library


def keyword(given: ast.keyword, spelled: str) -> tuple[str, str, str] | None:
    """What a keyword of a call switches on: the call's name, the library, and how sure that is."""
    name = given.arg or ""
    library = vocabulary.KEYWORD_WRAPPERS.get(name)
    if library and "mlflow" in words(given.value):
        return f"{spelled}({name}=mlflow)", library, "certain"
    if name == "log_experiment" and spelled == "setup" and (
        (isinstance(given.value, ast.Constant) and given.value.value is True) or "mlflow" in words(given.value)
    ):  # fmt: skip
        return "pycaret.setup(log_experiment)", "pycaret", "likely"
    if name == "experiment_tracker" and any("mlflow" in word for word in words(given.value)):
        return f"{spelled}(experiment_tracker)", "zenml", "likely"
    if name == "type" and spelled == "dict" and isinstance(given.value, ast.Constant):
        library = _TYPES.get(str(given.value.value).rpartition(".")[2])
        return (f"dict(type={given.value.value!s})", library, "certain") if library else None
    return None


def words(node: ast.AST) -> set[str]:
    return {n.value.lower() for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def look(source: Source, ultralytics_named: bool) -> list[Found]:
    """Options in dictionaries, assignments, defaults of arguments and command lines, in the order of the code.

    `ultralytics_named` says that the file names ultralytics, whose `settings` are a dictionary.
    """
    found: list[Found] = []
    for part in source.parts:
        ultralytics: dict[int, Found] = {}
        for statement in part.body:
            for node in ast.walk(statement):
                for api, library in _of(node):
                    found.append((node.lineno, node.col_offset, part.cell, api, library))  # type: ignore[attr-defined]
                if ultralytics_named:
                    _ultralytics(node, part.cell, ultralytics)
        found += ultralytics.values()
    return sorted(set(found))


def _of(node: ast.AST) -> list[tuple[str, str]]:  # noqa: PLR0911 - one case per kind
    if isinstance(node, ast.Dict):
        return [hit for key, value in zip(node.keys, node.values, strict=True) for hit in _pair(key, value)]
    if isinstance(node, ast.Assign):
        names = [_target(target) for target in node.targets]
        return [hit for name in names for hit in _option(name, _default(node.value))]
    if isinstance(node, ast.AnnAssign):
        return _option(_target(node.target), _default(node.value))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        taken = [*node.args.posonlyargs, *node.args.args]
        pairs = zip(taken[len(taken) - len(node.args.defaults) :], node.args.defaults, strict=False)
        more = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=False)
        return [hit for argument, value in [*pairs, *more] for hit in _option(argument.arg, _default(value))]
    if isinstance(node, ast.Call):
        flags = [a.value.lstrip("-").replace("-", "_") for a in node.args
                 if isinstance(a, ast.Constant) and isinstance(a.value, str) and a.value.startswith("-")]  # fmt: skip
        value = next((k.value for k in node.keywords if k.arg == "default"), None)
        return [hit for flag in flags for hit in _option(flag, value)]
    if isinstance(node, ast.List | ast.Tuple):
        return _command(node.elts)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "--" in node.value:
        shell = _SHELL.search(node.value[:20_000])
        if shell and "\n\n" not in node.value:  # no text about the option
            return [(shell.group(0)[:80], vocabulary.KEYWORD_WRAPPERS[shell.group(1).replace("-", "_")])]
    return []


def _pair(key: ast.expr | None, value: ast.expr) -> list[tuple[str, str]]:
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return []
    if key.value in ("type", "_target_", "_class_name") and isinstance(value, ast.Constant):
        written = str(value.value)
        library = _TYPES.get(written.rpartition(".")[2])
        if library:
            return [(f"{key.value}: {written}"[:80], library)]
        return [(written[:80], "kedro")] if _KEDRO.match(written) else []
    return _option(key.value, value)


def _option(name: str, value: ast.expr | None) -> list[tuple[str, str]]:
    library = vocabulary.KEYWORD_WRAPPERS.get(name)
    if library is None or value is None or isinstance(value, ast.Call | ast.Compare | ast.Subscript):
        return []
    return [(f"{name}: mlflow", library)] if "mlflow" in words(value) else []


def _default(value: ast.expr | None) -> ast.expr | None:
    """The default of a `field(...)`, or the value itself."""
    if isinstance(value, ast.Call):
        first = value.args[0] if value.args and isinstance(value.args[0], ast.Constant) else None
        given = next((k.value for k in value.keywords if k.arg in ("default", "default_factory")), first)
        return given.body if isinstance(given, ast.Lambda) else given
    return value


def _target(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    return ""


def _command(parts: list[ast.expr]) -> list[tuple[str, str]]:
    """`["--report_to", "mlflow"]`, as `subprocess` takes it."""
    texts = [p.value if isinstance(p, ast.Constant) and isinstance(p.value, str) else "" for p in parts]
    for flag, value in itertools.pairwise(texts):
        name = flag.lstrip("-").replace("-", "_")
        if flag.startswith("--") and value == "mlflow" and name in vocabulary.KEYWORD_WRAPPERS:
            return [(f"{flag} mlflow", vocabulary.KEYWORD_WRAPPERS[name])]
    return []


def _ultralytics(node: ast.AST, cell: int, state: dict[int, Found]) -> None:
    """`settings.update({"mlflow": True})`; `False`, or a `settings.reset()` further down, takes it back."""
    value: ast.expr | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        holder = node.func.value
        name = holder.attr if isinstance(holder, ast.Attribute) else holder.id if isinstance(holder, ast.Name) else ""
        if name.lower() not in ("settings", "yolo_settings"):
            return
        if node.func.attr == "reset":
            state.clear()
        if node.func.attr != "update":
            return
        value = next((k.value for k in node.keywords if k.arg == "mlflow"), None)
        for argument in node.args:
            if isinstance(argument, ast.Dict):
                for key, inner in zip(argument.keys, argument.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "mlflow":
                        value = inner
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        target = node.targets[0]
        holder = target.value
        name = holder.attr if isinstance(holder, ast.Attribute) else holder.id if isinstance(holder, ast.Name) else ""
        if name.lower() == "settings" and _target(target) == "mlflow":
            value = node.value
    if isinstance(value, ast.Constant):
        state.clear()
        if value.value is True:
            state[0] = (node.lineno, node.col_offset, cell, "settings.update(mlflow=True)", "ultralytics")  # type: ignore[attr-defined]
