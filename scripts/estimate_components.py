"""Estimate how much of the spread comes from initialisation, shuffling and split."""

from dataclasses import asdict
from pathlib import Path

from traceability.statistics import components, plan, samples
from traceability.statistics.tables import COMPONENTS
from traceability.study import logs

FACTORS = ("init", "shuffle", "split")


def main(runs: Path, plan_path: Path, table: Path, *, resamples: int, seed: int, confidence: float) -> None:
    """Write one row per source of variance of every crossed arm."""
    declared = plan.read(plan_path)
    rows = []
    for arm in samples.arms(samples.read_runs(runs, plan_path), declared):
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
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.runs),
        Path(snakemake.input.plan),
        Path(snakemake.output.table),
        resamples=snakemake.params.resamples,
        seed=snakemake.params.seed,
        confidence=snakemake.params.confidence,
    )
