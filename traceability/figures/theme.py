"""One look for every figure: readable at column width, in greyscale and with any colour vision, byte-stable.

The colours differ in lightness by steps that survive greyscale printing and every kind of colour blindness; where
two series could still be mixed up, give each its marker or hatch of the same index too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from cycler import cycler
from matplotlib.figure import Figure

from traceability.runtime.files import replacing

#: Width of one text column and of the full page, in inches.
COLUMN_WIDTH = 3.5
PAGE_WIDTH = 7.2

INK = "#1f1f1f"
#: Lines that guide the eye and are no data.
MUTED = "#8a8a8a"
GRID = "#dddddd"

#: Dark to light, about 15 steps of CIE lightness apart.
PALETTE = ("#14305c", "#a0391f", "#3d8bb3", "#e0a03f", "#c3dcae")
MARKERS = ("o", "s", "^", "D", "v")
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\")

_SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 8,
    "axes.linewidth": 0.7,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "errorbar.capsize": 2.5,
    "figure.constrained_layout.use": True,
    "figure.dpi": 150,
    "figure.figsize": (COLUMN_WIDTH, 2.6),
    "figure.titlesize": 9,
    # Only the font that comes with matplotlib: a font found on one machine would change the file on another.
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "savefig.dpi": 300,
    # Identifiers inside the file come from this salt instead of a random one; text is drawn as outlines.
    "svg.fonttype": "path",
    "svg.hashsalt": "traceability",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 7.5,
    "ytick.color": INK,
    "ytick.labelsize": 7.5,
}


def apply() -> None:
    """Set the look for every figure made afterwards, and draw without a display."""
    mpl.use("Agg")
    sns.set_theme(context="paper", style="white", palette=list(PALETTE), rc=_SETTINGS)


def say_source(figure: Figure, source: str) -> None:
    """Say at the foot of a figure where its data come from."""
    figure.supxlabel(source, fontsize=7, color=INK, x=0.99, ha="right")


def save(figure: Figure, svg_path: Path | str, title: str) -> None:
    """Write `figure` as SVG, whole or not at all, with no date and no tool version in it; then close it.

    `title` becomes the document's title, which screen readers speak.
    """
    from matplotlib import pyplot as plt

    metadata = {"Date": None, "Creator": None, "Title": title}
    with replacing(svg_path) as temporary, mpl.rc_context({"svg.hashsalt": _SETTINGS["svg.hashsalt"]}):
        # Tight: text beside the axes is never cut off, whatever a table's groups are called.
        figure.savefig(temporary, format="svg", metadata=metadata, bbox_inches="tight")
    plt.close(figure)


def bars(low: Any, middle: Any, high: Any) -> list[Any]:
    """The two rows of lengths that `errorbar` wants, from interval ends around `middle` (same shapes)."""
    return [
        [max(0.0, float(m) - float(lo)) for lo, m in zip(low, middle, strict=True)],
        [max(0.0, float(hi) - float(m)) for m, hi in zip(middle, high, strict=True)],
    ]
