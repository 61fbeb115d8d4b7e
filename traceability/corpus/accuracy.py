"""How often an instrument is right: counts against a truth, column by column."""

from __future__ import annotations

from typing import Any

import pandas as pd

from traceability import intervals


def score(
    truth: pd.DataFrame,
    said: dict[str, pd.DataFrame],
    columns: list[str],
    confidence: float,
) -> list[dict[str, Any]]:
    """Rows of an accuracy table. All frames are indexed by project and hold 0/1 in `columns`.

    `said` maps `resolver` and `text_search` to what they say; a column that the text search has no word for gets one
    row.
    A rate over nothing is empty: a column without a positive has no recall.
    """
    rows = []
    for column in columns:
        actual = truth[column].astype(int)
        right = {
            name: frame.loc[truth.index, column].astype(int) == actual
            for name, frame in said.items()
            if column in frame
        }
        both = len(right) == 2
        only = {
            "resolver_only_right": int((right["resolver"] & ~right["text_search"]).sum()) if both else 0,
            "text_only_right": int((right["text_search"] & ~right["resolver"]).sum()) if both else 0,
        }
        p_value = intervals.mcnemar_exact(only["resolver_only_right"], only["text_only_right"]) if both else None
        for name in right:
            given = said[name].loc[truth.index, column].astype(int)
            tp, fp = int((given & actual).sum()), int((given & (1 - actual)).sum())
            fn, tn = int(((1 - given) & actual).sum()), int(((1 - given) & (1 - actual)).sum())
            row: dict[str, Any] = {
                "instrument": name, "column": column, "projects": len(truth), "tp": tp, "fp": fp, "fn": fn, "tn": tn,
            }  # fmt: skip
            for rate, of in (("precision", tp + fp), ("recall", tp + fn)):
                low, high = intervals.wilson(tp, of, confidence) if of else (None, None)
                row |= {rate: tp / of if of else None, f"{rate}_low": low, f"{rate}_high": high}
            rows.append(row | only | {"mcnemar_p": p_value})
    return rows


def disagreements(truth: pd.DataFrame, said: pd.DataFrame, columns: list[str]) -> list[tuple[str, str, int, int]]:
    """Every cell where the instrument and the truth differ: project, column, truth, said."""
    rows = []
    for column in columns:
        actual, given = truth[column].astype(int), said.loc[truth.index, column].astype(int)
        for project in truth.index[actual != given]:
            rows.append((str(project), column, int(actual[project]), int(given[project])))
    return sorted(rows)
