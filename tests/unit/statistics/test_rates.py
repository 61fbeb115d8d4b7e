"""Rates against published numbers and cases that can be worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from traceability.errors import StudyError
from traceability.statistics import rates


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 1998, 17:857, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombes_published_intervals(k, n, low, high):
    assert rates.wilson(k, n) == pytest.approx((low, high), abs=5e-5)


def test_ten_of_eleven_projects_is_compatible_with_62_to_98_percent():
    assert rates.wilson(10, 11) == pytest.approx((0.6226, 0.9838), abs=5e-5)


def test_nothing_observed_says_nothing():
    assert rates.wilson(0, 0) == (0.0, 1.0)
    assert rates.mcnemar_exact(0, 0) == 1.0


@pytest.mark.parametrize(("b", "c", "p"), [(0, 5, 0.0625), (1, 9, 22 / 1024), (4, 4, 1.0), (0, 10, 2 / 1024)])
def test_mcnemar_exact_is_the_binomial_sum_by_hand(b, c, p):
    assert rates.mcnemar_exact(b, c) == pytest.approx(p)
    assert rates.mcnemar_exact(c, b) == pytest.approx(p)


def test_impossible_counts_are_refused_in_one_line():
    with pytest.raises(StudyError, match="k = 12 of n = 11"):
        rates.wilson(12, 11)


def test_cluster_bootstrap_of_single_rows_agrees_with_the_t_interval():
    values = np.random.default_rng(1).normal(10, 2, 200)
    low, high = rates.cluster_bootstrap(values, range(200), lambda x: float(np.mean(x)), 4000, 7)
    expected = stats.t.interval(0.95, 199, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(expected, abs=0.05)


def test_copies_inside_a_cluster_add_no_information():
    values = np.random.default_rng(2).normal(0, 1, 60)
    single = rates.cluster_bootstrap(values, range(60), lambda x: float(np.mean(x)), 3000, 3)
    copied = rates.cluster_bootstrap(
        np.repeat(values, 5), np.repeat(np.arange(60), 5), lambda x: float(np.mean(x)), 3000, 3
    )
    assert copied == pytest.approx(single, abs=1e-9)


def test_cluster_bootstrap_is_the_same_for_the_same_seed_and_refuses_a_single_cluster():
    values, labels = [0, 1, 1, 0, 1, 1], list("aabbcc")
    first = rates.cluster_bootstrap(values, labels, lambda x: float(np.mean(x)), 200, 5)
    assert first == rates.cluster_bootstrap(values, labels, lambda x: float(np.mean(x)), 200, 5)
    with pytest.raises(StudyError, match="at least 2"):
        rates.cluster_bootstrap(values, ["a"] * 6, lambda x: float(np.mean(x)), 200, 5)
