"""Data sets that could not be had on this machine: the study goes on, and what needs them is `not measured`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path


def reason(folder: Path) -> str | None:
    """Why the prepared data set in `folder` is empty, and how to get it; None where it is not."""
    try:
        said = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said.get("missing") if isinstance(said, dict) else None


def reasons(results: Path, names: Iterable[str]) -> list[str]:
    """One line for each of the data sets `names` whose arms were not measured, because it could not be had."""
    found = ((name, reason(results / "datasets" / name)) for name in names)
    return [f"NOT MEASURED: the arms on {name}. {why}" for name, why in found if why]
