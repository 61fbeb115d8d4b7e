"""Shares of projects that use a function."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.intervals import wilson
from traceability.statistics.plan import Plan
from traceability.study.registry import read_frame

_COUNTS = ("source", "group", "function", "k", "n")


def share_rows(counts: Iterable[Path], plan: Plan, confidence: float) -> list[dict[str, Any]]:
    """Rows of `SHARES`: each counted share with its Wilson interval, then the published ones.

    A count of no project says nothing and is left out. Raises `StudyError` for a table without the needed columns.
    """
    rows: list[dict[str, Any]] = []
    for path in counts:
        frame = read_frame(path)
        missing = [name for name in _COUNTS if name not in frame.columns]
        if missing:
            raise StudyError(f"{path}: column '{missing[0]}' is missing (expected: {', '.join(_COUNTS)})")
        rows += frame.loc[frame["n"] > 0, list(_COUNTS)].to_dict("records")  # type: ignore[arg-type]
    rows += [published.model_dump() for published in plan.published_shares]
    for row in rows:
        row["low"], row["high"] = wilson(int(row["k"]), int(row["n"]), confidence)
        row["share"], row["interval"] = row["k"] / row["n"], "wilson"
    return rows
