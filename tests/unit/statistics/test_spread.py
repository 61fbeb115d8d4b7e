"""Spread, against published numbers, closed forms and simulated coverage."""

import numpy as np
import pytest
from scipy import stats

from traceability.errors import StudyError
from traceability.statistics import spread


def test_thirty_equal_hashes_are_one_result_and_still_allow_ten_percent():
    found = spread.distinct(["a"] * 30)
    assert (found.n, found.distinct, found.differ) == (30, 1, 0)
    assert found.differ_high == pytest.approx(1 - 0.05 ** (1 / 30))


def test_one_deviating_run_of_thirty_shows():
    found = spread.distinct(["a"] * 29 + ["b"])
    assert (found.distinct, found.differ) == (2, 1)
    # Exact by definition: at the bound, at most one event in 30 has probability 5 %.
    assert stats.binom.cdf(1, 30, found.differ_high) == pytest.approx(0.05)


def test_all_distinct_runs_allow_every_rate():
    assert spread.distinct(map(str, range(30))).distinct == 30
    assert spread.distinct(["a"]).differ_high == pytest.approx(0.95)


def test_a_seed_run_twice_is_compared_with_itself_and_not_with_other_seeds():
    found = spread.distinct_pairs([("a", "a"), ("b", "b"), ("c", "d")])
    assert (found.n, found.distinct, found.differ) == (3, 4, 1)


def test_a_missing_digest_is_not_a_result():
    with pytest.raises(StudyError, match="digest is missing"):
        spread.distinct(["a", None])


def test_brown_forsythe_gives_the_statistic_worked_out_by_hand():
    # |x - median|: (2, 1, 0, 1, 2) and (6, 3, 0, 3, 6), means 1.2 and 3.6.
    between = 5 * ((1.2 - 2.4) ** 2 + (3.6 - 2.4) ** 2)
    within = sum((d - 1.2) ** 2 for d in (2, 1, 0, 1, 2)) + sum((d - 3.6) ** 2 for d in (6, 3, 0, 3, 6))
    expected = stats.f.sf(between / (within / 8), 1, 8)
    assert spread.brown_forsythe([1, 2, 3, 4, 5], [10, 13, 16, 19, 22]) == pytest.approx(expected)


def test_an_arm_with_one_result_enters_no_variance_test():
    with pytest.raises(StudyError, match="not all the same"):
        spread.brown_forsythe([0.9] * 30, [0.8, 0.9, 0.7])


def test_holm_by_hand():
    assert spread.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert spread.holm([]) == []


def test_sampling_floor_of_the_digits_test_set():
    assert spread.sampling_floor(0.95, 360) == pytest.approx(0.01149, abs=5e-6)


def test_churn_counts_changed_predictions_also_at_equal_accuracy():
    truth, first, second = np.array([0, 1, 2, 3]), np.array([0, 1, 2, 0]), np.array([1, 1, 2, 3])
    assert (first == truth).mean() == (second == truth).mean()
    assert spread.churn(first, second) == 0.5
    with pytest.raises(StudyError, match="same examples"):
        spread.churn([1, 2], [1, 2, 3])


def test_mean_churn_is_the_mean_over_pairs_and_zero_for_one_model():
    runs = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 1]])
    assert spread.mean_churn(runs, 500, 1)[0] == pytest.approx((0.25 + 0.5 + 0.25) / 3)
    assert spread.mean_churn(np.zeros((30, 360)), 500, 1) == (0.0, 0.0, 0.0)


def test_the_interval_of_churn_holds_the_true_churn():
    # Independent models that err on each example with probability q differ there with probability 2 q (1 - q).
    generator, hits = np.random.default_rng(8), 0
    for study in range(200):
        _, low, high = spread.mean_churn(generator.random((30, 400)) < 0.1, 300, study)
        hits += low <= 0.18 <= high
    assert hits / 200 >= 0.88
