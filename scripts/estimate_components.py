"""Estimate how much of the spread comes from initialisation, shuffling and split."""

from dataclasses import asdict
from pathlib import Path

from traceability.statistics import components, samples
from traceability.statistics import plan as plans
from traceability.statistics.tables import COMPONENTS
from traceability.study import job

FACTORS = ("init", "shuffle", "split")


def main(runs: Path, plan: Path, table: Path, *, resamples: int, seed: int, confidence: float) -> None:
    """Write one row per source of variance of every crossed arm."""
    declared = plans.read(plan)
    rows = []
    for arm in samples.arms(samples.read_runs(runs, plan), declared):
        if not (arm.runs["kind"] == "crossed").all() or arm.runs.empty:
            continue
        metric = declared.primary_metrics[arm.workload].metric
        found = components.crossed(
            arm.runs, FACTORS, samples.METRIC + metric, resamples=resamples, seed=seed, confidence=confidence
        )
        levels, n = int(arm.runs["init"].nunique()), len(arm.runs)
        rows += [
            {"workload": arm.workload, "metric": metric, "levels": levels, "n": n} | asdict(part) for part in found
        ]
    COMPONENTS.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
