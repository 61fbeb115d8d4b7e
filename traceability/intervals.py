"""Every interval and bootstrap of the study: shares, standard deviations, medians, means, and clustered samples.

Formulas come from scipy; what stands here adds the cases that it leaves open (no values, equal values, clusters).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from traceability.errors import StudyError

Interval = tuple[float, float]

CONFIDENCE = 0.95
"""Confidence level of every interval whose table does not take another one from `statistics.confidence`."""
#: Below this many values a bootstrap of the SD only echoes the few values seen; the chi-square interval is used.
SMALLEST_BOOTSTRAP = 10
#: Fewer values than this have a median, but no interval of it.
SMALLEST_MEDIAN = 3


def wilson(k: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Score interval of the share `k` of `n`, without continuity correction (Wilson, JASA 1927, 22:209).

    With `n = 0` nothing is known: (0, 1).
    """
    if not 0 <= k <= n:
        raise StudyError(f"a share needs 0 <= k <= n, got k = {k} of n = {n}; check the table it was counted from")
    if n == 0:
        return 0.0, 1.0
    interval = stats.binomtest(int(k), int(n)).proportion_ci(confidence_level=confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided exact p-value of McNemar's test, from the two counts of discordant pairs (Psychometrika 1947, 12:153).

    Without discordant pairs there is nothing against equality: 1.
    """
    if b < 0 or c < 0:
        raise StudyError(f"discordant pairs are counts, got {b} and {c}")
    return 1.0 if b + c == 0 else float(stats.binomtest(int(min(b, c)), int(b + c), 0.5).pvalue)


def binomial_exact(k: int, n: int, against: float) -> float:
    """Two-sided exact p-value of `k` successes of `n` against the share `against` (Clopper and Pearson 1934).

    It sums the probabilities of all counts that are no more likely than `k`. With `n = 0` nothing speaks against: 1.
    """
    if not 0 <= k <= n:
        raise StudyError(f"a share needs 0 <= k <= n, got k = {k} of n = {n}")
    return 1.0 if n == 0 else float(stats.binomtest(int(k), int(n), against).pvalue)


def binomial_power(n: int, share: float, against: float, alpha: float) -> float:
    """Power of `binomial_exact` at level `alpha` with `n` units when the true share is `share`, as a sum."""
    counts = np.arange(n + 1)
    rejected = np.array([binomial_exact(int(k), n, against) <= alpha for k in counts])
    return float(stats.binom.pmf(counts, n, share)[rejected].sum())


def clopper_pearson(k: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Exact interval of the share `k` of `n` (Clopper and Pearson, Biometrika 1934, 26:404); (0, 1) with `n = 0`."""
    if not 0 <= k <= n:
        raise StudyError(f"a share needs 0 <= k <= n, got k = {k} of n = {n}")
    if n == 0:
        return 0.0, 1.0
    interval = stats.binomtest(int(k), int(n)).proportion_ci(confidence_level=confidence, method="exact")
    return float(interval.low), float(interval.high)


def rate_high(k: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of the rate `k` of `n` (Clopper and Pearson 1934); 1 when `k == n`."""
    if not 0 <= k <= n:
        raise StudyError(f"a rate needs 0 <= k <= n, got k = {k} of n = {n}")
    return 1.0 if k == n else float(stats.beta.ppf(confidence, k + 1, n - k))


def percentiles(estimates: NDArray[np.float64], confidence: float, axis: int | None = None) -> NDArray[np.float64]:
    """The two ends between which the middle `confidence` of bootstrap estimates lie (percentile method, Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13)."""
    return np.asarray(np.quantile(estimates, [(1 - confidence) / 2, (1 + confidence) / 2], axis=axis))


def cluster_bootstrap(
    values: ArrayLike,
    clusters: Sequence[object] | NDArray[np.generic],
    statistic: Callable[[NDArray[np.float64]], float],
    resamples: int,
    seed: int,
    confidence: float = CONFIDENCE,
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
    low, high = percentiles(estimates, confidence)
    return float(low), float(high)


def clustered_ratio(
    above: ArrayLike,
    below: ArrayLike,
    clusters: Sequence[object] | NDArray[np.generic],
    resamples: int,
    seed: int,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Percentile interval of sum(above) / sum(below) when whole clusters were sampled: a share with owners as clusters.

    As `cluster_bootstrap` with this statistic, drawn all at once: each resample is a multinomial count per cluster.
    Raises `StudyError` for fewer than two clusters, or where nothing is below.
    """
    _, membership = np.unique(np.asarray(clusters), return_inverse=True)
    number = int(membership.max(initial=-1)) + 1
    if number < 2:
        raise StudyError(f"a bootstrap over clusters needs at least 2 of them, got {number}")
    sums = [np.bincount(membership, np.asarray(part, dtype=np.float64), number) for part in (above, below)]
    drawn = _cluster_draws(number, resamples, seed)
    tops, bottoms = drawn @ sums[0], drawn @ sums[1]
    estimates = tops[bottoms > 0] / bottoms[bottoms > 0]
    if estimates.size == 0:
        raise StudyError("the ratio has nothing below in any resample; check the values it is given")
    low, high = percentiles(estimates, confidence)
    return float(low), float(high)


@functools.lru_cache(maxsize=16)
def _cluster_draws(number: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """How often each of `number` clusters is in each resample; hundreds of shares of one table draw the same."""
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), size=resamples)
    return drawn.astype(np.float64)


def sd_interval(values: ArrayLike, resamples: int, seed: int, confidence: float = CONFIDENCE) -> Interval:
    """Interval of the standard deviation by the studentised bootstrap on its logarithm.

    The logarithm makes the estimate nearly symmetric and its error nearly independent of the SD; dividing each
    resample by its own standard error corrects for the shape of the data (Davison and Hinkley 1997, 5.2; standard
    error of a variance: Cramér 1946, 27.4). Values are one per independent unit. All values equal: (0, 0), for which
    `distinct` has the honest statement. Fewer than 10 values: the chi-square interval, which assumes normal data.
    """
    data = finite(values)
    if data.size >= 2 and np.ptp(data) == 0:
        return 0.0, 0.0
    if data.size < SMALLEST_BOOTSTRAP:
        return sd_interval_normal(data, confidence)
    generator = np.random.default_rng(seed)
    samples = data[generator.integers(data.size, size=(resamples, data.size))]
    spread = np.ptp(samples, axis=1) > 0
    log_sd, error = _log_sd(data[np.newaxis])
    log_sds, errors = _log_sd(samples[spread])
    # A resample of two values in equal numbers has a fourth moment so small that its error vanishes.
    usable = errors > 0
    pivots = (log_sds[usable] - log_sd) / errors[usable]
    high, low = percentiles(pivots, confidence)
    ends = np.exp(log_sd[0] - error[0] * np.array([low, high]))
    return float(ends[0]), float(ends[1])


def _log_sd(samples: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of the SD of each row, and its delta-method standard error."""
    n = samples.shape[1]
    variance = samples.var(axis=1, ddof=1)
    fourth = ((samples - samples.mean(axis=1, keepdims=True)) ** 4).mean(axis=1)
    variance_error = (fourth / variance**2 - (n - 3) / (n - 1)) / n
    return np.log(variance) / 2, np.sqrt(np.maximum(variance_error, 0)) / 2


def sd_interval_normal(values: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Interval of the standard deviation of normally distributed values, from the chi-square distribution."""
    data = finite(values)
    if data.size < 2:
        return 0.0, float("inf")
    freedom = data.size - 1
    quantiles = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], freedom)
    low, high = data.std(ddof=1) * np.sqrt(freedom / quantiles)
    return float(low), float(high)


