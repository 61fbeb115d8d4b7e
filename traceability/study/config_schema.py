"""A configuration checked against the generated schema, with what Snakemake brings and nothing else.

The schema comes from the chapters' `settings.py` (`python -m traceability.study.configuration`).
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from traceability.errors import StudyError, nearest

FOLDER = Path(__file__).resolve().parents[2] / "config"
SCHEMA = FOLDER / "schemas" / "config.schema.json"

_EXPECTED = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "a list of at least {}",
    "enum": "one of {}",
    "minLength": "a text of at least {} characters",
    "pattern": "a text like {}",
    "type": "{}",
}
_TYPES = {
    "array": "a list", "object": "a section of keys", "integer": "a whole number", "number": "a number",
    "string": "a text", "boolean": "true or false",
}  # fmt: skip

#: Folders of files that a configuration names and no rule makes.
_GIVEN = ("config/", "envs/", "resources/")


@functools.cache
def read() -> dict[str, Any]:
    """The schema."""
    return dict(json.loads(SCHEMA.read_text(encoding="utf-8")))


def check(config: Mapping[str, Any], where: str = "config") -> dict[str, Any]:
    """A copy of `config` with every default filled in.

    Raises `StudyError` with one line that names the key, what was given and what is expected.
    """
    schema = read()
    given = _typed(json.loads(json.dumps(config, default=str)), schema, schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = sorted(validator.iter_errors(given), key=lambda error: [str(part) for part in error.absolute_path])
    if wrong:
        raise StudyError(_line(wrong[0], where))
    return dict(_filled(given, schema, schema))


def require_files(config: Mapping[str, Any], root: Path) -> None:
    """Raise `StudyError`, in one line, for the first key of a checked `config` that names a file that is not there.

    These are the keys whose default is a file of the study, below `root`; what rules make is not looked for.
    """
    for chapter, part in read()["properties"].items():
        about = read()["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        for key, field in about.get("properties", {}).items():
            default, given = field.get("default"), config[chapter].get(key)
            if isinstance(default, str) and default.startswith(_GIVEN) and not (root / str(given)).is_file():
                raise StudyError(
                    f"config: '{chapter}.{key}' is '{given}': {(root / str(given)).absolute()} is not there; "
                    f"name a file, as seen from the study's folder, like {default}"
                )


def _typed(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> Any:
    """`value` with texts read as the numbers and truth values that the schema asks for.

    Snakemake hands on what is nested in an argument of `--config` as texts: `training={"replicates": 5}` comes as '5'.
    """
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        return {name: _typed(one, part.get("properties", {}).get(name, {}), schema) for name, one in value.items()}
    if isinstance(value, list):
        return [_typed(one, part.get("items", {}), schema) for one in value]
    if isinstance(value, str) and part.get("type") in ("integer", "number", "boolean"):
        with contextlib.suppress(ValueError):
            read = json.loads(value.lower())
            return read if isinstance(read, bool | int | float) else value
    return value


def _line(error: Any, where: str) -> str:
    """What is wrong, in one line."""
    location = [str(part) for part in error.absolute_path]
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        name = next(str(key) for key in error.instance if key not in known)
        return f"{where}: unknown key '{'.'.join([*location, name])}'; {nearest(name, known)}"
    limit = error.validator_value
    shown = ", ".join(map(str, limit)) if isinstance(limit, list) else _TYPES.get(str(limit), limit)
    expected = _EXPECTED.get(error.validator, "another value ({})").format(shown)
    return f"{where}: '{'.'.join(location)}' is {error.instance!r}: it should be {expected}; see config/README.md"


def _filled(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> Any:
    """`value` with the defaults of the schema's `part` in it, and whole numbers as the type that the schema says."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    if isinstance(value, dict) and "properties" in part:
        given = {name: copy.deepcopy(about.get("default", {})) for name, about in part["properties"].items()} | value
        return {name: _filled(given[name], about, schema) for name, about in part["properties"].items()}
    if isinstance(value, list) and "items" in part:
        return [_filled(one, part["items"], schema) for one in value]
    if part.get("type") in ("integer", "number") and isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if part["type"] == "integer" else float(value)
    return value
