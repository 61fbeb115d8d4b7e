"""How far the runs of an arm spread: every value, the SD with its interval, the number of distinct results."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from traceability.figures import theme

_QUANTITIES = ("value", "mean", "sd", "sampling_floor", "not_measured")
_LINE = 0.27  # inches per arm
_PANEL = 0.75  # inches for the title and the axis of a row of panels


def shown(arms: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.ARMS`: values, mean and SD of each workload's primary metric, or that it was not measured.

    `arms` is the table results/statistics/arms.tsv, `values` results/statistics/values.tsv.
    """
    primary = values[["workload", "metric", "unit"]].drop_duplicates()
    spread = arms.merge(primary, on=["workload", "metric"])
    shared = ["workload", "arm", "metric", "unit", "units", "distinct_weights", "n"]
    single = values.merge(spread[shared], on=["workload", "arm", "metric", "unit"]).assign(quantity="value")
    means = spread[shared].assign(quantity="mean", value=spread["mean"])
    sds = spread[shared].assign(quantity="sd", value=spread["sd"], low=spread["sd_low"], high=spread["sd_high"])
    floors = spread[shared].assign(quantity="sampling_floor", value=spread["sampling_floor"])
    rows = pd.concat([single, means, sds, floors], ignore_index=True)
    rows = rows[rows["value"].notna()]
    lost = arms[arms["n"] == 0]
    lost = lost[["workload", "arm", "metric", "units", "n"]].assign(quantity="not_measured", unit="not measured")
    rows = pd.concat([rows, lost], ignore_index=True)
    rows["number"] = rows["number"].astype("Int64")
    order = pd.Categorical(rows["quantity"], list(_QUANTITIES), ordered=True)
    return rows.assign(order=order).sort_values(["workload", "arm", "order", "number"]).drop(columns="order")


def draw(rows: pd.DataFrame) -> Figure:
    """One row of panels per workload: on the left every value and the mean, on the right the SD with its interval."""
    theme.apply()
    workloads = list(rows["workload"].unique())
    lines = [rows.loc[rows["workload"] == workload, "arm"].nunique() for workload in workloads]
    heights = [_PANEL + _LINE * count for count in lines]
    figure, grid = plt.subplots(
        len(workloads), 2, squeeze=False, figsize=(theme.PAGE_WIDTH, sum(heights)),
        gridspec_kw={"width_ratios": [1.15, 1], "height_ratios": heights},
    )  # fmt: skip
    for workload, (left, right) in zip(workloads, grid, strict=True):
        own = rows[rows["workload"] == workload]
        names = list(own["arm"].unique())
        left.set_title(workload.replace("_", " "))
        if (own["quantity"] == "not_measured").all():
            _lost(left, right, names)
            continue
        _values(left, own, names)
        _spread(right, own, names)
        for axes in (left, right):
            axes.set_ylim(len(names) - 0.4, -0.6)
            axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
            axes.grid(axis="x")
        right.tick_params(labelleft=False)
    return figure


def _lost(left: Axes, right: Axes, names: list[str]) -> None:
    """Arms whose data were not there: their names, and that nothing was measured."""
    left.set_ylim(len(names) - 0.4, -0.6)
    left.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    left.set_xticks([])
    left.text(0.5, 0.5, "not measured: the data set was not on this machine", transform=left.transAxes, ha="center",
              va="center", fontsize=7.5)  # fmt: skip
    right.set_axis_off()


def _values(axes: Axes, own: pd.DataFrame, names: list[str]) -> None:
    generator = np.random.default_rng(0)
    for line, name in enumerate(names):
        arm = own[own["arm"] == name]
        single = arm.loc[arm["quantity"] == "value", "value"].to_numpy()
        # Shifts up and down keep equal values apart; they carry no meaning.
        shifts = generator.uniform(-0.2, 0.2, single.size)
        axes.plot(single, line + shifts, "o", color=theme.PALETTE[2], markersize=2.6, alpha=0.65, markeredgewidth=0)
        axes.plot(arm.loc[arm["quantity"] == "mean", "value"], [line], "|", color=theme.INK, markersize=11, mew=1.4)
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.set_xlabel(f"{_name(own)} ({own.iloc[0]['unit']})")


def _spread(axes: Axes, own: pd.DataFrame, names: list[str]) -> None:
    sds = own[own["quantity"] == "sd"].set_index("arm")
    floors = own[own["quantity"] == "sampling_floor"].set_index("arm")["value"]
    for line, name in enumerate(names):
        if name in floors.index:
            axes.plot([floors[name]], [line], "|", color=theme.MUTED, markersize=9, markeredgewidth=1.6)
        if name not in sds.index:
            continue
        sd = sds.loc[name]
        if sd["value"] == 0:
            axes.plot([0], [line], theme.MARKERS[3], color=theme.PALETTE[1], markersize=4.5, clip_on=False, zorder=3)
        else:
            reach = theme.bars([sd["low"]], [sd["value"]], [sd["high"]])
            axes.errorbar([sd["value"]], [line], xerr=reach, fmt=theme.MARKERS[0], color=theme.PALETTE[0])
    for line, name in enumerate(names):
        arm = own[own["arm"] == name].iloc[0]
        if pd.notna(arm["distinct_weights"]):
            text = f"{int(arm['distinct_weights'])} of {int(arm['n'])}"
            axes.annotate(
                text, (1.02, line), xycoords=("axes fraction", "data"), va="center", fontsize=7.5, annotation_clip=False
            )
    axes.annotate("distinct\nweights", (1.02, 1.0), xycoords="axes fraction", va="bottom", fontsize=7.5)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    if not (sds["value"] > 0).any() and floors.empty:
        axes.set_xlim(0, 1)
        axes.set_xticks([0])
    axes.set_xlabel(f"SD of {_name(own)} (same unit)")


def _name(own: pd.DataFrame) -> str:
    return str(own.iloc[0]["metric"]).replace("_", " ").replace("mse", "MSE")
