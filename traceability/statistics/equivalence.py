"""When two ways of running count as giving the same result: tests of equivalence and prediction intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from traceability.errors import StudyError

Verdict = Literal["equivalent", "not_shown", "too_few"]

#: Paired differences that a verdict on a cell needs.
SMALLEST_CELL = 30


@dataclass(frozen=True)
class Equivalence:
    """Mean difference with the interval whose place inside +-margin decides, the larger one-sided p, the verdict."""

    n: int
    difference: float
    low: float
    high: float
    p: float
    verdict: Verdict


def paired(differences: ArrayLike, margin: float, alpha: float = 0.05, smallest: int = SMALLEST_CELL) -> Equivalence:
    """Two one-sided t-tests on paired differences (Schuirmann, J. Pharmacokinetics and Biopharmaceutics 1987, 15:657).

    `low` and `high` bound the mean at confidence 1 - 2 alpha. With fewer than `smallest` pairs the verdict is
    `too_few`, whatever the p-value. Differences that are all the same number have no error: the number decides.
    """
    data = np.asarray(differences, dtype=np.float64)
    _check(data, margin)
    error = float(data.std(ddof=1) / np.sqrt(data.size)) if data.size > 1 else float("inf")
    return _decide(
        float(data.mean()), error, data.size - 1, n=data.size, margin=margin, alpha=alpha, enough=data.size >= smallest
    )


def independent(first: ArrayLike, second: ArrayLike, margin: float, alpha: float = 0.05) -> Equivalence:
    """Two one-sided Welch tests on the mean of `first` minus that of `second`; `n` is the smaller arm."""
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    _check(a, margin)
    _check(b, margin)
    n = min(a.size, b.size)
    if n < 2:
        return _decide(float(a.mean() - b.mean()), float("inf"), 1, n=n, margin=margin, alpha=alpha, enough=False)
    parts = np.array([a.var(ddof=1) / a.size, b.var(ddof=1) / b.size])
    error = float(np.sqrt(parts.sum()))
    freedom = float(parts.sum() ** 2 / (parts**2 / [a.size - 1, b.size - 1]).sum()) if error else 1.0
    return _decide(
        float(a.mean() - b.mean()), error, freedom, n=n, margin=margin, alpha=alpha, enough=n >= SMALLEST_CELL
    )


def _decide(
    difference: float, error: float, freedom: float, *, n: int, margin: float, alpha: float, enough: bool
) -> Equivalence:
    if error == 0:
        p = 0.0 if abs(difference) < margin else 1.0
        low = high = difference
    elif np.isinf(error):
        p, low, high = 1.0, float("-inf"), float("inf")
    else:
        p = float(stats.t.sf((margin - abs(difference)) / error, freedom))
        reach = float(stats.t.ppf(1 - alpha, freedom)) * error
        low, high = difference - reach, difference + reach
    verdict: Verdict = "too_few" if not enough else "equivalent" if p < alpha else "not_shown"
    return Equivalence(n, difference, low, high, p, verdict)


def _check(data: NDArray[np.float64], margin: float) -> None:
    if margin <= 0:
        raise StudyError(f"a margin of equivalence is a positive number, got {margin}; see config/preregistration.yaml")
    if data.size == 0 or not np.isfinite(data).all():
        raise StudyError("a test of equivalence needs finite values; exclusion rules come before statistics")
