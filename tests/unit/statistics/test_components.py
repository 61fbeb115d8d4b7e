"""Variance components against closed forms and an independent analysis of variance."""

import itertools

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from traceability.errors import StudyError
from traceability.statistics.components import crossed

FACTORS = ("initialisation", "shuffling", "split")


def design(levels, value):
    rows = [dict(zip(FACTORS, cell, strict=True)) for cell in itertools.product(*(range(n) for n in levels))]
    return pd.DataFrame([row | {"y": value(*row.values())} for row in rows])


def estimates(frame, resamples=100):
    return {c.source: c for c in crossed(frame, FACTORS, "y", resamples=resamples, seed=1)}


def test_a_purely_additive_design_gives_the_variance_of_its_levels_and_no_interaction():
    a, b = np.array([1.0, 2, 3, 4, 5]), np.array([0.0, 0, 3, 3, 3])
    found = estimates(design((5, 5, 5), lambda i, j, k: a[i] + b[j]))
    assert found["initialisation"].variance == pytest.approx(2.5)
    assert found["shuffling"].variance == pytest.approx(2.7)
    rest = ["split", "initialisation x shuffling", "initialisation x split", "shuffling x split", "residual"]
    assert [found[name].variance for name in rest] == pytest.approx([0.0] * 5, abs=1e-12)
    assert found["initialisation"].share == pytest.approx(2.5 / 5.2)


def test_a_pure_product_of_contrasts_is_interaction_only():
    sign = [-1.0, 1.0]
    found = estimates(design((2, 2, 2), lambda i, j, k: sign[i] * sign[j]))
    # Sample variance 4 / ((2 - 1) (2 - 1)) of the interaction; each main effect pays for it by -4 / 2.
    assert found["initialisation x shuffling"].variance == pytest.approx(4)
    assert found["initialisation"].variance == found["shuffling"].variance == pytest.approx(-2)
    assert found["initialisation"].share == 0
    assert found["residual"].variance == pytest.approx(0, abs=1e-12)


def test_the_estimates_are_those_of_the_analysis_of_variance():
    levels = (5, 4, 3)
    noise = np.random.default_rng(4).normal(0, 1, levels)
    frame = design(levels, lambda i, j, k: 3 * i + j * k + noise[i, j, k])
    table = anova_lm(ols("y ~ (C(initialisation) + C(shuffling) + C(split)) ** 2", frame).fit())
    mean_square = table["sum_sq"] / table["df"]
    a, ab, ac = (f"C({FACTORS[0]})", f"C({FACTORS[0]}):C({FACTORS[1]})", f"C({FACTORS[0]}):C({FACTORS[2]})")
    found = estimates(frame)
    assert found["residual"].variance == pytest.approx(mean_square["Residual"])
    assert found["initialisation x shuffling"].variance == pytest.approx(
        (mean_square[ab] - mean_square["Residual"]) / 3
    )
    expected = (mean_square[a] - mean_square[ab] - mean_square[ac] + mean_square["Residual"]) / 12
    assert found["initialisation"].variance == pytest.approx(expected)


def test_over_many_designs_estimates_and_resamples_centre_on_the_truth():
    generator, middles, estimated = np.random.default_rng(5), [], []
    for _ in range(150):
        a, b = generator.normal(0, 3, 5), generator.normal(0, 1, 5)
        noise = generator.normal(0, 1, (5, 5, 5))
        found = estimates(design((5, 5, 5), lambda i, j, k, a=a, b=b, e=noise: a[i] + b[j] + e[i, j, k]), 60)
        estimated.append([found[name].variance for name in (*FACTORS, "residual")])
        middles.append(found["initialisation"].low <= 9 <= found["initialisation"].high)
    assert np.mean(estimated, axis=0) == pytest.approx([9, 1, 0, 1], abs=1.1)
    # Five levels bound a variance badly: the interval is rough, and said to be so.
    assert 0.6 <= np.mean(middles) <= 0.98


def test_an_incomplete_design_names_the_missing_cell():
    frame = design((2, 2, 2), lambda i, j, k: float(i))
    with pytest.raises(StudyError, match="initialisation = 1, shuffling = 0, split = 1"):
        estimates(frame.drop(index=5))
    with pytest.raises(StudyError, match="at least 2 levels of 'split'"):
        estimates(frame[frame["split"] == 0])
