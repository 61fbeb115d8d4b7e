"""Equivalence and prediction, against quantiles from printed tables."""

import numpy as np
import pytest

from traceability.errors import StudyError
from traceability.statistics import equivalence

T_95_29 = 1.699127  # 95 % quantile of Student's t with 29 degrees of freedom, printed in any table


def sample(mean, sd, n=30):
    """`n` numbers with exactly this mean and SD."""
    raw = np.linspace(-1, 1, n)
    return mean + sd * (raw - raw.mean()) / raw.std(ddof=1)


def test_equivalence_is_the_90_percent_interval_inside_the_margin():
    differences = sample(0.002, 0.01)
    found = equivalence.paired(differences, margin=0.01)
    reach = T_95_29 * 0.01 / np.sqrt(30)
    assert (found.low, found.high) == pytest.approx((0.002 - reach, 0.002 + reach), abs=1e-8)
    assert found.verdict == "equivalent"


@pytest.mark.parametrize(("slack", "verdict"), [(1.001, "equivalent"), (0.999, "not_shown")])
def test_the_verdict_turns_exactly_where_the_interval_touches_the_margin(slack, verdict):
    margin = (0.004 + T_95_29 * 0.01 / np.sqrt(30)) * slack
    assert equivalence.paired(sample(-0.004, 0.01), margin).verdict == verdict


def test_a_difference_beyond_the_margin_is_never_equivalent():
    found = equivalence.paired(sample(0.02, 0.001), margin=0.01)
    assert found.verdict == "not_shown"
    assert found.p > 0.99


def test_fewer_than_thirty_pairs_give_no_verdict():
    assert equivalence.paired(sample(0, 0.0001, n=29), margin=0.01).verdict == "too_few"
    assert equivalence.paired([0.0], margin=0.01).verdict == "too_few"


def test_thirty_identical_replays_are_equivalent():
    found = equivalence.paired(np.zeros(30), margin=0.01)
    assert (found.verdict, found.p, found.low, found.high) == ("equivalent", 0.0, 0.0, 0.0)


def test_two_arms_of_equal_size_and_spread_are_compared_with_58_degrees_of_freedom():
    found = equivalence.independent(sample(0.90, 0.008), sample(0.898, 0.008), margin=0.01)
    reach = 1.671553 * 0.008 * np.sqrt(2 / 30)
    assert (found.low, found.high) == pytest.approx((0.002 - reach, 0.002 + reach), abs=1e-7)
    assert found.verdict == "equivalent"


def test_a_margin_of_zero_is_refused():
    with pytest.raises(StudyError, match="positive number"):
        equivalence.paired(np.zeros(30), margin=0)
