"""How far repeated runs differ: distinct results, standard deviations with intervals, and tests between arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from traceability.errors import StudyError
from traceability.intervals import CONFIDENCE, Interval, finite, percentiles, rate_high


@dataclass(frozen=True)
class Distinct:
    """How many different results `n` trials gave, and how often a trial may differ.

    `differ` of `n` trials differed; `differ_high` is the exact one-sided upper bound of that rate.
    """

    n: int
    distinct: int
    differ: int
    differ_high: float


def distinct(results: Iterable[str], confidence: float = CONFIDENCE) -> Distinct:
    """Count distinct results (e.g. weight digests); a result differs when it is not the most frequent one.

    With one distinct result the bound is `1 - (1 - confidence) ** (1 / n)`. Empty digests raise `StudyError`.
    """
    counts = Counter(results)
    if any(not isinstance(result, str) or not result for result in counts):
        raise StudyError("a digest is missing: distinct results need one per run; run the replicate again")
    n = counts.total()
    differ = n - max(counts.values(), default=0)
    return Distinct(n, len(counts), differ, rate_high(differ, n, confidence))


def distinct_pairs(pairs: Iterable[tuple[str, str]], confidence: float = CONFIDENCE) -> Distinct:
    """As `distinct`, where a trial is one seed run twice and differs when its two results are not the same."""
    pairs = list(pairs)
    differ = sum(first != second for first, second in pairs)
    results = {result for pair in pairs for result in pair}
    return Distinct(len(pairs), len(results), differ, rate_high(differ, len(pairs), confidence))


def sampling_floor(accuracy: float, images: int) -> float:
    """SD that an accuracy would have over test sets of `images` drawn afresh: sqrt(p (1 - p) / images).

    Two models closer than this cannot be told apart by their quality on this test set (Jordan, ICLR 2024).
    """
    if not 0 <= accuracy <= 1 or images < 1:
        raise StudyError(f"a sampling floor needs a share and a number of images, got {accuracy} and {images}")
    return float(np.sqrt(accuracy * (1 - accuracy) / images))


def brown_forsythe(first: ArrayLike, second: ArrayLike) -> float:
    """Two-sided p-value that two arms have the same spread (Brown and Forsythe, JASA 1974, 69:364).

    An arm with one distinct value takes part in no variance test: `StudyError`.
    """
    groups = finite(first), finite(second)
    if any(group.size < 3 or np.ptp(group) == 0 for group in groups):
        raise StudyError("a variance test needs two arms with at least 3 values that are not all the same")
    return float(stats.levene(*groups, center="median").pvalue)


def paired_spread(
    first: ArrayLike, second: ArrayLike, exchanges: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Two-sided p-values that two metrics of the same runs have the same SD, one per study (row).

    `first` and `second` have shape (studies, runs) or (runs,). Each metric is centred at its own mean; where the SDs
    are equal, the two deviations of a run can be exchanged, so the difference of the sums of squares is compared with
    those of `exchanges` random exchanges within runs (a permutation test for paired data: Good, Permutation Tests,
    2000, 3.4). It needs no normal data: with five degrees of freedom of Student's t, 30 runs and a level of .05 it
    rejected a true hypothesis in .05 to .06 of simulated studies, the test of Pitman and Morgan in .10 to .11.
    """
    above, below = (np.atleast_2d(np.asarray(values, dtype=np.float64)) for values in (first, second))
    if above.shape != below.shape or above.shape[1] < 3:
        raise StudyError(f"spreads of pairs need the same 3 or more runs, got shapes {above.shape} and {below.shape}")
    squares = [(values - values.mean(axis=1, keepdims=True)) ** 2 for values in (above, below)]
    difference = squares[0] - squares[1]
    signs = generator.choice(np.array([-1.0, 1.0]), size=(exchanges, above.shape[1]))
    # Sums of the same numbers in another order may miss each other by a bit.
    seen = np.abs(difference.sum(axis=1))[:, np.newaxis] * (1 - 1e-12)
    return np.asarray((1 + (np.abs(difference @ signs.T) >= seen).sum(axis=1)) / (exchanges + 1))


def sd_ratio_interval(
    first: ArrayLike, second: ArrayLike, resamples: int, seed: int, confidence: float = CONFIDENCE
) -> Interval:
    """Interval of the ratio of the SDs of two metrics of the same runs: percentile bootstrap over runs.

    A resample in which one of the two does not vary is left out.
    """
    pairs = np.column_stack([finite(first), finite(second)])
    drawn = np.random.default_rng(seed).integers(len(pairs), size=(resamples, len(pairs)))
    spreads = pairs[drawn].std(axis=1, ddof=1)
    usable = spreads[(spreads > 0).all(axis=1)]
    low, high = np.exp(percentiles(np.log(usable[:, 0] / usable[:, 1]), confidence))
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values of one family (Holm, Scandinavian Journal of Statistics 1979, 6:65), in the order given."""
    from statsmodels.stats.multitest import multipletests

    if not len(p_values):
        return []
    return [float(p) for p in multipletests(p_values, method="holm")[1]]


def churn(first: ArrayLike, second: ArrayLike) -> float:
    """Share of examples for which two models predict different classes (Milani Fard et al., NeurIPS 2016)."""
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1 or a.size == 0:
        raise StudyError(f"churn compares predictions of the same examples, got shapes {a.shape} and {b.shape}")
    return float((a != b).mean())


def mean_churn(
    predictions: ArrayLike, resamples: int, seed: int, confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """Mean churn over all pairs of runs, and its interval by a bootstrap over runs.

    `predictions` has shape (runs, examples), one class per cell, all on the same examples. Pairs of a run with itself,
    which a bootstrap makes, are left out: they would pull the churn towards 0.
    """
    data = np.asarray(predictions)
    if data.ndim != 2 or data.shape[0] < 2:
        raise StudyError(f"mean churn needs at least 2 runs of the same examples, got shape {data.shape}")
    runs = data.shape[0]
    differing = np.array([(data != row).mean(axis=1) for row in data])
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(runs, np.full(runs, 1 / runs), size=resamples).astype(np.float64)
    pairs = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    estimates = np.einsum("ri,ij,rj->r", weights, differing, weights, optimize=True)[pairs > 0] / pairs[pairs > 0]
    low, high = percentiles(estimates, confidence)
    return float(differing.sum() / (runs * (runs - 1))), float(low), float(high)
