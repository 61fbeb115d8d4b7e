"""What else the corpus shows: kinds of project, depth of tracing, other trackers, signals of re-execution."""

from __future__ import annotations

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from traceability.figures import theme

#: Panels: dimension of the table of shares, and the label of its axis.
PANELS = (
    ("kind", "any logging, by kind of project"),
    ("depth", "kinds of records per project"),
    ("tracker", "another tracker too"),
    ("signal", "signals of re-execution"),
)

#: Labels that are more than a column's name without its underscores.
_WORDS = {
    "any_other_tracker": "any of these", "wandb": "Weights & Biases", "comet": "Comet", "neptune": "Neptune",
    "clearml": "ClearML", "aim": "Aim", "sacred": "Sacred", "dvclive": "DVCLive", "tensorboard": "TensorBoard",
    "mlproject": "MLproject file", "requirements_all_pinned": "all requirements pinned", "seeds": "fixes a seed",
    "seed_and_environment": "seed and environment file", "data_versioning": "versions its data",
    "dockerfile": "Dockerfile",
}  # fmt: skip


def shown(shares: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.CORPUS`, in percent, from results/statistics/corpus_shares.tsv."""
    rows = shares[shares["dimension"].isin([name for name, _ in PANELS])]
    rows = rows[(rows["dimension"] != "kind") | (rows["function"] == "traces_direct")]
    label = rows["function"].where(rows["dimension"] != "kind", rows["group"])
    return pd.DataFrame({
        "dimension": rows["dimension"], "label": label, "k": rows["k"], "n": rows["n"],
        "share_percent": 100 * rows["share"],
        "low_percent": 100 * rows[["owner_low", "share"]].min(axis=1),
        "high_percent": 100 * rows[["owner_high", "share"]].max(axis=1),
    }).reset_index(drop=True)  # fmt: skip


def draw(rows: pd.DataFrame) -> Figure:
    """One panel per dimension, each share with its interval and its count."""
    theme.apply()
    figure, panels = plt.subplots(2, 2, figsize=(theme.PAGE_WIDTH, 4.6))
    for axes, (name, title) in zip(panels.flat, PANELS, strict=True):
        part = rows[rows["dimension"] == name].reset_index(drop=True)
        reach = theme.bars(part["low_percent"], part["share_percent"], part["high_percent"])
        axes.errorbar(part["share_percent"], part.index, xerr=reach, fmt="o", color=theme.PALETTE[0], clip_on=False)
        words = [_WORDS.get(label, label.replace("_", " ")) for label in part["label"].astype(str)]
        names = [f"{word} ({k} of {n})" for word, k, n in zip(words, part["k"], part["n"], strict=True)]
        axes.set_yticks(list(part.index), names)
        axes.set(xlim=(0, 100), ylim=(len(part) - 0.5, -0.5), xlabel="projects (%)", title=title)
        axes.grid(axis="x")
    return figure
