"""What a run costs at each level of tracking and determinism."""

from __future__ import annotations

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from traceability.figures import theme

#: What is stored of a run, and its name in the figure.
BYTES = {"database_bytes": "database", "artifact_bytes": "artifacts"}


def shown(costs: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.COSTS`, from results/training/costs.tsv and results/statistics/costs.tsv."""
    finished = costs[costs["status"] == "finished"]
    total = summary[summary["quantity"] == "total_seconds"]
    sizes = total.set_index(["workload", "level"])["n"]
    values = finished.assign(
        quantity="value", number=finished["repetition"], value=finished["total_seconds"], low=None, high=None,
        n=[sizes[pair] for pair in zip(finished["workload"], finished["level"], strict=True)],
    )  # fmt: skip
    medians = total.assign(quantity="median", number=None, value=total["median"], low=None, high=None)
    ratios = total.assign(quantity="ratio", number=None, value=total["ratio"])
    stored = summary[summary["quantity"].isin(BYTES)]
    stored = stored.assign(number=None, value=stored["median"], low=None, high=None)
    columns = ["workload", "level", "quantity", "number", "value", "low", "high", "n"]
    parts = [part[columns].astype(object) for part in (values, medians, ratios, stored)]
    rows = pd.concat(parts, ignore_index=True)
    return rows[rows["value"].notna()].reset_index(drop=True)


def draw(rows: pd.DataFrame) -> Figure:
    """One line per level, cheapest first: repetitions, median, and the ratio in words; beside it the bytes of a run."""
    theme.apply()
    medians = rows[rows["quantity"] == "median"].astype({"value": float}).sort_values("value")
    figure, (axes, sizes) = plt.subplots(
        1, 2, figsize=(theme.PAGE_WIDTH, 0.75 + 0.3 * len(medians)), sharey=True, width_ratios=(3, 2)
    )
    for place, (_, median) in enumerate(medians.iterrows()):
        of_level = rows[(rows["workload"] == median["workload"]) & (rows["level"] == median["level"])]
        values = of_level[of_level["quantity"] == "value"]["value"].astype(float)
        axes.plot(values, [place] * len(values), "o", color=theme.PALETTE[2], alpha=0.7)
        axes.plot([median["value"]], [place], "|", color=theme.INK, markersize=12, markeredgewidth=2)
        ratio = of_level[of_level["quantity"] == "ratio"]
        if len(ratio):
            one = ratio.iloc[0]
            text = f"x {one['value']:.2f}"
            text += f" ({one['low']:.2f} to {one['high']:.2f})" if pd.notna(one["low"]) else ""
            axes.annotate(text, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=7.5)
    axes.set(xlabel="seconds per run", ylim=(len(medians) - 0.5, -0.5))
    axes.set_xlim(left=0)
    axes.set_yticks(range(len(medians)), [str(level).replace("_", " ") for level in medians["level"]])
    axes.grid(axis="x")
    for style, (quantity, name) in enumerate(BYTES.items()):
        held = [_bytes(rows, median, quantity) / 1000 for _, median in medians.iterrows()]
        sizes.plot(held, range(len(held)), theme.MARKERS[style], color=theme.PALETTE[style], label=name)
    # Where nothing is recorded there are 0 bytes: a scale that is logarithmic only above 1 kB shows them too.
    sizes.set_xscale("symlog", linthresh=1, linscale=0.4)
    sizes.set(xlabel="kB stored per run (median)", xlim=(-0.2, None))
    sizes.xaxis.set_major_formatter("{x:g}")
    sizes.grid(axis="x")
    sizes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return figure


def _bytes(rows: pd.DataFrame, median: pd.Series, quantity: str) -> float:
    found = rows[(rows["workload"] == median["workload"]) & (rows["level"] == median["level"])]
    return float(found[found["quantity"] == quantity]["value"].max())
