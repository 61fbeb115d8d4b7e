"""Options of absl, Fire and Hydra, and programs that take words from `sys.argv` by their numbers."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from traceability.replay.program.click_options import with_defaults
from traceability.replay.program.options import Declared, Option
from traceability.replay.program.source import Module, dotted, last, read
from traceability.stores import small_files
from traceability.stores.small_files import Unreadable

_ABSL = {
    "string": "value", "integer": "value", "float": "value", "enum": "value", "enum_class": "value", "list": "commas",
    "multi_string": "repeated", "multi_integer": "repeated", "multi_float": "repeated", "multi_enum": "repeated",
}  # fmt: skip


def absl(module: Module) -> Declared:
    """Flags of absl (and of TensorFlow 1, which has the same)."""
    options, unread = [], []
    for call in module.calls():
        kind = last(call.func).removeprefix("DEFINE_")
        if not last(call.func).startswith("DEFINE_") or kind not in (*_ABSL, "bool", "boolean"):
            continue
        said = {keyword.arg: module.value(keyword.value) for keyword in call.keywords if keyword.arg}
        name = module.value(call.args[0]) if call.args else said.get("name")
        default = module.value(call.args[1]) if len(call.args) > 1 else said.get("default")
        if not isinstance(name, str):
            unread.append(f"{module.name}:{call.lineno}")
        elif kind in ("bool", "boolean"):
            options.append(Option(name, (f"--{name}",), "flag", (f"--{name}",), (f"--no{name}",), default))
        else:
            options.append(Option(name, (f"--{name}",), _ABSL[kind], default=default))
    return Declared(tuple(options), unread=tuple(unread))


def fire(module: Module) -> Declared:
    """Parameters of the function, or of the class, that is handed to Fire; of more than one it cannot be told."""
    known: dict[str, Any] = {}
    for node in module.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            known.setdefault(node.name, node)
        if isinstance(node, ast.ClassDef):
            made = (part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__")
            known[node.name] = next(made, None)
    for call in module.calls():
        if dotted(call.func) not in ("fire.Fire", "Fire"):
            continue
        function = known.get(call.args[0].id) if call.args and isinstance(call.args[0], ast.Name) else None
        if function is None:
            return Declared(unread=(f"{module.name}:{call.lineno}",))
        return Declared(
            tuple(
                Option(argument.arg, (f"--{argument.arg}",), default=module.value(default) if default else None,
                       required=default is None)
                for argument, default in with_defaults(function)
            )
        )  # fmt: skip
    return Declared()


def by_number(module: Module) -> Declared:
    """Words taken as `name = ...sys.argv[1]...`: positional, under the name that they are given."""
    found: dict[int, str] = {}
    for node in module.nodes():
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        for part in ast.walk(node.value):
            if isinstance(part, ast.Subscript) and dotted(part.value) in ("sys.argv", "argv"):
                number = module.value(part.slice)
                if isinstance(number, int) and number > 0:
                    found.setdefault(number, node.targets[0].id)
    options = []
    for number in range(1, len(found) + 1):
        if number not in found:
            break
        options.append(Option(found[number], default=None))
    return Declared(tuple(options))


def hydra(module: Module, folder: Path) -> Declared:
    """Keys of the configuration of a Hydra program; what instantiates or steers Hydra itself is none of them."""
    for node in module.nodes():
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and dotted(decorator.func) in ("hydra.main", "main"):
                said = {word.arg: module.value(word.value) for word in decorator.keywords if word.arg}
                if "config_name" in said:
                    return _keys(folder, module, said.get("config_path"), said["config_name"], decorator.lineno)
    return Declared()


def _keys(folder: Path, module: Module, place: Any, name: Any, line: int) -> Declared:
    unread = Declared(unread=(f"{module.name}:{line}",))
    if not isinstance(name, str) or not isinstance(place, str | None):
        return unread
    home = (folder / module.name).parent / (place or "")
    file = home / (name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    found = _flat(_mapping(file, folder), "")
    for group in _groups(_mapping(file, folder).get("defaults")):
        found |= _flat(
            _mapping((home / group).with_suffix(".yaml"), folder), group.rpartition("/")[0].replace("/", ".")
        )
    if not found:
        return unread
    # What follows could make Hydra call something else than the program.
    kept = {key: value for key, value in found.items() if "_target_" not in key and not key.startswith("hydra")}
    return Declared(tuple(Option(key, (key,), "override", default=value) for key, value in kept.items()))


def _mapping(path: Path, folder: Path) -> dict[str, Any]:
    text = read(path, folder)
    try:
        return small_files.parsed(text.encode()) if text else {}
    except Unreadable:
        return {}


def _groups(defaults: Any) -> list[str]:
    """Chosen files of a defaults list, as `optimizer/adam`."""
    found = []
    for item in defaults if isinstance(defaults, list) else []:
        pairs = item.items() if isinstance(item, dict) else [("", item)] if isinstance(item, str) else []
        for group, chosen in pairs:
            if (
                isinstance(chosen, str)
                and isinstance(group, str)
                and chosen != "_self_"
                and ".." not in f"{group}{chosen}"
            ):
                found.append(f"{group.removeprefix('override ')}/{chosen}".strip("/"))
    return found


def _flat(mapping: dict[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in mapping.items():
        name = f"{prefix}.{key}".strip(".")
        if key == "defaults" and not prefix:
            continue
        found |= _flat(value, name) if isinstance(value, dict) else {name: value}
    return found
