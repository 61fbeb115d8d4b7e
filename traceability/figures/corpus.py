"""What else the corpus shows: kinds of project, depth of tracing, other trackers, signals of re-execution."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from traceability.figures import theme
from traceability.figures.usage import WORDS

#: Panels: dimension of the table of shares, and the label of its axis.
PANELS = (
    ("kind", "any logging, by kind of project"),
    ("depth", "kinds of records per project"),
    ("tracker", "another tracker too"),
    ("signal", "signals of re-execution"),
)

#: Functions that have room beside each other in the figure by group; the table of shares holds all.
BY_GROUP = (
    "traces_direct", "traces_any", "log_param", "log_metric", "autolog", "log_model", "log_artifact", "log_other",
)  # fmt: skip

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
        "share_percent": 100 * rows["standardised"],
        "low_percent": 100 * rows["standardised_low"],
        "high_percent": 100 * rows["standardised_high"],
    }).reset_index(drop=True)  # fmt: skip


def draw(rows: pd.DataFrame, source: str) -> Figure:
    """One panel per dimension, each share with its interval and its count; `source` says whose projects and when."""
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
    theme.say_source(figure, source)
    return figure


def grouped(shares: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.USAGE_BY_GROUP`: some functions by frame and by kind of project, in percent.

    `frames` is config/frames.tsv: it says which frames imply tracking, so that their shares say little.
    """
    rows = shares[shares["dimension"].isin(["kind", "frame"]) & shares["function"].isin(BY_GROUP)]
    implied = rows["group"].map(frames.set_index("frame")["implies_tracking"]).fillna(0).astype(int)
    return pd.DataFrame({
        "dimension": rows["dimension"], "group": rows["group"], "implies_tracking": implied,
        "function": rows["function"], "k": rows["k"], "n": rows["n"], "share_percent": 100 * rows["share"],
        "low_percent": 100 * rows["wilson_low"], "high_percent": 100 * rows["wilson_high"],
    }).sort_values(
        ["dimension", "implies_tracking", "group"], ascending=[False, True, True], kind="stable", ignore_index=True
    )  # fmt: skip


def draw_groups(rows: pd.DataFrame, source: str) -> Figure:
    """A field per group and function: its shade is the share, its text k of n."""
    theme.apply()
    names = {"kind": "kind of project", "frame": "frame (* implies tracking)"}
    parts = {name: rows[rows["dimension"] == name] for name in names}
    heights = [part["group"].nunique() for part in parts.values()]
    figure, panels = plt.subplots(
        2, 1, figsize=(theme.PAGE_WIDTH, 1.1 + 0.19 * sum(heights)), height_ratios=heights, sharex=True
    )
    for axes, (name, part) in zip(panels, parts.items(), strict=True):
        labels = part["group"] + part["implies_tracking"].map({0: "", 1: " *"})
        table = part.assign(label=labels, text=part["k"].astype(str) + "/" + part["n"].astype(str))
        order = list(dict.fromkeys(table["label"]))
        table["function"] = table["function"].replace(WORDS)
        cells = {
            value: table.pivot_table(index="label", columns="function", values=value, aggfunc="first", sort=False)
            .reindex(order)
            for value in ("share_percent", "text")
        }  # fmt: skip
        sns.heatmap(
            cells["share_percent"], annot=cells["text"], fmt="", vmin=0, vmax=100, cmap="Blues", ax=axes,
            linewidths=0.5, annot_kws={"fontsize": 6}, cbar=name == "frame", cbar_kws={"label": "projects (%)"},
        )  # fmt: skip
        axes.set(xlabel="", ylabel="", title=names[name])
        axes.tick_params(axis="both", length=0)
        axes.tick_params(axis="x", rotation=30)
    theme.say_source(figure, source)
    return figure
