"""Launches as rows of the table: every field with its verdict, and the planted defects with theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from traceability.capture import claims as reading

# These two register their judges.
from traceability.capture import judging_code, judging_environment  # noqa: F401
from traceability.capture.fields import FIELDS, OURS
from traceability.capture.judging import JUDGES, Launched
from traceability.capture.tables import CAPTURE
from traceability.errors import StudyError
from traceability.files import read_jsonl


def rows(line: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of `tables.CAPTURE` for one launch (a line of a batch); a launch that failed is one row with its reason."""
    case = {name: line[name] for name in ("system", "version", "launch_mode", "tracking")}
    if line.get("reason"):
        return [case | {"reason": line["reason"]}]
    found = reading.claims(line["system"], line["evidence"], line["tracking"], line["truth"]["explicit"])
    launched = Launched(tuple(found), line["truth"])
    judged = []
    for field in FIELDS:
        verdict = JUDGES[field.name](launched)
        claim = verdict.claim
        judged.append(case | {
            "need": field.need, "field": field.name, "verdict": verdict.verdict, "share": verdict.share,
            "place": claim.place if claim else None, "by_whom": claim.by_whom if claim else None,
            "expected": short(verdict.expected), "recorded": short(verdict.recorded), "ours": field.need in OURS,
        })  # fmt: skip
    return judged


def short(text: str, limit: int = 300) -> str:
    """One line of at most `limit` characters, fit for a cell of a table."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def planted(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `tables.PLANTED`: for every damaged record, the verdicts that its damage must give and those given."""
    found = []
    for line in lines:
        verdicts = {row.get("field"): row.get("verdict") for row in rows(line)}
        for word in filter(None, (line["expected"] or "").split(";")):
            field, _, expected = word.strip().partition("=")
            found.append({
                **{name: line[name] for name in ("tracker", "launch_mode", "tracking", "defect")}, "field": field,
                "expected_verdict": expected, "verdict": verdicts.get(field), "error": verdicts.get(field) != expected,
            })  # fmt: skip
    return found


def collect(files: Sequence[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Rows of `tables.CAPTURE` for sound records, in the order of their names, and of `tables.PLANTED` for damaged."""
    lines = sorted((line for path in files for line in read_jsonl(path)), key=lambda line: line["key"])
    sound = [row for line in lines if line["defect"] == "none" for row in rows(line)]
    return (
        pd.DataFrame(sound, columns=CAPTURE.column_names),
        planted([line for line in lines if line["defect"] != "none"]),
    )


def refuse_errors(damaged: Sequence[Mapping[str, Any]]) -> None:
    """Raise `StudyError` where a planted defect did not get its verdict: then the instrument is wrong."""
    for row in damaged:
        if row["error"]:
            raise StudyError(
                f"capture {row['launch_mode']}, {row['tracking']}, planted {row['defect']}: {row['field']} was judged "
                f"'{row['verdict']}', expected '{row['expected_verdict']}'"
            )
