"""Power against closed forms, and against the numbers that fixed the size of the study."""

import numpy as np
import pytest
from scipy import stats

from traceability.statistics import power


def z_test(shift):
    """Two-sided z-test p-values; its power has a closed form."""

    def simulate(generator, studies):
        return 2 * stats.norm.sf(np.abs(generator.normal(shift, 1, studies)))

    return simulate


def z_power(shift, alpha):
    bar = stats.norm.isf(alpha / 2)
    return stats.norm.sf(bar - shift) + stats.norm.cdf(-bar - shift)


def test_a_single_contrast_has_the_power_of_its_test():
    ((alone, holm),) = power.after_holm([z_test(2.8)], 40_000, 1)
    assert alone == holm == pytest.approx(z_power(2.8, 0.05), abs=0.006)


def test_beside_one_empty_contrast_the_power_after_holm_has_a_closed_form():
    (alone, holm), (_, empty) = power.after_holm([z_test(2.8), z_test(0)], 40_000, 1)
    # Rejected at alpha / 2, or at alpha when the other one was rejected at alpha / 2 before (probability 2.5 %).
    expected = z_power(2.8, 0.025) + 0.025 * (z_power(2.8, 0.05) - z_power(2.8, 0.025))
    assert holm == pytest.approx(expected, abs=0.006)
    assert holm < alone
    assert empty < 0.05


def test_thirty_runs_show_a_doubled_spread_alone_but_not_among_nine_contrasts():
    alone, nine = power.after_holm([power.doubled_spread(30, 30, 2)] + [z_test(0)] * 8, 5000, 2)[0]
    assert alone == pytest.approx(0.90, abs=0.015)
    assert nine == pytest.approx(0.60, abs=0.025)


def test_ten_runs_show_a_doubled_spread_rarely():
    assert power.after_holm([power.doubled_spread(10, 10, 2)], 5000, 3)[0][0] == pytest.approx(0.30, abs=0.03)


def test_equal_spreads_are_called_different_at_most_as_often_as_allowed():
    assert power.after_holm([power.doubled_spread(50, 50, 1)], 5000, 4)[0][0] <= 0.055


def test_equivalence_at_one_point_is_nearly_certain_for_thirty_runs():
    assert power.after_holm([power.equal_means(30, 30, 0.008, 0.01)], 5000, 5)[0][0] > 0.98
    at_margin = power.after_holm([power.equal_means(30, 30, 0.008, 0.01, difference=0.01)], 5000, 6)[0][0]
    assert at_margin == pytest.approx(0.05, abs=0.012)


def test_mcnemar_power_is_the_binomial_sum():
    # Every pair is discordant: p < 0.05 when at most 2 of 12 go the other way (0.0386), or at least 10.
    expected = stats.binom.cdf(2, 12, 0.9) + stats.binom.sf(9, 12, 0.9)
    ((alone, _),) = power.after_holm([power.discordant_pairs(12, 0.9, 0.1)], 40_000, 7)
    assert alone == pytest.approx(expected, abs=0.008)
