"""`[tool.traceability]` of a pyproject.toml: what `traceability scan` takes where the command line says nothing."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from traceability.errors import StudyError

#: Keys, and the type of each.
KEYS: dict[str, type] = {
    "exclude": list, "gitignore": bool, "format": str, "fail-on": list, "exit-zero": bool, "jobs": int,
}  # fmt: skip
#: Tables that other commands may keep beside the keys of this one.
_OTHERS = frozenset({"scan", "audit", "replay", "drift"})


def read(start: Path) -> dict[str, Any]:
    """The settings of the nearest pyproject.toml, from `start` upwards, that has the table; empty where none has.

    Keys stand in `[tool.traceability]`, or in `[tool.traceability.scan]`, which comes first. Raises `StudyError` naming
    the file and the key for one that is not known or of another type.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if not path.is_file():
            continue
        try:
            tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
        except (OSError, ValueError) as error:
            raise StudyError(f"{path}: cannot be read as TOML ({error}); mend it, or run scan elsewhere") from None
        found = tool.get("traceability") if isinstance(tool, dict) else None
        if isinstance(found, dict):
            plain = {key: value for key, value in found.items() if key not in _OTHERS}
            own = found.get("scan", {})
            return _checked(path, plain | (own if isinstance(own, dict) else {}))
    return {}


def _checked(path: Path, given: dict[str, Any]) -> dict[str, Any]:
    for key, value in given.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(sorted(KEYS))}"
            raise StudyError(f"{path}: [tool.traceability] has no key '{key}'; {hint}")
        kind = KEYS[key]
        fits = type(value) is kind and (not isinstance(value, list) or all(isinstance(item, str) for item in value))
        if not fits:
            wanted = {list: "a list of strings", bool: "true or false", str: "a string", int: "a whole number"}[kind]
            raise StudyError(f"{path}: [tool.traceability] '{key}' must be {wanted}, not {value!r}")
    return given
