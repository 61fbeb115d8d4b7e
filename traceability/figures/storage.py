"""Where records lie, what logging costs, and how much several writers get through, per storage set-up."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from traceability.errors import StudyError
from traceability.figures import theme
from traceability.storage.tables import ENTITIES

KINDS = {"table": theme.PALETTE[4], "file": theme.PALETTE[3], "object": theme.PALETTE[2]}
NOT_MEASURED = "not measured"
PANELS = 4


def label(store: str) -> str:
    """A set-up's name on several short lines."""
    return store.replace("_", "\n", 1).replace("_", " ")


def shown_map(places: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.STORAGE_MAP` from the table results/storage/map.tsv: the place with most rows is the main one."""
    rows = []
    for store, held in places.groupby("store", sort=False):
        for entity in ENTITIES:
            here = held[held["entity"] == entity]
            here = here.assign(length=here["place"].str.len()).sort_values(["count", "length"], ascending=[False, True])
            if held["reason"].notna().any():
                row = {"kind": NOT_MEASURED, "shown": "", "count": 0, "places": 0}
            elif here.empty:
                row = {"kind": None, "shown": "", "count": 0, "places": 0}
            else:
                first = here.iloc[0]
                row = {"kind": first["kind"], "shown": short(first["place"], first["kind"])}
                row |= {"count": int(first["count"]), "places": len(here)}
            rows.append({"store": store, "entity": entity, **row})
    return pd.DataFrame(rows)


def short(place: str, kind: str) -> str:
    """A place in one or two words: the table, the description of a thing, or the folder."""
    if kind == "table":
        return place.partition(": ")[2].partition(".")[0]
    parts = place.split("/")
    if parts[-1] == "meta.yaml" and parts[-2] in ("<experiment>", "<run>", "<model>"):
        return "/".join(parts[-2:])
    return f"{[part for part in parts[:-1] if not part.startswith('<')][-1]}/"


def draw_map(rows: pd.DataFrame) -> Figure:
    """One cell per set-up and entity: coloured by what holds it, with the place's name and its number of records."""
    theme.apply()
    names = list(dict.fromkeys(rows["store"]))
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH, 0.8 + 0.36 * len(ENTITIES)))
    for row in rows.to_dict("records"):
        x, y = names.index(row["store"]), ENTITIES.index(row["entity"])
        known = row["kind"] in KINDS
        hatch = "////" if row["kind"] == NOT_MEASURED else ""
        face = KINDS[row["kind"]] if known else "white"
        axes.add_patch(
            Rectangle((x, y), 1, 1, facecolor=face, edgecolor=theme.GRID if hatch else "white", hatch=hatch, lw=1.5)
        )
        if known:
            more = f" +{row['places'] - 1}" if row["places"] > 1 else ""
            name = row["shown"] if len(row["shown"]) <= 18 else row["shown"][:17] + "…"
            axes.text(x + 0.5, y + 0.36, name, ha="center", va="center", fontsize=5.2)
            axes.text(x + 0.5, y + 0.72, f"{row['count']}{more}", ha="center", va="center", fontsize=5.2)
        elif not hatch:
            axes.text(x + 0.5, y + 0.5, "none", ha="center", va="center", color=theme.MUTED)
    axes.set(xlim=(0, len(names)), ylim=(len(ENTITIES), 0))
    axes.set_xticks([i + 0.5 for i in range(len(names))], [label(name) for name in names], fontsize=6.5)
    axes.set_yticks([i + 0.5 for i in range(len(ENTITIES))], ENTITIES)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    handles = [Patch(facecolor=colour, label=f"{kind}s") for kind, colour in KINDS.items()]
    handles.append(Patch(facecolor="white", edgecolor=theme.MUTED, hatch="////", label=NOT_MEASURED))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def shown_cost(costs: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.STORAGE_COST` from the table results/storage/cost.tsv."""
    columns = ["operation", "size", "store", "ratio", "ratio_low", "ratio_high", "median", "unit", "n"]
    shown = costs[costs["reason"].isna() & costs["ratio"].notna()][columns].reset_index(drop=True)
    if shown.empty:
        raise StudyError("results/storage/cost.tsv: no set-up has a ratio to SQLite's; its column 'reason' says why")
    return shown


def cost_panels(rows: pd.DataFrame) -> list[list[tuple[str, int]]]:
    """Lines of panels (operation, size): an operation of several sizes has a line of its own, the others share one."""
    sizes = {str(name): sorted(here["size"].unique()) for name, here in rows.groupby("operation", sort=False)}
    alone = [(name, int(known[0])) for name, known in sizes.items() if len(known) == 1]
    lines = [[(name, int(size)) for size in known] for name, known in sizes.items() if len(known) > 1]
    return lines + [alone[first : first + PANELS] for first in range(0, len(alone), PANELS)]


def draw_cost(rows: pd.DataFrame) -> Figure:
    """One panel per operation and size, one line per set-up: its median over SQLite's, on a logarithmic axis.

    Hollow: too few repetitions for an interval.
    """
    theme.apply()
    lines = cost_panels(rows)
    names = list(dict.fromkeys(rows["store"]))
    columns = max(map(len, lines))
    figure, grid = plt.subplots(
        len(lines), columns, figsize=(theme.PAGE_WIDTH, 0.4 + len(lines) * (0.7 + 0.17 * len(names))),
        sharey=True, squeeze=False,
    )  # fmt: skip
    low, high = rows[["ratio_low", "ratio"]].min().min(), rows[["ratio_high", "ratio"]].max().max()
    for line, panels in zip(grid, lines, strict=True):
        for axes in line[len(panels) :]:
            axes.set_visible(False)
        for axes, (operation, size) in zip(line, panels, strict=False):
            here = rows[(rows["operation"] == operation) & (rows["size"] == size)].set_index("store").reindex(names)
            _cost_panel(axes, here, names)
            several = len(panels) > 1 and all(name == operation for name, _ in panels)
            axes.set_title(f"{operation},\n{size:,} in a row" if several else operation, fontsize=7)
            axes.set(xscale="log", xlim=(low / 1.5, high * 1.5))
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 20 else (1.0,)))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
            axes.set_ylim(len(names) - 0.5, -0.5)
            axes.grid(axis="x")
    figure.supxlabel("times SQLite's median", fontsize=8)
    return figure


def _cost_panel(axes: Axes, here: pd.DataFrame, names: list[str]) -> None:
    """Marks and intervals of one operation at one size."""
    axes.axvline(1, color=theme.MUTED, linewidth=0.8)
    for place, name in enumerate(names):
        row = here.loc[name]
        if pd.isna(row["ratio"]):
            axes.text(1.15, place, "left out", va="center", fontsize=5.5, color=theme.MUTED)
        elif pd.isna(row["ratio_low"]):
            axes.plot([row["ratio"]], [place], "o", color=theme.PALETTE[0], markerfacecolor="white")
        else:
            reach = theme.bars([row["ratio_low"]], [row["ratio"]], [row["ratio_high"]])
            axes.errorbar([row["ratio"]], [place], xerr=reach, fmt="o", color=theme.PALETTE[0])


def shown_load(load: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.STORAGE_LOAD` from the table results/storage/collaboration.tsv: the migrated stores."""
    rows = load[load["reason"].isna() & (load["state"] == "ready")]
    rows = rows.rename(columns={"points_per_second_low": "low", "points_per_second_high": "high"})
    columns = ["store", "writers", "n", "points_per_second", "low", "high", "acknowledged", "lost"]
    return rows[columns].reset_index(drop=True)


def draw_load(rows: pd.DataFrame) -> Figure:
    """Points per second over the number of writers, a line per set-up, with intervals over rounds where there are some.

    Lost points are written beside the mark.
    """
    theme.apply()
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH * 0.8, 3.2))
    for number, (name, here) in enumerate(rows.groupby("store", sort=False)):
        style: dict[str, Any] = {"color": theme.PALETTE[:4][number % 4], "marker": theme.MARKERS[number % 5]}
        line = "-" if number < 4 else "--"
        axes.errorbar(
            here["writers"],
            here["points_per_second"],
            yerr=theme.bars(here["low"], here["points_per_second"], here["high"]),
            linestyle=line,
            label=str(name).replace("_", " "),
            **style,
        )
        for row in here[here["lost"] > 0].to_dict("records"):
            axes.annotate(
                f"{row['lost']} lost",
                (row["writers"], row["points_per_second"]),
                xytext=(4, 4),
                textcoords="offset points",
            )
    axes.set(
        xscale="log", yscale="log", xlabel="processes writing at the same time", ylabel="acknowledged points per s"
    )
    ticks = sorted(rows["writers"].unique())
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid()
    figure.legend(loc="outside right upper")
    return figure