def median_interval(values: ArrayLike, resamples: int, seed: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Percentile bootstrap interval of a median; none for fewer than 3 values."""
    return _bootstrap((np.asarray(values, dtype=np.float64),), np.median, resamples, seed, confidence)


def ratio_of_medians(
    above: ArrayLike, below: ArrayLike, resamples: int, seed: int, confidence: float = CONFIDENCE
) -> dict[str, float | None]:
    """Ratio of the medians of two independent samples and its bootstrap interval: keys `ratio`, `low`, `high`.

    All are empty without values or with a median of 0 below; the interval also with fewer than 3 values.
    """
    samples = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    if min(map(len, samples)) == 0 or np.median(samples[1]) <= 0:
        return {"ratio": None, "low": None, "high": None}
    interval = _bootstrap(samples, _ratio, resamples, seed, confidence)
    low, high = interval or (None, None)
    return {"ratio": float(_ratio(*samples)), "low": low, "high": high}


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64], axis: int | None = None) -> NDArray[np.float64]:
    return np.asarray(np.median(above, axis=axis) / np.median(below, axis=axis))


def _bootstrap(
    samples: tuple[NDArray[np.float64], ...],
    statistic: Callable[..., NDArray[np.float64]],
    resamples: int,
    seed: int,
    confidence: float,
) -> Interval | None:
    if min(map(len, samples)) < SMALLEST_MEDIAN:
        return None
    interval = stats.bootstrap(
        samples, statistic, n_resamples=resamples, confidence_level=confidence, method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return float(interval.low), float(interval.high)


def geometric_mean(
    values: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float | None, float | None, float | None]:
    """Geometric mean of positive values and its interval (Student's t on their logarithms).

    One value has no interval. Where nothing was measured, or something took no time, there is no mean.
    """
    if not values or min(values) <= 0:
        return None, None, None
    logarithms = np.log(values)
    middle = float(logarithms.mean())
    if len(values) == 1:
        return float(np.exp(middle)), None, None
    reach = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1) * stats.sem(logarithms))
    return float(np.exp(middle)), float(np.exp(middle - reach)), float(np.exp(middle + reach))


def prediction_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Where one further run of an arm is expected: mean +- t * SD * sqrt(1 + 1 / n), for about normal values.

    Fewer than two values predict nothing: (-inf, inf).
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size < 2:
        return float("-inf"), float("inf")
    reach = stats.t.ppf((1 + confidence) / 2, data.size - 1) * data.std(ddof=1) * np.sqrt(1 + 1 / data.size)
    return float(data.mean() - reach), float(data.mean() + reach)


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """The values as one row of floats; raises `StudyError` where one is missing or infinite."""
    data = np.asarray(values, dtype=np.float64).ravel()
    if not np.isfinite(data).all():
        raise StudyError("a metric is missing or not finite; exclusion rules come before statistics")
    return data
