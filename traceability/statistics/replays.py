"""How far replays come: shares per stage with intervals."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd

from traceability.intervals import prediction_interval, wilson
from traceability.replay.tables import STAGES
from traceability.statistics import equivalence, samples
from traceability.statistics.plan import Plan
from traceability.statistics.tables import REPLAY_PREDICTIONS

#: The last two rows of the funnel are verdicts, not stages.
SAME = {"same_result": ("bitwise", "same_metrics"), "bitwise": ("bitwise",)}


def funnel(replays: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Rows of `tables.REPLAY_FUNNEL` from results/replay/replays.tsv, without the replays damaged on purpose.

    `reached` counts replays that reached the stage from the record alone; `reached_with_help` adds those that reached
    it after a human added fields. A verdict counts as reached alone only if nothing had to be added.
    """
    whole = replays[replays["defect"] == "none"]
    rows = []
    for (record, environment), cell in whole.groupby(["record", "environment"], sort=True):
        alone = cell["stage_alone"].map(_place)
        helped = cell["stage"].map(_place)
        unaided = cell["ease"] == 0
        counts = [
            (stage, int((alone >= place).sum()), int((helped >= place).sum())) for place, stage in enumerate(STAGES)
        ]
        for name, verdicts in SAME.items():
            same = cell["verdict"].isin(verdicts)
            counts.append((name, int((same & unaided).sum()), int(same.sum())))
        for stage, reached, with_help in counts:
            low, high = wilson(reached, len(cell), confidence)
            rows.append({
                "record": record, "environment": environment, "stage": stage, "n": len(cell), "reached": reached,
                "low": low, "high": high, "reached_with_help": with_help, "ease_mean": float(cell["ease"].mean()),
            })  # fmt: skip
    return pd.DataFrame(rows)


def _place(stage: object) -> int:
    """Number of a stage from 0; -1 for a replay that reached none."""
    return STAGES.index(stage) if isinstance(stage, str) and stage else -1


def cells(replays: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Rows of `tables.REPLAY_CELLS`: per arm, record and environment, is the mean difference within the margin?

    Differences are replay minus record of the workload's primary metric; without 30 of them the verdict is `too_few`
    (METHOD 16), and where the record does not hold the metric it is `not_comparable`.
    """
    rows = []
    keys = ["workload", "arm", "record", "environment"]
    for names, cell in replays[replays["defect"] == "none"].groupby(keys, sort=True):
        about = plan.primary_metrics.get(str(names[0]))
        metric = about.metric if about else ""
        margin = plan.margins[about.margin].value if about else math.nan
        logged = [json.loads(text).get(metric) for text in cell["differences"]]
        differences = [value for value in logged if value is not None]
        row = dict(zip(keys, names, strict=True)) | {
            "metric": metric, "margin": margin, "n": len(differences),
            "finished": int((cell["stage"] == "finished").sum()),
            "difference": None, "low": None, "high": None, "p": None, "verdict": "not_comparable",
        }  # fmt: skip
        if differences:
            seen = equivalence.paired(differences, margin)
            known = math.isfinite(seen.low)
            row |= {
                "difference": seen.difference, "low": seen.low if known else None, "high": seen.high if known else None,
                "p": seen.p, "verdict": seen.verdict,
            }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def predictions(replays: pd.DataFrame, runs: pd.DataFrame, plan: Plan, confidence: float) -> pd.DataFrame:
    """Rows of `tables.REPLAY_PREDICTIONS`: where each replay lies in its arm's prediction interval (METHOD 16).

    An arm whose runs all gave one value predicts that value, up to the last digits of a floating-point number.
    """
    known = {(arm.workload, arm.name): arm for arm in samples.arms(runs, plan)}
    rows = []
    for replay in replays[(replays["defect"] == "none") & (replays["stage"] == "finished")].to_dict("records"):
        about = plan.primary_metrics.get(replay["workload"])
        value = json.loads(replay["replayed"]).get(about.metric) if about else None
        if about is None or value is None:
            continue
        arm = known.get((replay["workload"], replay["arm"]))
        # Single runs, not means over the two runs of a seed: one run is what a replay makes.
        values = arm.runs[samples.METRIC + about.metric].dropna().to_numpy(dtype=float) if arm else np.empty(0)
        low, high = prediction_interval(values, confidence)
        bounded = math.isfinite(low)
        slack = 1e-12 * abs(value)
        rows.append({
            **{key: replay[key] for key in ("key", "workload", "arm", "record", "environment")},
            "metric": about.metric, "replayed": value, "n": len(values), "low": low if bounded else None,
            "high": high if bounded else None, "inside": low - slack <= value <= high + slack if bounded else None,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=REPLAY_PREDICTIONS.column_names)


def pairs(replays: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tables.REPLAY_PAIRS`: did the replay finish from the record alone? `run_id` pairs the records.

    Runs of the same arm and number were launched with the same words apart from the way of tracking.
    """
    whole = replays[(replays["defect"] == "none") & (replays["environment"] == "same")]
    return pd.DataFrame({
        "workload": whole["workload"], "run_id": whole["arm"] + "/" + whole["number"].astype(str),
        "record": whole["record"], "finished": (whole["stage_alone"] == "finished").astype(int),
    })  # fmt: skip
