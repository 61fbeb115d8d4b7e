"""Shares and counts: their intervals, what zero events prove, paired comparisons, and clustered samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from traceability.errors import StudyError

Interval = tuple[float, float]


def wilson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of the share `k` of `n`, without continuity correction (Wilson, JASA 1927, 22:209).

    With `n = 0` nothing is known: (0, 1).
    """
    if not 0 <= k <= n:
        raise StudyError(f"a share needs 0 <= k <= n, got k = {k} of n = {n}; check the table it was counted from")
    if n == 0:
        return 0.0, 1.0
    found = stats.binomtest(int(k), int(n)).proportion_ci(confidence_level=confidence, method="wilson")
    return float(found.low), float(found.high)


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided exact p-value of McNemar's test, from the two counts of discordant pairs (Psychometrika 1947, 12:153).

    Without discordant pairs there is nothing against equality: 1.
    """
    if b < 0 or c < 0:
        raise StudyError(f"discordant pairs are counts, got {b} and {c}")
    return 1.0 if b + c == 0 else float(stats.binomtest(int(min(b, c)), int(b + c), 0.5).pvalue)


def cluster_bootstrap(
    values: ArrayLike,
    clusters: Sequence[object] | NDArray[np.generic],
    statistic: Callable[[NDArray[np.float64]], float],
    resamples: int,
    seed: int,
    confidence: float = 0.95,
) -> Interval:
    """Percentile interval of `statistic(values)` when whole clusters were sampled (e.g. all projects of an owner).

    `values` has one row per observation, `clusters` one label per row. Clusters are drawn with replacement and keep all
    their rows (Davison and Hinkley, Bootstrap Methods and their Application, 1997, 3.8). A resample in which the
    statistic is not finite (say, an empty stratum) is left out. Like every bootstrap it has no width where all values
    are equal: give the exact interval there. Raises `StudyError` for fewer than two clusters.
    """
    data = np.asarray(values, dtype=np.float64)
    labels = np.asarray(clusters)
    if len(data) != len(labels):
        raise StudyError(f"{len(data)} values but {len(labels)} cluster labels; give one label per value")
    _, membership = np.unique(labels, return_inverse=True)
    rows = [np.flatnonzero(membership == number) for number in range(int(membership.max(initial=-1)) + 1)]
    if len(rows) < 2:
        raise StudyError(f"a bootstrap over clusters needs at least 2 of them, got {len(rows)}")
    generator = np.random.default_rng(seed)
    drawn = generator.integers(len(rows), size=(resamples, len(rows)))
    estimates = np.array([statistic(data[np.concatenate([rows[number] for number in draw])]) for draw in drawn])
    estimates = estimates[np.isfinite(estimates)]
    if estimates.size == 0:
        raise StudyError("the statistic is not finite in any resample; check the values it is given")
    low, high = np.quantile(estimates, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
