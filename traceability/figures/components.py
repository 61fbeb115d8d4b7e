"""Where the spread of a metric comes from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from traceability.figures import theme


def shown(components: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.COMPONENTS`: variances as standard deviations, negatives cut at 0."""
    cut = components[["variance", "low", "high"]].clip(lower=0).pow(0.5)
    return pd.DataFrame(
        {"workload": components["workload"], "source": components["source"], "sd": cut["variance"], "low": cut["low"],
         "high": cut["high"], "n": components["n"]}
    )  # fmt: skip


def draw(rows: pd.DataFrame) -> Figure:
    """One bar per source with its interval."""
    theme.apply()
    figure, axes = plt.subplots(figsize=(theme.PAGE_WIDTH * 0.6, 0.6 + 0.3 * len(rows)))
    places = np.arange(len(rows))
    axes.barh(places, 100 * rows["sd"], color=theme.PALETTE[3], height=0.6)
    bounded = rows["low"].notna().to_numpy()
    reach = theme.bars(*(100 * rows.loc[bounded, name] for name in ("low", "sd", "high")))
    axes.errorbar(100 * rows.loc[bounded, "sd"], places[bounded], xerr=reach, fmt="none", color=theme.INK)
    axes.set(xlabel="SD of the test accuracy (percentage points)", ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks(places, [source.replace("init", "initial weights") for source in rows["source"]])
    axes.grid(axis="x")
    return figure
