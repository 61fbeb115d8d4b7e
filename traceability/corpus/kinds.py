"""The written rule for the kind of a project against a reader who saw neither the rule nor its output (METHOD 19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.inter_rater import cohens_kappa

from traceability.corpus.tables import KINDS
from traceability.errors import StudyError


def agreement(
    judged: pd.DataFrame, projects: pd.DataFrame, wilson: Callable[[int, int], tuple[float, float]]
) -> list[dict[str, Any]]:
    """Rows of `tables.KIND_AGREEMENT`; `judged` is `tables.LABELLED_KINDS`, `projects` the pinned corpus.

    Raises `StudyError` for a judged project that is not in the corpus at the commit that was read.
    """
    both = judged.merge(projects, on=["repository", "commit"], how="left", suffixes=("", "_rule"))
    lost = both.loc[both["kind_rule"].isna(), "repository"]
    if len(lost):
        raise StudyError(
            f"resources/labels/kinds.tsv: {lost.iloc[0]} is not in the corpus at that commit; remove its row"
        )
    same = both["kind"] == both["kind_rule"]
    near = same | (both["doubt"] == both["kind_rule"])
    parts = {kind: both["kind"] == kind for kind in KINDS} | {"all": pd.Series(True, index=both.index)}
    rows = []
    for kind, part in parts.items():
        k, n = int(same[part].sum()), int(part.sum())
        low, high = wilson(k, n) if n else (None, None)
        ruled = len(both) if kind == "all" else int((both["kind_rule"] == kind).sum())
        rows.append({
            "kind": kind, "projects": len(both), "by_reader": n, "by_rule": ruled, "both": k,
            "near": int(near[part].sum()), "share": k / n if n else None, "low": low, "high": high,
            "kappa": _kappa(both["kind"], both["kind_rule"]) if kind == "all" else None,
        })  # fmt: skip
    return rows


def _kappa(one: pd.Series, two: pd.Series) -> float:
    counts = pd.crosstab(pd.Categorical(one, KINDS), pd.Categorical(two, KINDS), dropna=False)
    return float(cohens_kappa(np.asarray(counts), return_results=False))
