"""How many projects use a logging function, with the interval that the number of projects allows."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from traceability.figures import theme

#: Columns of the scanner that are no names of MLflow's functions, in words.
WORDS = {
    "traces_any": "any logging function", "traces_direct": "any, called directly", "log_other": "other log_* functions",
    "via_client": "through MlflowClient", "wrapper": "through another library", "genai": "traces of language models",
    "uses_mlflow": "imports MLflow",
}  # fmt: skip


def shown(shares: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.USAGE`, from the table results/statistics/usage_shares.tsv."""
    percent = {f"{name}_percent": 100 * shares[name] for name in ("share", "low", "high")}
    rows = shares.drop(columns=["share", "low", "high"]).assign(**percent)
    return rows[[*rows.columns[: rows.columns.get_loc("interval")], *percent, "interval"]]


def draw(rows: pd.DataFrame) -> Figure:
    """One line per share, grouped by source and group, each with its interval and its count."""
    theme.apply()
    groups = list(rows[["source", "group"]].drop_duplicates().itertuples(index=False, name=None))
    lines: list[tuple[float, str]] = []
    headings: list[tuple[float, str]] = []
    place = 0.0
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH * 0.75, 0.55 + 0.21 * (len(rows) + 1.95 * len(groups))))
    sources = list(dict.fromkeys(rows["source"]))
    for source, group in groups:
        heading = textwrap.fill(f"{source}: {group}", 58)
        headings.append((place + 0.3 * heading.count("\n"), heading))
        place += 1 + 0.7 * heading.count("\n")
        style = sources.index(source) % len(theme.PALETTE[:4])
        for row in rows[(rows["source"] == source) & (rows["group"] == group)].itertuples():
            reach = theme.bars([row.low_percent], [row.share_percent], [row.high_percent])
            axes.errorbar(
                [row.share_percent], [place], xerr=reach, fmt=theme.MARKERS[style],
                color=theme.PALETTE[style], clip_on=False,
            )  # fmt: skip
            axes.annotate(
                f"{row.k} of {row.n}", (1.03, place), xycoords=("axes fraction", "data"), va="center", fontsize=7.5
            )
            lines.append((place, WORDS.get(row.function, row.function)))
            place += 1
        place += 0.25
    axes.set(xlim=(0, 100), xlabel="projects that use it (%)")
    axes.set_ylim(place - 0.4, -0.6)
    axes.set_yticks([at for at, _ in lines], [name for _, name in lines])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    for at, text in headings:
        axes.annotate(
            text, (0, at), xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points", va="center",
            weight="bold", fontsize=7.5,
        )  # fmt: skip
    return figure
