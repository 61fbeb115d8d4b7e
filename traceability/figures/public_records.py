"""What public records hold, and how far they would lead: shares over repositories with intervals that draw owners."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from traceability.figures import theme

_STAGES = {
    "record": "record can be read", "commit": "commit recorded", "commit_here": "commit in the repository",
    "script_here": "recorded script in it", "command": "command can be rebuilt", "data_named": "place of data named",
    "data_reachable": "data in commit or at address", "environment": "packages named",
    "resolves_today": "they resolve today", "resolves_then": "... as of the run's day", "seed": "seed recorded",
    "flags": "determinism recorded",
}  # fmt: skip
_ROADS = {
    "road": "with all stages before", "road without data": "without the data's stages", "alone": "each stage by itself",
}  # fmt: skip


def shown_funnel(funnel: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.PUBLIC_FUNNEL`, from results/public_records/funnel.tsv."""
    rows = _percent(funnel[funnel["measure"] == "mean"])
    return rows.assign(stage=rows["stage"].map(_STAGES), road=rows["how"].map(_ROADS))


def draw_funnel(rows: pd.DataFrame) -> Figure:
    """A panel per way of counting: one bar per stage with its interval."""
    theme.apply()
    roads = list(dict.fromkeys(rows["road"]))
    stages = list(dict.fromkeys(rows["stage"]))
    figure, grid = plt.subplots(1, len(roads), figsize=(theme.PAGE_WIDTH, 3.1), sharex=True, sharey=True, squeeze=False)
    for number, (axes, road) in enumerate(zip(grid.flat, roads, strict=True)):
        part = rows[rows["road"] == road]
        places = [stages.index(stage) for stage in part["stage"]]
        _bars(axes, part, places, theme.PALETTE[2 if number < 2 else 3])
        axes.set_title(road, fontsize=8)
        axes.set_yticks(range(len(stages)), stages)
        axes.set(xlim=(0, 100), ylim=(len(stages) - 0.5, -0.5))
    figure.supxlabel(f"mean share of a repository's runs (%), {_basis(rows)}", fontsize=8)
    return figure


def shown_fields(fields: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.PUBLIC_FIELDS`, from results/public_records/fields.tsv."""
    return _percent(fields)


def draw_fields(rows: pd.DataFrame) -> Figure:
    """One line per field, grouped by need."""
    theme.apply()
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH * 0.7, 0.5 + 0.2 * (len(rows) + rows["need"].nunique())))
    place, ticks = 0.0, []
    for need in dict.fromkeys(rows["need"]):
        axes.annotate(need, (0, place), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
                      va="center", weight="bold", fontsize=7.5)  # fmt: skip
        place += 1
        part = rows[rows["need"] == need]
        places = [place + number for number in range(len(part))]
        _points(axes, part, places)
        ticks += list(zip(places, part["field"], strict=True))
        place += len(part)
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.set(xlim=(0, 100), ylim=(place - 0.3, -0.7), xlabel=f"mean share of a repository's runs (%), {_basis(rows)}")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    return figure


def shown_levels(groups: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.PUBLIC_LEVELS`, from results/public_records/groups.tsv."""
    chosen = groups[(groups["dimension"] == "year") & groups["what"].str.startswith("level ")]
    rows = _percent(chosen)
    return rows.assign(year=rows["group"].astype("int64"), level=rows["what"].str.removeprefix("level "))


def draw_levels(rows: pd.DataFrame) -> Figure:
    """One bar per year, divided by level; beside it how many repositories there are."""
    theme.apply()
    years, levels = sorted(rows["year"].unique()), sorted(rows["level"].unique())
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH * 0.7, 0.8 + 0.28 * len(years)))
    at = {year: number for number, year in enumerate(years)}
    left = dict.fromkeys(years, 0.0)
    for number, level in enumerate(levels):
        part = rows[rows["level"] == level]
        if not part["share_percent"].any():
            continue
        axes.barh(
            [at[year] for year in part["year"]], part["share_percent"], left=[left[year] for year in part["year"]],
            color=theme.PALETTE[number % 5], hatch=theme.HATCHES[number % 5], edgecolor=theme.INK, linewidth=0.4,
            height=0.7, label=level,
        )  # fmt: skip
        for year, share in zip(part["year"], part["share_percent"], strict=True):
            left[year] += share
    for year, count in rows.groupby("year")["repositories"].max().items():
        axes.annotate(f"{count}", (1.02, at[year]), xycoords=("axes fraction", "data"), va="center", fontsize=7.5)
    axes.annotate("repositories", (1.02, -0.8), xycoords=("axes fraction", "data"), va="center", fontsize=7)
    axes.set_yticks(range(len(years)), [str(year) for year in years])
    axes.set(xlim=(0, 100), ylim=(len(years) - 0.5, -0.5), xlabel="mean share of a repository's runs of the year (%)")
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.28 - 0.4 / len(years)), ncols=2, title="level of the record"
    )
    return figure


def shown_advice(advice: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.PUBLIC_ADVICE`, from results/public_records/advice.tsv: what lifts any run, most first."""
    rows = _percent(advice[advice["what"] == "higher"])
    return rows[rows["lifted"] > 0].sort_values(["share_percent", "piece"], ascending=[False, True])


def draw_advice(rows: pd.DataFrame) -> Figure:
    """One bar per thing that could have been recorded."""
    theme.apply()
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH * 0.75, 0.6 + 0.3 * max(1, len(rows))))
    _bars(axes, rows, range(len(rows)), theme.PALETTE[2])
    axes.set_yticks(range(len(rows)), [textwrap.fill(piece, 46) for piece in rows["piece"]])
    axes.set(xlim=(0, 100), xlabel=f"runs that would reach a higher level (%), {_basis(rows)}")
    axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    return figure


def _percent(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{f"{name}_percent": 100 * rows[name] for name in ("share", "low", "high")})


def _basis(rows: pd.DataFrame) -> str:
    if not len(rows):
        return "no run"
    return f"{rows['repositories'].max()} repositories of {rows['owners'].max()} owners"


def _bars(axes: Axes, rows: pd.DataFrame, places: Sequence[float], color: str) -> None:
    reach = theme.bars(rows["low_percent"], rows["share_percent"], rows["high_percent"])
    axes.barh(list(places), rows["share_percent"], color=color, height=0.62)
    axes.errorbar(rows["share_percent"], list(places), xerr=reach, fmt="none", ecolor=theme.INK, capsize=2)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _points(axes: Axes, rows: pd.DataFrame, places: Sequence[float]) -> None:
    reach = theme.bars(rows["low_percent"], rows["share_percent"], rows["high_percent"])
    axes.errorbar(rows["share_percent"], list(places), xerr=reach, fmt=theme.MARKERS[0], color=theme.PALETTE[0],
                  clip_on=False)  # fmt: skip
    for place, share in zip(places, rows["share_percent"], strict=True):
        axes.annotate(f"{share:.0f} %", (1.03, place), xycoords=("axes fraction", "data"), va="center", fontsize=7.5)
