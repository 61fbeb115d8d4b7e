"""From the table of runs to the sample of each arm, by the exclusion rules of the plan and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from traceability.errors import StudyError
from traceability.intervals import CONFIDENCE
from traceability.statistics import spread
from traceability.statistics.plan import Plan, sha256
from traceability.study.registry import read_frame

METRIC = "metric."
#: Arms of this kind run each seed twice: the seed is the unit, not the run.
PAIRED = "seed_varied"

#: Status of a replicate that was not started, because its data could not be had.
NOT_MEASURED = "not_measured"

_REQUIRED = ("workload", "arm", "kind", "replicate", "pair", "process", "evaluation", "status", "weights_sha256")


@dataclass(frozen=True)
class Arm:
    """The runs of one arm that count, and how many of its replicates did not finish."""

    workload: str
    name: str
    runs: pd.DataFrame
    excluded: int

    @property
    def paired(self) -> bool:
        """Is every seed run twice?"""
        return bool((self.runs["kind"] == PAIRED).all())

    @property
    def units(self) -> int:
        """Independent units: seeds where a seed is run twice, else runs."""
        return int(self.runs["pair"].nunique()) if self.paired else len(self.runs)

    @property
    def fixed_evaluation(self) -> bool:
        """Do all runs predict the same examples?"""
        return bool((self.runs["evaluation"] == "fixed").all())

    def metrics(self) -> list[str]:
        """Names of the metrics that any run of the arm has, in order."""
        names = [c for c in self.runs.columns if c.startswith(METRIC) and self.runs[c].notna().any()]
        return sorted(name.removeprefix(METRIC) for name in names)

    def values(self, metric: str) -> NDArray[np.float64]:
        """One finite value per unit (the mean over a seed's runs), by replicate; empty where nothing was measured."""
        column = METRIC + metric
        if column not in self.runs:
            return np.empty(0)
        finite = self.runs[np.isfinite(self.runs[column].astype("float64"))]
        if self.paired:
            return finite.groupby("pair")[column].mean().to_numpy(dtype=np.float64)
        return finite.sort_values("replicate")[column].to_numpy(dtype=np.float64)

    def pairs_of(self, first: str, second: str) -> NDArray[np.float64]:
        """Two metrics of the same runs, shape (runs, 2), by replicate; runs without one of them are left out."""
        columns = [METRIC + first, METRIC + second]
        if not set(columns) <= set(self.runs.columns):
            return np.empty((0, 2))
        both = self.runs.sort_values("replicate")[columns].to_numpy(dtype=np.float64)
        return np.asarray(both[np.isfinite(both).all(axis=1)])

    def digests(self, column: str, confidence: float = CONFIDENCE) -> spread.Distinct | None:
        """Distinct results in a column of digests; None where the column was not measured for every run."""
        if column not in self.runs or self.runs.empty or self.runs[column].isna().any():
            return None
        if column == "predictions_sha256" and not self.fixed_evaluation:
            return None
        if not self.paired:
            return spread.distinct(self.runs[column], confidence)
        pairs = [tuple(p[column]) for _, p in self.runs.groupby("pair") if len(p) == 2]
        pairs_seen = spread.distinct_pairs(pairs, confidence)
        return spread.Distinct(pairs_seen.n, self.runs[column].nunique(), pairs_seen.differ, pairs_seen.differ_high)


def read_runs(path: Path | str, plan_path: Path | str | None) -> pd.DataFrame:
    """The table of runs; with `plan_path`, every run must have been made under that plan.

    Raises `StudyError` for a missing column, an empty table, or runs of another plan.
    """
    runs = read_frame(path)
    missing = [name for name in _REQUIRED if name not in runs.columns]
    if missing:
        raise StudyError(f"{path}: column '{missing[0]}' is missing; remove the file and run collect_runs again")
    if runs.empty:
        raise StudyError(f"{path}: no runs; run the training first")
    if plan_path is not None and "plan_sha256" in runs.columns:
        digest = sha256(plan_path)
        other = runs[runs["plan_sha256"] != digest]
        if len(other):
            raise StudyError(
                f"{path}: {len(other)} of {len(runs)} runs were made under another plan than {plan_path} "
                f"(sha256 {digest[:12]}...); restore that plan or run the training again"
            )
    return runs


def arms(runs: pd.DataFrame, plan: Plan) -> list[Arm]:
    """The sample of every arm, in the order of workload and arm."""
    samples = []
    for (workload, name), group in runs.groupby(["workload", "arm"], sort=True):
        own = group
        if "fresh_control" in plan.exclusions and (group["process"] == "forked").any():
            own = group[group["process"] == "forked"]
        own = own[own["status"] != NOT_MEASURED]
        counted = own[own["status"].str.lower() == "finished"] if "not_finished" in plan.exclusions else own
        samples.append(Arm(str(workload), str(name), counted.sort_values("replicate"), len(own) - len(counted)))
    return samples


def fresh_twins(runs: pd.DataFrame, workload: str, arm: str, column: str) -> list[tuple[str, str]]:
    """Digests of replicates that ran both ways: (forked, fresh), one pair per replicate that finished both times."""
    if column not in runs:
        return []
    own = runs[(runs["workload"] == workload) & (runs["arm"] == arm) & (runs["status"].str.lower() == "finished")]
    both = own.pivot_table(index="replicate", columns="process", values=column, aggfunc="first")
    if not {"forked", "fresh"} <= set(both.columns):
        return []
    return [(str(a), str(b)) for a, b in both[["forked", "fresh"]].dropna().itertuples(index=False)]
