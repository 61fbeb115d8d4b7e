"""The claim under the whole chapter: what a set-up with a database acknowledged is still there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from traceability.errors import StudyError


def judge(collaboration: pd.DataFrame, failures: pd.DataFrame, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `tables.DURABILITY`, one per measured set-up.

    Counted are synchronous calls: several writers on a migrated store, and every event. Asynchronous calls acknowledge
    nothing, and the first use of a fresh database by several processes is a finding of its own (state `fresh`).
    """
    together = collaboration[(collaboration["state"] == "ready") & collaboration["reason"].isna()]
    broken = failures[(failures["logging"] == "synchronous") & failures["reason"].isna()]
    result = []
    for row in rows:
        parts = [together[together["store"] == row["store"]], broken[broken["store"] == row["store"]]]
        measurements = sum(map(len, parts))
        if not measurements:
            continue
        lost = sum(int(part["lost"].sum()) for part in parts)
        torn = sum(int(part["torn"].sum()) for part in parts)
        result.append(
            {
                "store": row["store"],
                "durable": row["durable"],
                "measurements": measurements,
                "acknowledged": sum(int(part["acknowledged"].sum()) for part in parts),
                "lost": lost,
                "torn": torn,
                "agrees": not row["durable"] or (lost == 0 and torn == 0),
            }
        )
    return result


def insist(rows: Sequence[dict[str, Any]], collaboration: Path, failures: Path) -> None:
    """Raise `StudyError` naming the first set-up that claims durability and lost or changed an acknowledged point."""
    for row in rows:
        if not row["agrees"]:
            raise StudyError(
                f"storage: {row['store']} claims durability (config/stores.tsv) and lost {row['lost']} and changed "
                f"{row['torn']} of {row['acknowledged']} acknowledged points; see its rows in {collaboration} "
                f"and {failures}"
            )
