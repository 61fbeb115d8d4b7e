"""What can be said of professional use: shares along a scale of maintenance, and by kinds that readers judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.inter_rater import cohens_kappa

from traceability.corpus.tables import JUDGED_KINDS
from traceability.statistics import maintenance
from traceability.statistics.corpus_shares import headline, share, with_signals

FUNCTIONS = ("traces_any", "log_model", "log_artifact", "set_tag", "seeds", "environment_file", "lock_file")
EVERYONE = "all judged"


def rows(
    sample: pd.DataFrame, projects: pd.DataFrame, judged: pd.DataFrame, resamples: int, seed: int, confidence: float
) -> list[dict[str, Any]]:
    """Rows of `CONTEXTS`, among projects that use mlflow from frames that do not imply tracking.

    `projects` is the table of the corpus, `judged` the two readings of kinds; a kind is one that both give.
    """
    first = headline(with_signals(sample))
    portrayed = first[["repository"]].merge(projects, on="repository", how="left", validate="one_to_one")
    shown = maintenance.signs(portrayed)
    group = maintenance.levels(shown)
    made: list[dict[str, Any]] = []

    def add(dimension: str, name: str, part: pd.DataFrame, flags: pd.Series, function: str) -> None:
        found = share(flags, part.reset_index(drop=True), resamples, seed, confidence, standardise=False)
        made.append({
            "dimension": dimension, "group": name, "function": function, "k": found["k"], "n": found["n"],
            "owners": found["owners"], "share": found["share"], "low": found["standardised_low"],
            "high": found["standardised_high"],
        })  # fmt: skip

    for name in maintenance.LEVELS:
        part = first[group == name]
        for function in FUNCTIONS if len(part) else ():
            add("maintenance", name, part, part[function], function)
    for sign, meaning in maintenance.SIGNS.items():
        part = first[shown[sign] == 1]
        if len(part):
            add("sign", meaning, part, part["traces_any"], "traces_any")
    both = judged.merge(sample, on="repository", suffixes=("_read", ""))
    agreed = both["kind_read"].where(both["kind_read"] == both["kind_2"], "readers differ")
    for name in (*JUDGED_KINDS, "readers differ"):
        part = both[agreed == name]
        if len(part):
            add("judged kind", name, both, (agreed == name).astype(int), "of this kind")
            add("judged kind", name, part, part["traces_any"], "traces_any")
    return made


def kappa(judged: pd.DataFrame) -> float:
    """Cohen's kappa of the two readings."""
    first, second = (pd.Categorical(judged[name], JUDGED_KINDS) for name in ("kind", "kind_2"))
    return float(cohens_kappa(np.asarray(pd.crosstab(first, second, dropna=False)), return_results=False))
