"""The seed study's text search and the resolver on the same projects, function by function."""

from __future__ import annotations

from typing import Any

import pandas as pd

from traceability.corpus import tables
from traceability.intervals import mcnemar_exact


def counts(sample: pd.DataFrame, text: pd.DataFrame, places: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `tables.TEXT_SEARCH_BESIDE`: both ways on the same projects, function by function.

    `places` is `tables.WORD_PLACES`; what it does not explain is counted as `unexplained`.
    """
    both = sample.merge(text, on="repository", suffixes=("", "_text"))
    rows: list[dict[str, Any]] = []
    for name in [column.name for column in tables.TEXT_SEARCH.columns if f"{column.name}_text" in both]:
        if name == "commit":
            continue
        ours, seeds = both[name] == 1, both[f"{name}_text"] == 1
        ours_only, seeds_only = int((ours & ~seeds).sum()), int((seeds & ~ours).sum())
        here = places[(places["function"] == name) & places["repository"].isin(both.loc[seeds & ~ours, "repository"])]
        why = {place: int((here["place"] == place).sum()) for place in tables.PLACES_OF_WORDS}
        rows.append({
            "function": name, "projects": len(both), "resolver": int(ours.sum()), "text_search": int(seeds.sum()),
            "resolver_only": ours_only, "text_search_only": seeds_only,
            "mcnemar_p": mcnemar_exact(ours_only, seeds_only),
            **why, "unexplained": seeds_only - sum(why.values()),
        })  # fmt: skip
    return rows
