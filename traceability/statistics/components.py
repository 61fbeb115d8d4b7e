"""Sources of variance of a fully crossed design, e.g. initialisation x shuffling x split, with all factors random.

Each component is estimated from half the mean squared difference between cells that share the levels of some factors
and differ in the levels of the others. In a complete design with one run per cell this is the analysis-of-variance
estimator (unbiased, and negative by chance when a component is near 0; Searle, Casella and McCulloch, Variance
Components, 1992, ch. 4). Written over pairs of *different* levels it holds in a bootstrap that draws a level twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from traceability.errors import StudyError
from traceability.intervals import CONFIDENCE, percentiles


@dataclass(frozen=True)
class Component:
    """One source: its variance (negative by chance), interval, and share of the total (negatives counted as 0)."""

    source: str
    variance: float
    low: float | None
    high: float | None
    share: float


def crossed(
    frame: pd.DataFrame,
    factors: Sequence[str],
    value: str,
    *,
    resamples: int,
    seed: int,
    confidence: float = CONFIDENCE,
) -> list[Component]:
    """Variance of each factor, of each interaction, and the residual (the interaction of all factors, with any noise).

    `frame` has one row per run; runs of the same cell are averaged. Intervals come from a bootstrap that draws the
    levels of every factor afresh (the pigeonhole bootstrap: Owen, Annals of Applied Statistics 2007, 1:386); with few
    levels they are rough, and with 2 there is none: every resample with two levels is the design itself. Raises
    `StudyError` when a cell is missing or a factor has fewer than 2 levels.
    """
    cells = _cells(frame, factors, value)
    subsets = [s for size in range(1, len(factors) + 1) for s in combinations(range(len(factors)), size)]
    ones = [np.ones((1, levels)) for levels in cells.shape]
    estimates = _estimate(cells, ones, subsets)[0]
    generator = np.random.default_rng(seed)
    weights = [
        generator.multinomial(levels, np.full(levels, 1 / levels), size=resamples).astype(np.float64)
        for levels in cells.shape
    ]
    drawn = _estimate(cells, weights, subsets)
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    if len(drawn) == 0:
        raise StudyError("no resample of the crossed design has two levels of every factor; ask for more resamples")
    lows, highs = percentiles(drawn, confidence, axis=0)
    bounded = min(cells.shape) > 2
    total = np.maximum(estimates, 0).sum()
    names = [" x ".join(factors[i] for i in subset) for subset in subsets]
    names[-1] = "residual"
    return [
        Component(
            name,
            float(v),
            float(lo) if bounded else None,
            float(hi) if bounded else None,
            float(max(v, 0) / total) if total else 0.0,
        )
        for name, v, lo, hi in zip(names, estimates, lows, highs, strict=True)
    ]


def _cells(frame: pd.DataFrame, factors: Sequence[str], value: str) -> NDArray[np.float64]:
    """The design as an array with one axis per factor."""
    means = frame.groupby(list(factors))[value].mean()
    levels = [sorted(frame[factor].unique()) for factor in factors]
    few = [factor for factor, own in zip(factors, levels, strict=True) if len(own) < 2]
    if few:
        raise StudyError(f"the crossed design needs at least 2 levels of '{few[0]}'; see config/arms.tsv")
    full = means.reindex(pd.MultiIndex.from_product(levels, names=list(factors)))
    if full.isna().any():
        cell = ", ".join(f"{f} = {v}" for f, v in zip(factors, full.index[full.isna()][0], strict=True))
        raise StudyError(f"the crossed design has no finished run with {cell}; run the training again")
    return full.to_numpy(dtype=np.float64).reshape([len(own) for own in levels])


def _estimate(
    cells: NDArray[np.float64], weights: list[NDArray[np.float64]], subsets: list[tuple[int, ...]]
) -> NDArray[np.float64]:
    """Components for each row of `weights` (how often each level was drawn), shape (resamples, subsets)."""
    axes = cells.ndim
    first, second = [chr(97 + axis) for axis in range(axes)], [chr(110 + axis) for axis in range(axes)]
    shape = cells.shape
    squares = (cells.reshape(shape + (1,) * axes) - cells.reshape((1,) * axes + shape)) ** 2 / 2
    same = [np.einsum("ri,ij->rij", w, np.eye(w.shape[1])) for w in weights]
    other = [np.einsum("ri,rj->rij", w, w) * (1 - np.eye(w.shape[1])) for w in weights]
    spec = f"{''.join(first)}{''.join(second)}," + ",".join(f"z{a}{b}" for a, b in zip(first, second, strict=True))
    halves = []
    for subset in subsets:
        pairs = [other[axis] if axis in subset else same[axis] for axis in range(axes)]
        total = np.prod([p.sum(axis=(1, 2)) for p in pairs], axis=0)
        summed = np.einsum(f"{spec}->z", squares, *pairs, optimize=True)
        halves.append(np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0))
    # Cells that differ in the factors `a` differ in every component that has one of these factors.
    mixing = np.array([[float(bool(set(a) & set(b))) for b in subsets] for a in subsets])
    return np.linalg.solve(mixing, np.array(halves)).T
