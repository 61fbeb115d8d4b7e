"""The claim under the whole chapter: what a set-up with a database acknowledged is still there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

#: What is counted: the column of `tables.DURABILITY`, and the columns of the two tables that add up to it.
_COUNTS = ("acknowledged", "lost", "torn", "artifacts_acknowledged", "artifacts_lost")


def judge(collaboration: pd.DataFrame, failures: pd.DataFrame, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `tables.DURABILITY`, one per set-up of the two tables.

    Counted are synchronous calls: several writers on a migrated store, and every event. Asynchronous calls acknowledge
    nothing, and the first use of a fresh database by several processes is a finding of its own (state `fresh`).
    """
    together = collaboration[collaboration["state"] == "ready"]
    broken = failures[failures["logging"] == "synchronous"]
    result = []
    for row in rows:
        own = pd.concat([table[table["store"] == row["store"]] for table in (collaboration, failures)])
        if own.empty:
            continue
        counted = pd.concat([part[part["store"] == row["store"]] for part in (together, broken)])
        counted = counted[counted["reason"].isna()]
        counts: dict[str, Any] = dict.fromkeys((*_COUNTS, "agrees"))
        if len(counted):
            counts = {name: int(counted[name].sum()) if name in counted else 0 for name in _COUNTS}
            kept = counts["lost"] == counts["torn"] == counts["artifacts_lost"] == 0
            counts |= {"agrees": kept or not row["durable"]}
        reason = None if len(counted) else own["reason"].dropna().iloc[0]
        head = {"store": row["store"], "durable": row["durable"], "measurements": len(counted)}
        result.append(head | counts | {"reason": reason})
    return result


def broken_claims(rows: Sequence[dict[str, Any]]) -> list[str]:
    """One line per set-up that claims durability and lost or changed what it had acknowledged."""
    return [
        f"{row['store']} claims durability (config/stores.tsv) and lost {row['lost']} and changed {row['torn']} of "
        f"{row['acknowledged']} acknowledged points, and lost {row['artifacts_lost']} of "
        f"{row['artifacts_acknowledged']} acknowledged files"
        for row in rows
        if row["agrees"] is False
    ]
