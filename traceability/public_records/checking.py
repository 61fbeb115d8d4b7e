"""The audit of public records beside what a reader found in the raw files of runs drawn at random."""

from __future__ import annotations

from typing import Any

import pandas as pd

from traceability import intervals
from traceability.errors import StudyError

NAME = "raw files of runs drawn at random, read without the audit"
FIRST = f"{NAME}: as the audit was then, before what it showed was mended"
SECOND = "every run, counted again by a program that shares no code with the audit"


def rows(hand: pd.DataFrame, runs: pd.DataFrame, confidence: float) -> list[dict[str, Any]]:
    """The rows of `tables.CHECKS`, from rows of `tables.HAND` and of `tables.RUNS`.

    First what the audit said when the runs were read (over all fields), then what it says now, field by field. The
    second is no rate for other runs: errors that the reading showed were mended. Raises `StudyError` for a run that the
    observations do not hold.
    """
    known = {(str(row["repository"]), str(row["run"])): row for row in runs.to_dict("records")}
    judged = []
    for row in hand.to_dict("records"):
        place = (str(row["repository"]), str(row["run"]))
        if place not in known:
            raise StudyError(f"resources/labels/public_hand.tsv: run {place[1]} of {place[0]} is not observed")
        held = int(known[place][str(row["field"])])
        judged.append({"what": str(row["field"]), "read": int(row["read"]), "audited": held})
    frame = pd.DataFrame(judged, columns=["what", "read", "audited"])
    parts = [("every field", frame), *frame.groupby("what", sort=False)]
    then = int((hand["read"] != hand["audited"]).sum())
    found = [_row(FIRST, "every field", len(hand), int((hand["read"] > 0).sum()), then, confidence)]
    for what, part in parts:
        errors, positive = int((part["read"] != part["audited"]).sum()), int((part["read"] > 0).sum())
        found.append(_row(NAME, str(what), len(part), positive, errors, confidence))
    return found


def second_rows(counted: pd.DataFrame, confidence: float) -> list[dict[str, Any]]:
    """As `rows`, from rows of `tables.SECOND_COUNT`."""
    return [
        _row(SECOND, str(row["what"]), int(row["judged"]), int(row["positive"]), int(row["errors"]), confidence)
        for row in counted.to_dict("records")
    ]


def _row(check: str, what: str, judged: int, positive: int, errors: int, confidence: float) -> dict[str, Any]:
    low, high = intervals.clopper_pearson(errors, judged, confidence)
    return {"check": check, "what": what, "judged": judged, "positive": positive, "errors": errors,
            "rate": errors / judged if judged else 0.0, "low": low, "high": high}  # fmt: skip
