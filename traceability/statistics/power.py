"""What the planned sample can show: power by simulation, after the family's correction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from traceability.statistics.plan import Contrast, Margin, Plan
from traceability.statistics.spread import paired_spread

#: Gives one p-value per simulated study.
Simulator = Callable[[np.random.Generator, int], NDArray[np.float64]]


def doubled_spread(n_first: int, n_second: int, ratio: float) -> Simulator:
    """Brown-Forsythe p-values of normal arms of which the second has `ratio` times the SD of the first."""

    def simulate(generator: np.random.Generator, studies: int) -> NDArray[np.float64]:
        first = generator.normal(0, 1, (studies, n_first))
        second = generator.normal(0, ratio, (studies, n_second))
        deviations = [np.abs(arm - np.median(arm, axis=1, keepdims=True)) for arm in (first, second)]
        return np.asarray(stats.f_oneway(*deviations, axis=1).pvalue)

    return simulate


def equal_means(n_first: int, n_second: int, sd: float, margin: float, difference: float = 0.0) -> Simulator:
    """Equivalence p-values of two normal arms with the same SD whose means are `difference` apart."""

    def simulate(generator: np.random.Generator, studies: int) -> NDArray[np.float64]:
        first = generator.normal(difference, sd, (studies, n_first))
        second = generator.normal(0, sd, (studies, n_second))
        parts = first.var(axis=1, ddof=1) / n_first, second.var(axis=1, ddof=1) / n_second
        error = np.sqrt(parts[0] + parts[1])
        freedom = (parts[0] + parts[1]) ** 2 / (parts[0] ** 2 / (n_first - 1) + parts[1] ** 2 / (n_second - 1))
        distance = np.abs(first.mean(axis=1) - second.mean(axis=1))
        return np.asarray(stats.t.sf((margin - distance) / error, freedom))

    return simulate


def discordant_pairs(n: int, only_first: float, only_second: float) -> Simulator:
    """Exact McNemar p-values of `n` pairs that succeed only the first or only the second way at these rates."""

    def simulate(generator: np.random.Generator, studies: int) -> NDArray[np.float64]:
        rest = max(0.0, 1 - only_first - only_second)
        counts = generator.multinomial(n, [only_first, only_second, rest], size=studies)
        smaller, total = counts[:, :2].min(axis=1), counts[:, :2].sum(axis=1)
        return np.minimum(1.0, 2 * stats.binom.cdf(smaller, total, 0.5))

    return simulate


#: Exchanges behind each simulated p-value: few, because thousands of studies are simulated.
_EXCHANGES = 999


def paired_spreads(n: int, ratio: float, correlation: float) -> Simulator:
    """P-values of `spread.paired_spread` for `n` normal pairs whose SDs have this ratio and correlation."""

    def simulate(generator: np.random.Generator, studies: int) -> NDArray[np.float64]:
        second, own = generator.normal(0, 1, (2, studies, n))
        first = ratio * (correlation * second + np.sqrt(1 - correlation**2) * own)
        return paired_spread(first, second, _EXCHANGES, generator)

    return simulate


def after_holm(
    contrasts: Sequence[Simulator], simulations: int, seed: int, alpha: float = 0.05
) -> list[tuple[float, float]]:
    """Power of each contrast alone and after Holm within the family, when the other contrasts show nothing.

    The others' p-values are drawn as uniform: the least favourable case, so the true power is at least this.
    Returns one pair (alone, after Holm) per contrast.
    """
    generator = np.random.default_rng(seed)
    powers = []
    for simulate in contrasts:
        p = simulate(generator, simulations)
        others = np.sort(generator.random((simulations, len(contrasts) - 1)), axis=1)
        # This contrast is rejected when it and all smaller ones pass Holm's falling bar alpha / (m - rank).
        bars = alpha / (len(contrasts) - np.arange(len(contrasts) - 1)) if len(contrasts) > 1 else np.empty(0)
        passed = np.cumprod(others <= bars, axis=1).astype(bool)
        smaller = (others < p[:, np.newaxis]).sum(axis=1)
        before = np.where(smaller == 0, True, passed[np.arange(simulations), smaller - 1] if bars.size else True)
        rejected = before & (p <= alpha / (len(contrasts) - smaller))
        powers.append((float((p <= alpha).mean()), float(rejected.mean())))
    return powers


def simulator(contrast: Contrast, margins: dict[str, Margin]) -> Simulator:
    """How data of a contrast are simulated when its assumed effect is real."""
    builders: dict[str, Callable[[], Simulator]] = {
        "brown_forsythe": lambda: doubled_spread(contrast.n, contrast.n, contrast.sd_ratio or 1),
        "equivalence": lambda: equal_means(
            contrast.n, contrast.n, contrast.sd or 0, margins[contrast.margin or ""].value
        ),
        "paired_spread": lambda: paired_spreads(contrast.n, contrast.sd_ratio or 1, contrast.correlation or 0),
        "mcnemar": lambda: discordant_pairs(contrast.n, *(contrast.rates or (0, 0))),
    }
    return builders[contrast.test]()


def simulated_power(plan: Plan, seed: int, simulations: int | None = None) -> dict[str, tuple[float, float]]:
    """Power of each contrast alone and after Holm, to compare with what the plan states."""
    family = plan.confirmatory
    simulators = [simulator(contrast, plan.margins) for contrast in family.contrasts.values()]
    powers = after_holm(simulators, simulations or family.simulations, seed, family.alpha)
    return dict(zip(family.contrasts, powers, strict=True))
