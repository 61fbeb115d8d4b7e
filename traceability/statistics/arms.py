"""The tables about arms: spread, published targets, expectations, and the confirmatory contrasts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from traceability import intervals
from traceability.statistics import equivalence, spread
from traceability.statistics.plan import Contrast, Expectation, Plan, Target
from traceability.statistics.samples import Arm, arms, fresh_twins
from traceability.statistics.tables import ARMS

Row = dict[str, Any]


def spread_rows(runs: pd.DataFrame, plan: Plan, resamples: int, seed: int, confidence: float) -> list[Row]:
    """Rows of `ARMS`: one per arm and metric."""
    rows: list[Row] = []
    for arm in arms(runs, plan):
        if not len(arm.runs) and not arm.excluded:
            rows.append(_not_measured(runs, arm, plan))
            continue
        weights = arm.digests("weights_sha256", confidence)
        predictions = arm.digests("predictions_sha256", confidence)
        twins = fresh_twins(runs, arm.workload, arm.name, "weights_sha256")
        head = {
            "workload": arm.workload, "arm": arm.name, "n": len(arm.runs), "units": arm.units, "excluded": arm.excluded,
            "distinct_weights": weights.distinct if weights else None,
            "distinct_predictions": predictions.distinct if predictions else None,
            "differ": weights.differ if weights else None,
            "differ_of": weights.n if weights else None,
            "differ_high": weights.differ_high if weights else None,
            "fresh_pairs": len(twins), "fresh_differ": sum(a != b for a, b in twins) if twins else None,
        }  # fmt: skip
        for metric in arm.metrics():
            values = arm.values(metric)
            if values.size == 0:
                continue
            first = arm.runs.iloc[0]
            row = head | {"kind": first["kind"], "evaluation": first["evaluation"], "metric": metric}
            row |= _metric(values, resamples, seed, confidence)
            primary = plan.primary_metrics.get(arm.workload)
            row["sampling_floor"] = (
                spread.sampling_floor(float(values.mean()), primary.images)
                if primary and primary.images and primary.metric == metric
                else None
            )
            rows.append(row)
    return rows


def _not_measured(runs: pd.DataFrame, arm: Arm, plan: Plan) -> Row:
    """The one row of an arm whose data could not be had."""
    first = runs[(runs["workload"] == arm.workload) & (runs["arm"] == arm.name)].iloc[0]
    primary = plan.primary_metrics.get(arm.workload)
    return dict.fromkeys(ARMS.column_names) | {
        "workload": arm.workload, "arm": arm.name, "kind": first["kind"], "evaluation": first["evaluation"], "n": 0,
        "units": 0, "excluded": 0, "fresh_pairs": 0, "metric": primary.metric if primary else "", "metric_n": 0,
        "sd_interval": "not measured",
    }  # fmt: skip


def value_rows(runs: pd.DataFrame, plan: Plan) -> list[Row]:
    """Rows of `VALUES`: the primary metric, unit by unit."""
    return [
        {
            "workload": arm.workload, "arm": arm.name, "metric": primary.metric, "unit": primary.unit,
            "number": number, "value": float(value),
        }
        for arm in arms(runs, plan)
        if (primary := plan.primary_metrics.get(arm.workload))
        for number, value in enumerate(arm.values(primary.metric))
    ]  # fmt: skip


def _metric(values: np.ndarray, resamples: int, seed: int, confidence: float) -> Row:
    row: Row = {
        "metric_n": values.size, "mean": float(values.mean()), "minimum": float(values.min()),
        "maximum": float(values.max()), "sd": None, "sd_low": None, "sd_high": None, "sd_interval": "one unit",
        "prediction_low": None, "prediction_high": None,
    }  # fmt: skip
    if values.size == 1:
        return row
    if np.ptp(values) == 0:
        # The mean of equal floats can miss them by a bit, which would make an SD of 1e-17.
        return row | {
            "mean": float(values[0]), "sd": 0.0, "sd_low": 0.0, "sd_high": 0.0, "sd_interval": "one distinct value",
        }  # fmt: skip
    low, high = intervals.sd_interval(values, resamples, seed, confidence)
    few = values.size < intervals.SMALLEST_BOOTSTRAP
    row |= {"sd": float(values.std(ddof=1)), "sd_low": low, "sd_high": high}
    row["sd_interval"] = "chi-square" if few else "studentised bootstrap"
    row["prediction_low"], row["prediction_high"] = intervals.prediction_interval(values, confidence)
    return row


def target_rows(
    runs: pd.DataFrame, replays: pd.DataFrame, plan: Plan, resamples: int, seed: int, confidence: float
) -> list[Row]:
    """Rows of `TARGETS`: published values that must be met, and published repetitions as context.

    Each value is looked for in the study's runs, and in its replays with the libraries of 2024 where those were asked
    for (`replays` has the columns of results/replay/replays.tsv).
    """
    known = {(arm.workload, arm.name): arm for arm in arms(runs, plan)}
    rows: list[Row] = []
    for target in plan.targets:
        arm = known.get((target.workload, target.arm))
        rows.append(_target(target, "today", arm.values(target.metric) if arm else np.empty(0)))
        own = replays[
            (replays["environment"] == "era") & (replays["defect"] == "none")
            & (replays["workload"] == target.workload) & (replays["arm"] == target.arm)
        ]  # fmt: skip
        if len(own):
            logged = [json.loads(text).get(target.metric) for text in own["replayed"]]
            rows.append(_target(target, "era", np.array([value for value in logged if value is not None], dtype=float)))
    for published in plan.published_runs:
        arm = known.get((published.workload, published.arm))
        values = arm.values(published.metric) if arm else np.empty(0)
        low, high = intervals.sd_interval_normal(published.values, confidence)
        row: Row = {
            "source": published.source, "workload": published.workload, "arm": published.arm, "environment": "today",
            "metric": published.metric, "quantity": "sd", "published_n": len(published.values),
            "published": float(np.std(published.values, ddof=1)), "published_low": low, "published_high": high,
            "n": values.size, "observed": None, "observed_low": None, "observed_high": None,
            "relative_difference": None, "tolerance": None, "agrees": "context" if values.size > 1 else "not_measured",
        }  # fmt: skip
        if values.size > 1:
            row["observed"] = float(values.std(ddof=1))
            row["observed_low"], row["observed_high"] = intervals.sd_interval(values, resamples, seed, confidence)
        rows.append(row)
    return rows


def _target(target: Target, environment: str, values: np.ndarray) -> Row:
    """One published value against what was seen in one environment."""
    row: Row = {
        "source": target.source, "workload": target.workload, "arm": target.arm, "environment": environment,
        "metric": target.metric, "quantity": "value", "published_n": None, "published": target.value,
        "published_low": None, "published_high": None, "n": values.size, "observed": None, "observed_low": None,
        "observed_high": None, "relative_difference": None, "tolerance": target.tolerance, "agrees": "not_measured",
    }  # fmt: skip
    if values.size:
        distances = np.abs(values - target.value) / abs(target.value)
        farthest = int(distances.argmax())
        row |= {"observed": float(values[farthest]), "relative_difference": float(distances[farthest])}
        row["agrees"] = "yes" if distances[farthest] <= target.tolerance else "no"
    return row


_RELATIONS = {"equals": "=", "at_least": ">=", "at_most": "<="}


def expectation_rows(runs: pd.DataFrame, plan: Plan) -> list[Row]:
    """Rows of `EXPECTATIONS`, in the order of the plan."""
    known = {(arm.workload, arm.name): arm for arm in arms(runs, plan)}
    rows = []
    for name, expected in plan.expectations.items():
        arm = known.get((expected.workload, expected.arm))
        reference = known.get((expected.workload, expected.reference or ""))
        observed, n = _observe(runs, arm, expected, reference) if arm else (None, 0)
        value = n if expected.value == "n" else int(expected.value)
        agrees = "not_measured"
        if observed is not None:
            met = {"equals": observed == value, "at_least": observed >= value, "at_most": observed <= value}
            agrees = "yes" if met[expected.relation] else "no"
        rows.append({
            "expectation": name, "workload": expected.workload, "arm": expected.arm,
            "quantity": " ".join(filter(None, [expected.quantity, expected.reference, expected.column])),
            "expected": f"{_RELATIONS[expected.relation]} {expected.value}", "observed": observed, "n": n,
            "agrees": agrees, "instrument": expected.instrument, "meaning": expected.meaning,
        })  # fmt: skip
    return rows


def _observe(runs: pd.DataFrame, arm: Arm, expected: Expectation, reference: Arm | None) -> tuple[int | None, int]:
    """The number that an expectation is about, and the number of units behind it."""
    if expected.quantity == "differing_fresh_processes":
        twins = fresh_twins(runs, arm.workload, arm.name, expected.column)
        return (sum(a != b for a, b in twins), len(twins)) if twins else (None, 0)
    distinct = arm.digests(expected.column)
    if distinct is None:
        return None, 0
    if expected.quantity == "differing_from_reference":
        usual = reference.digests(expected.column) if reference else None
        if reference is None or usual is None or usual.distinct != 1:
            return None, 0  # a reference that does not repeat is nothing to compare with
        return int((arm.runs[expected.column] != reference.runs[expected.column].iloc[0]).sum()), arm.units
    if expected.quantity == "differing_pairs":
        return (distinct.differ, distinct.n) if arm.paired and distinct.n else (None, 0)
    return distinct.distinct, arm.units


def contrast_rows(runs: pd.DataFrame, plan: Plan, replays: pd.DataFrame | None = None) -> list[Row]:
    """Rows of `CONTRASTS`.

    `replays` has columns workload, run_id, record and finished (0/1); without it, contrasts about records are
    `not_measured`.

    Holm counts every declared contrast, also those not measured (as p = 1): what was not run cannot help the others.
    """
    known = {(arm.workload, arm.name): arm for arm in arms(runs, plan)}
    family = plan.confirmatory
    rows: list[Row] = []
    for name, contrast in family.contrasts.items():
        row: Row = {
            "contrast": name, "question": contrast.question, "test": contrast.test, "workload": contrast.workload,
            "metric": contrast.metric, "first": contrast.first, "second": contrast.second, "n_planned": contrast.n,
            "n_first": 0, "n_second": 0, "estimate": None, "p": None, "verdict": "not_measured",
        }  # fmt: skip
        if contrast.test == "mcnemar":
            rows.append(row | (_records(replays, contrast) if replays is not None else {}))
            continue
        if contrast.test == "paired_spread":
            rows.append(row | _pairs(known.get((contrast.workload, contrast.arm or "")), contrast))
            continue
        samples = [known.get((contrast.workload, arm)) for arm in (contrast.first, contrast.second)]
        first, second = (arm.values(contrast.metric) if arm else np.empty(0) for arm in samples)
        rows.append(row | _compare(first, second, contrast, plan))
    adjusted = spread.holm([1.0 if row["p"] is None else row["p"] for row in rows])
    for row, p in zip(rows, adjusted, strict=True):
        row["p_holm"] = None if row["p"] is None else p
        if row["p"] is not None:
            enough = min(row["n_first"], row["n_second"]) >= row["n_planned"]
            row["verdict"] = "too_few" if not enough else "shown" if p <= family.alpha else "not_shown"
    return rows


def _compare(first: np.ndarray, second: np.ndarray, contrast: Contrast, plan: Plan) -> Row:
    sizes: Row = {"n_first": first.size, "n_second": second.size}
    if min(first.size, second.size) < 3:
        return sizes | ({"verdict": "too_few"} if first.size and second.size else {})
    if contrast.test == "equivalence":
        result = equivalence.independent(first, second, plan.margins[contrast.margin or ""].value)
        return sizes | {"estimate": result.difference, "p": result.p}
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return sizes | {"verdict": "not_testable"}
    ratio = float(first.std(ddof=1) / second.std(ddof=1))
    return sizes | {"estimate": ratio, "p": spread.brown_forsythe(first, second)}


#: Random exchanges behind the p-value of a paired contrast, and the seed that they are drawn with.
_EXCHANGES, _EXCHANGE_SEED = 20_000, 1


def _pairs(arm: Arm | None, contrast: Contrast) -> Row:
    """Two metrics of the runs of one arm: ratio of their SDs, and whether it can be 1."""
    if arm is None:
        return {}
    both = arm.pairs_of(contrast.first, contrast.second)
    sizes: Row = {"n_first": len(both), "n_second": len(both)}
    if len(both) < 3:
        return sizes | ({"verdict": "too_few"} if len(both) else {})
    if (np.ptp(both, axis=0) == 0).any():
        return sizes | {"verdict": "not_testable"}
    generator = np.random.default_rng(_EXCHANGE_SEED)
    p = float(spread.paired_spread(both[:, 0], both[:, 1], _EXCHANGES, generator)[0])
    ratio = both[:, 0].std(ddof=1) / both[:, 1].std(ddof=1)
    return sizes | {"estimate": float(ratio), "p": p}


def _records(replays: pd.DataFrame, contrast: Contrast) -> Row:
    own = replays[replays["workload"] == contrast.workload]
    both = own.pivot_table(index="run_id", columns="record", values="finished", aggfunc="max")
    if not {contrast.first, contrast.second} <= set(both.columns):
        return {}
    pairs = both[[contrast.first, contrast.second]].dropna().astype(bool)
    b = int((pairs[contrast.first] & ~pairs[contrast.second]).sum())
    c = int((~pairs[contrast.first] & pairs[contrast.second]).sum())
    n = len(pairs)
    if n == 0:
        return {}
    return {"n_first": n, "n_second": n, "estimate": (b - c) / n, "p": intervals.mcnemar_exact(b, c)}
