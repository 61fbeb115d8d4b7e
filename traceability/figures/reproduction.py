"""The numbers of this run beside the published ones: how many agree, and how far each is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from traceability.figures import theme
from traceability.reproduction.tables import COMPATIBLE, DIFFERENT, NOT_MEASURED, SAME

#: Verdicts in the order in which they are stacked, with words and looks.
_LOOKS = {
    SAME: ("the same", theme.PALETTE[0], ""),
    COMPATIBLE: ("agree", theme.PALETTE[2], "...."),
    DIFFERENT: ("differ", theme.PALETTE[1], "////"),
    NOT_MEASURED: ("not compared", "#f2f2f2", ""),
}
_CHAPTERS = {"training_fashion": "training (Fashion-MNIST)"}
#: Farther away than this, in units of the interval's half, a point is drawn at the edge.
_EDGE = 3.0


def shown(compared: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.REPRODUCTION` out of results/reproduction/reproduction.tsv."""
    rows = [
        {"panel": "verdicts", "chapter": chapter, "verdict": verdict, "value": float(len(own))}
        for (chapter, verdict), own in compared.groupby(["chapter", "verdict"], sort=False)
    ]
    for row in compared[compared["verdict"] != NOT_MEASURED].to_dict("records"):
        single = {"chapter": row["chapter"], "number": row["number"], "verdict": row["verdict"]}
        if row["kind"] == "interval" and pd.notna(row["difference_low"]):
            rows.append(single | {"panel": "estimate", "value": _distance(row), "limit": 1.0})
        elif row["kind"] == "machine" and pd.notna(row["difference_high"]):
            times = float(row["here"]) / float(row["published"])
            rows.append(single | {"panel": "cost", "value": times, "limit": row["difference_high"]})
    return pd.DataFrame(rows, columns=["panel", "chapter", "number", "verdict", "value", "limit"])


def _distance(row: Mapping[Any, Any]) -> float:
    """The difference in units of the half of its interval that reaches towards 0; beyond 1 the interval lacks 0."""
    here, published, low, high = (
        float(row[name]) for name in ("here", "published", "difference_low", "difference_high")
    )
    if str(row["unit"]) == "ratio" and min(here, published, low) > 0:
        here, published, low, high = (float(np.log(value)) for value in (here, published, low, high))
    between = here - published
    half = between - low if between > 0 else high - between
    return between / half if half > 0 else 0.0


def draw(rows: pd.DataFrame) -> Figure:
    """Three panels with a line per chapter: verdicts counted, estimates, costs."""
    theme.apply()
    chapters = list(dict.fromkeys(rows["chapter"]))
    figure, (counts, estimates, costs) = plt.subplots(
        1, 3, figsize=(theme.PAGE_WIDTH, 1.1 + 0.32 * max(2, len(chapters))), sharey=True, width_ratios=(3, 3, 2)
    )
    _counts(counts, rows[rows["panel"] == "verdicts"], chapters)
    _points(estimates, rows[rows["panel"] == "estimate"], chapters, "no estimate can be compared")
    estimates.set(xlabel="difference, in half intervals", xlim=(-_EDGE - 0.2, _EDGE + 0.2))
    _points(costs, rows[rows["panel"] == "cost"], chapters, "no cost can be compared")
    costs.set(xlabel="cost by published cost")
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor=theme.MUTED, label=words)
        for words, colour, hatch in _LOOKS.values()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _counts(axes: Axes, rows: pd.DataFrame, chapters: list[str]) -> None:
    left = np.zeros(len(chapters))
    for verdict, (_, colour, hatch) in _LOOKS.items():
        own = rows[rows["verdict"] == verdict].set_index("chapter")["value"]
        widths = np.array([float(own.get(chapter, 0)) for chapter in chapters])
        axes.barh(
            range(len(chapters)), widths, left=left, color=colour, hatch=hatch, edgecolor=theme.MUTED, linewidth=0.4
        )
        left += widths
    axes.set_yticks(range(len(chapters)), [_CHAPTERS.get(name, name) for name in chapters])
    axes.set(xlabel="published numbers", ylim=(max(2, len(chapters)) - 0.5, -0.5))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="x")


def _points(axes: Axes, rows: pd.DataFrame, chapters: list[str], nothing: str) -> None:
    if rows.empty:
        axes.annotate(nothing, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", fontsize=7)
        axes.set_xticks([])
        return
    cost = rows["panel"].iloc[0] == "cost"
    limit = float(rows["limit"].iloc[0])
    generator = np.random.default_rng(0)
    for verdict, own in rows.groupby("verdict", sort=False):
        values = own["value"].to_numpy(dtype=float)
        values = values if cost else np.clip(values, -_EDGE, _EDGE)
        # Shifts up and down keep equal values apart; they carry no meaning.
        places = [chapters.index(chapter) for chapter in own["chapter"]] + generator.uniform(-0.22, 0.22, len(own))
        marker = theme.MARKERS[1] if verdict == DIFFERENT else theme.MARKERS[0]
        axes.plot(values, places, marker, color=_LOOKS[str(verdict)][1], markersize=3.2, linestyle="none")
    for at in (1 / limit, limit) if cost else (-limit, limit):
        axes.axvline(at, color=theme.MUTED, linewidth=0.8, linestyle="--")
    if cost:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(axis="x")
