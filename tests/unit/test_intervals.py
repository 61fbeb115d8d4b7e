"""Intervals and exact tests, against published numbers, printed tables and cases worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from traceability import intervals
from traceability.errors import StudyError


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
    assert intervals.wilson(k, n) == pytest.approx((low, high), abs=5e-5)


def test_ten_of_eleven_projects_is_compatible_with_62_to_98_percent():
    assert intervals.wilson(10, 11) == pytest.approx((0.6226, 0.9838), abs=5e-5)


def test_nothing_observed_says_nothing():
    assert intervals.wilson(0, 0) == (0.0, 1.0)
    assert intervals.mcnemar_exact(0, 0) == 1.0


@pytest.mark.parametrize(("b", "c", "p"), [(0, 5, 0.0625), (1, 9, 22 / 1024), (4, 4, 1.0), (0, 10, 2 / 1024)])
def test_mcnemar_exact_is_the_binomial_sum_by_hand(b, c, p):
    assert intervals.mcnemar_exact(b, c) == pytest.approx(p)
    assert intervals.mcnemar_exact(c, b) == pytest.approx(p)


def test_impossible_counts_are_refused_in_one_line():
    with pytest.raises(StudyError, match="k = 12 of n = 11"):
        intervals.wilson(12, 11)


def test_cluster_bootstrap_of_single_rows_agrees_with_the_t_interval():
    values = np.random.default_rng(1).normal(10, 2, 200)
    low, high = intervals.cluster_bootstrap(values, range(200), lambda x: float(np.mean(x)), 4000, 7)
    expected = stats.t.interval(0.95, 199, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(expected, abs=0.05)


def test_copies_inside_a_cluster_add_no_information():
    values = np.random.default_rng(2).normal(0, 1, 60)
    single = intervals.cluster_bootstrap(values, range(60), lambda x: float(np.mean(x)), 3000, 3)
    copied = intervals.cluster_bootstrap(
        np.repeat(values, 5), np.repeat(np.arange(60), 5), lambda x: float(np.mean(x)), 3000, 3
    )
    assert copied == pytest.approx(single, abs=1e-9)


def test_cluster_bootstrap_is_the_same_for_the_same_seed_and_refuses_a_single_cluster():
    values, labels = [0, 1, 1, 0, 1, 1], list("aabbcc")
    first = intervals.cluster_bootstrap(values, labels, lambda x: float(np.mean(x)), 200, 5)
    assert first == intervals.cluster_bootstrap(values, labels, lambda x: float(np.mean(x)), 200, 5)
    with pytest.raises(StudyError, match="at least 2"):
        intervals.cluster_bootstrap(values, ["a"] * 6, lambda x: float(np.mean(x)), 200, 5)


SEED_RUNS = [0.8800, 0.8640, 0.8730]


def test_three_runs_of_the_seed_study_say_almost_nothing_about_their_spread():
    assert np.std(SEED_RUNS, ddof=1) == pytest.approx(0.0080, abs=5e-5)
    assert intervals.sd_interval(SEED_RUNS, 2000, 1) == pytest.approx((0.0042, 0.0504), abs=5e-5)


@pytest.mark.parametrize(("draw", "sd"), [("normal", 1.0), ("uniform", 12**-0.5)])
def test_the_interval_of_the_sd_holds_the_true_sd_about_as_often_as_it_says(draw, sd):
    generator = np.random.default_rng(20240115)
    hits = 0
    for study in range(400):
        low, high = intervals.sd_interval(getattr(generator, draw)(size=30), 500, study)
        hits += low <= sd <= high
    assert 0.91 <= hits / 400 <= 0.98


def test_the_interval_scales_with_the_unit():
    values = np.random.default_rng(3).normal(0, 1, 30)
    low, high = intervals.sd_interval(values, 1000, 5)
    assert intervals.sd_interval(values * 1000 + 7, 1000, 5) == pytest.approx((low * 1000, high * 1000))
    assert intervals.sd_interval([0.25] * 30, 1000, 5) == (0.0, 0.0)


def test_the_interval_survives_an_accuracy_that_took_two_values():
    low, high = intervals.sd_interval([0.9] * 28 + [0.9 + 1 / 360] * 2, 1000, 5)
    assert 0 < low < np.std([0.9] * 28 + [0.9 + 1 / 360] * 2, ddof=1) < high < np.inf


def test_one_more_run_is_expected_where_the_textbook_formula_says():
    raw = np.linspace(-1, 1, 30)
    values = 0.9 + 0.008 * (raw - raw.mean()) / raw.std(ddof=1)
    reach = 2.045230 * 0.008 * np.sqrt(1 + 1 / 30)  # 97.5 % quantile of Student's t with 29 degrees of freedom
    assert intervals.prediction_interval(values) == pytest.approx((0.9 - reach, 0.9 + reach), abs=1e-7)
    assert intervals.prediction_interval([0.9]) == (float("-inf"), float("inf"))


def test_all_of_thirty_allow_every_rate():
    assert intervals.rate_high(30, 30) == 1.0


def test_the_ratio_of_medians_of_a_slower_sample_lies_outside_and_two_values_have_no_interval():
    draw = np.random.default_rng(1)
    fast, slow = (list(draw.normal(mean, 0.05, 10)) for mean in (1.0, 2.0))
    ratio = intervals.ratio_of_medians(slow, fast, 500, 1)
    assert 1.5 < ratio["low"] < ratio["ratio"] < ratio["high"] < 2.5
    assert intervals.ratio_of_medians([2.0, 4.0], fast, 500, 1)["low"] is None
    assert intervals.ratio_of_medians(fast, [0.0] * 10, 500, 1)["ratio"] is None
    assert intervals.median_interval([2.0, 4.0], 500, 1) is None


def test_the_interval_of_a_median_holds_the_true_median_about_as_often_as_it_says():
    generator = np.random.default_rng(5)
    intervals_seen = [intervals.median_interval(generator.normal(3, 1, 25), 300, study) for study in range(200)]
    hits = sum(low <= 3 <= high for low, high in intervals_seen)
    assert 0.88 <= hits / 200 <= 0.99


def test_the_geometric_mean_of_two_values_has_the_t_interval_by_hand():
    mean, low, high = intervals.geometric_mean([1.0, np.e**2])
    assert mean == pytest.approx(np.e)
    assert np.log([low, high]) == pytest.approx([1 - 12.7062, 1 + 12.7062], abs=1e-3)
    assert intervals.geometric_mean([3.0, 3.0]) == pytest.approx((3, 3, 3)), (
        "equal values have an interval without width"
    )
    assert intervals.geometric_mean([5.0]) == (pytest.approx(5), None, None)
    assert intervals.geometric_mean([1.0, 0.0]) == (None, None, None)
