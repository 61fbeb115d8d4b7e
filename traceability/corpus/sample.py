"""The sample behind every share: selected projects that could be scanned, with what the frame table says of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from traceability.corpus import tables


def build(projects: pd.DataFrame, frames: pd.DataFrame, usage: pd.DataFrame) -> pd.DataFrame:
    """One row per selected project that was scanned (columns of `tables.SAMPLE`), sorted by name."""
    chosen = projects.loc[
        projects["selected"] == 1, ["repository", "commit", "owner", "frame", "implies_tracking", "kind"]
    ]
    chosen = chosen.merge(frames[["frame", "stratum"]], on="frame", how="left", validate="many_to_one")
    seen = usage[usage["status"] == "scanned"].drop(columns=["status"])
    joined = chosen.merge(seen, on=["repository", "commit"], how="inner", validate="one_to_one")
    return joined.sort_values("repository", ignore_index=True)[tables.SAMPLE.column_names]


def counts(sample: pd.DataFrame, text: pd.DataFrame, source: str) -> list[dict[str, Any]]:
    """Rows of `tables.USAGE_COUNTS`: every project pooled, and the seed's text search on the same projects."""
    words = text[text["repository"].isin(sample["repository"])]
    importing = sample[sample["uses_mlflow"] == 1]
    rows = []
    for group, frame in (
        ("all frames pooled, projects using mlflow", importing),
        ("all frames pooled, every project", sample),
    ):
        for name in ("traces_direct", "traces_any"):
            rows.append(
                {"source": source, "group": group, "function": name, "k": int(frame[name].sum()), "n": len(frame)}
            )
    rows.append({
        "source": source, "group": "all frames pooled, the seed's text search", "function": "any logging function",
        "k": int(words["traces_direct"].sum()), "n": len(words),
    })  # fmt: skip
    return rows
