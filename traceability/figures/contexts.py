"""Use of MLflow along the scale of maintenance, and the kinds of project that two readings judged."""

from __future__ import annotations

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from traceability.figures import theme

#: Lines of the first panel, in this order.
_LINES = {
    "traces_any": "tracks runs", "log_model": "logs the model", "seeds": "fixes a seed",
    "environment_file": "declares an environment", "lock_file": "lock file",
}  # fmt: skip


def shown(contexts: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.CONTEXTS`, in percent, from results/statistics/contexts.tsv."""
    scale = (contexts["dimension"] == "maintenance") & contexts["function"].isin(_LINES)
    rows = contexts[scale | (contexts["function"] == "of this kind")]
    return pd.DataFrame({
        "dimension": rows["dimension"], "group": rows["group"], "function": rows["function"],
        "k": rows["k"], "n": rows["n"], "share_percent": 100 * rows["share"], "low_percent": 100 * rows["low"],
        "high_percent": 100 * rows["high"],
    }).reset_index(drop=True)  # fmt: skip


def draw(rows: pd.DataFrame, source: str) -> Figure:
    """Shares with intervals for each group of the scale, and how many judged projects are of each kind."""
    theme.apply()
    figure, (left, right) = plt.subplots(1, 2, figsize=(theme.PAGE_WIDTH, 2.9), width_ratios=(3, 2))
    scale = rows[rows["dimension"] == "maintenance"]
    groups = list(dict.fromkeys(scale["group"]))
    for number, (function, words) in enumerate(_LINES.items()):
        part = scale[scale["function"] == function].set_index("group").reindex(groups)
        places = [place + 0.12 * (number - 2) for place in range(len(groups))]
        reach = theme.bars(part["low_percent"], part["share_percent"], part["high_percent"])
        left.errorbar(places, part["share_percent"], yerr=reach, fmt=theme.MARKERS[number], label=words, clip_on=False)
    sizes = scale.groupby("group", sort=False)["n"].first()
    left.set_xticks(range(len(groups)), [f"{group}\n(n = {sizes[group]})" for group in groups])
    left.set(ylim=(0, 100), ylabel="projects (%)", xlabel="signs of maintenance", title="how far it is maintained")
    left.grid(axis="y")
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.1), ncols=3)
    kinds = rows[rows["dimension"] == "judged kind"].reset_index(drop=True)
    reach = theme.bars(kinds["low_percent"], kinds["share_percent"], kinds["high_percent"])
    right.errorbar(kinds["share_percent"], kinds.index, xerr=reach, fmt="o", color=theme.PALETTE[0], clip_on=False)
    names = [f"{group} ({k} of {n})" for group, k, n in zip(kinds["group"], kinds["k"], kinds["n"], strict=True)]
    right.set_yticks(list(kinds.index), names)
    right.set(xlim=(0, 100), ylim=(len(kinds) - 0.5, -0.5), xlabel="projects (%)", title="kind, by two readings")
    right.grid(axis="x")
    theme.say_source(figure, source)
    return figure
