"""How far replays come from the record alone, and with the fields that a human adds."""

from __future__ import annotations

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from traceability.figures import theme

_LABELS = {
    "record_found": "record found", "code_restored": "code restored", "command_rebuilt": "command rebuilt",
    "data_verified": "data checked", "environment_resolved": "environment there", "ran": "ran",
    "finished": "comparable", "same_result": "same metrics", "bitwise": "same weights",
}  # fmt: skip


def shown(funnel: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.REPLAY_FUNNEL`, from results/statistics/replay_funnel.tsv."""
    rows = funnel[["environment", "record", "stage", "n", "reached"]].copy()
    rows["share_percent"] = 100 * funnel["reached"] / funnel["n"]
    rows["low_percent"], rows["high_percent"] = 100 * funnel["low"], 100 * funnel["high"]
    rows["with_help_percent"] = 100 * funnel["reached_with_help"] / funnel["n"]
    return rows


def draw(rows: pd.DataFrame) -> Figure:
    """A panel per record and environment: bars for the record alone with intervals, open marks with help."""
    theme.apply()
    cells = list(rows[["environment", "record"]].drop_duplicates().itertuples(index=False, name=None))
    across = min(3, len(cells))
    down = -(-len(cells) // across)
    figure, grid = plt.subplots(
        down, across, figsize=(theme.PAGE_WIDTH, 0.45 + 1.75 * down), sharex=True, sharey=True, squeeze=False
    )
    for axes, (environment, record) in zip(grid.flat, cells, strict=False):
        cell = rows[(rows["environment"] == environment) & (rows["record"] == record)]
        places = range(len(cell))
        reach = theme.bars(cell["low_percent"], cell["share_percent"], cell["high_percent"])
        axes.barh(places, cell["share_percent"], color=theme.PALETTE[2], height=0.62)
        axes.errorbar(cell["share_percent"], places, xerr=reach, fmt="none", ecolor=theme.INK, capsize=2)
        helped = cell["with_help_percent"] > cell["share_percent"]
        if helped.any():  # a line without points that is not clipped has no place, and the layout gives up
            axes.plot(
                cell["with_help_percent"][helped], [at for at, mark in zip(places, helped, strict=True) if mark],
                theme.MARKERS[2], color=theme.PALETTE[1], markerfacecolor="white", clip_on=False, linestyle="none",
            )  # fmt: skip
        axes.set_title(
            f"{record.replace('_', ' ')}\n{environment.replace('_', ' ')} environment, n = {cell['n'].iloc[0]}",
            fontsize=7.5,
            fontweight="normal",
        )
        axes.set_yticks(list(places), [_LABELS.get(stage, stage) for stage in cell["stage"]])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.set(xlim=(0, 100), ylim=(len(cell) - 0.5, -0.5))
    for axes in list(grid.flat)[len(cells) :]:
        axes.set_visible(False)
    figure.supxlabel("replays that get there (%): bar, record alone; triangle, with fields added by hand", fontsize=8)
    return figure
