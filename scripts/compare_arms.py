"""Spread of every metric over the units of an arm, and the number of distinct results."""

from pathlib import Path

from traceability.statistics import arms, samples
from traceability.statistics import plan as plans
from traceability.statistics.tables import ARMS, VALUES
from traceability.study import job


def main(runs: Path, plan: Path, table: Path, values: Path, *, resamples: int, seed: int, confidence: float) -> None:
    """Write one row per arm and metric, and the primary metric of every unit."""
    declared, counted = plans.read(plan), samples.read_runs(runs, plan)
    ARMS.write(arms.spread_rows(counted, declared, resamples, seed, confidence), table)
    VALUES.write(arms.value_rows(counted, declared), values)


if __name__ == "__main__":
    job.run(main, snakemake)
