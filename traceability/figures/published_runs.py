"""The three published trainings of the study of 2024 among the trainings of its repetition."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from traceability.figures import theme

#: Metrics in reading order, with what their axes say. Accuracies are shown in percent.
_AXES = {
    "test_accuracy": "accuracy on unscaled test images (%)",
    "test_loss": "loss on unscaled test images",
    "val_accuracy": "validation accuracy (%)",
    "val_loss": "validation loss",
    "train_accuracy": "training accuracy (%)",
    "train_loss": "training loss",
}
_LINES = {"published": "published", "today": "today's libraries", "era": "libraries of 2024"}


def shown(rows: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.PUBLISHED_RUNS` out of results/statistics/published_runs.tsv and the raw table of runs."""
    own = runs[(runs["status"] == "finished") & runs["arm"].isin(rows["arm"].unique())]
    found = []
    for metric in _AXES:
        about = rows[rows["metric"] == metric]
        for run, value in about.drop_duplicates("run")[["run", "published"]].itertuples(index=False):
            found.append({"metric": metric, "line": "published", "quantity": "value", "number": run, "value": value})
        for line, group in about.groupby("environment", sort=False):
            one = group.iloc[0]
            values = own.loc[own["arm"] == one["arm"], f"metric.{metric}"].dropna()
            found += [
                {"metric": metric, "line": line, "quantity": "value", "number": at, "value": value}
                for at, value in enumerate(values)
            ]
            found.append({"metric": metric, "line": line, "quantity": "mean", "value": one["mean"],
                          "low": one["prediction_low"], "high": one["prediction_high"], "n": one["n"]})  # fmt: skip
    table = pd.DataFrame(found, columns=["metric", "line", "quantity", "number", "value", "low", "high", "n"])
    return table.astype({"number": "Int64", "n": "Int64"})


def draw(rows: pd.DataFrame) -> Figure:
    """Six panels, a metric each: the published values, and both sets of our runs with their prediction intervals."""
    theme.apply()
    figure, grid = plt.subplots(3, 2, figsize=(theme.PAGE_WIDTH, 4.6), squeeze=False)
    for axes, (metric, label) in zip(grid.flat, _AXES.items(), strict=True):
        own = rows[rows["metric"] == metric]
        _panel(axes, own, 100 if "accuracy" in metric else 1)
        axes.set_xlabel(label)
    for axes in grid[:, 1]:
        axes.tick_params(labelleft=False)
    return figure


def _panel(axes: Axes, own: pd.DataFrame, factor: float) -> None:
    generator = np.random.default_rng(0)
    labels = []
    for at, (line, label) in enumerate(_LINES.items()):
        here = own[own["line"] == line]
        values = here.loc[here["quantity"] == "value", "value"].to_numpy(dtype=float) * factor
        labels.append(f"{label} (n = {values.size})")
        if line == "published":
            axes.plot(values, np.full(values.size, at), theme.MARKERS[3], color=theme.PALETTE[1], markersize=5)
            continue
        # Shifts up and down keep equal values apart; they carry no meaning.
        shifts = generator.uniform(-0.18, 0.18, values.size)
        axes.plot(values, at + shifts, "o", color=theme.PALETTE[2], markersize=2.8, alpha=0.7, markeredgewidth=0)
        about = here[(here["quantity"] == "mean") & here["low"].notna()]
        for mean, low, high in about[["value", "low", "high"]].to_numpy(dtype=float) * factor:
            axes.plot([low, high], [at, at], color=theme.INK, linewidth=0.9)
            axes.plot([mean], [at], "|", color=theme.INK, markersize=11, mew=1.4)
    axes.set_ylim(len(_LINES) - 0.5, -0.5)
    axes.set_yticks(range(len(_LINES)), labels)
    axes.grid(axis="x")
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
