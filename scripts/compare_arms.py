"""Spread of every metric over the units of an arm, and the number of distinct results."""

from pathlib import Path

from traceability.statistics import arms, plan, samples
from traceability.statistics.tables import ARMS, VALUES
from traceability.study import logs


def main(
    runs: Path, plan_path: Path, table: Path, values: Path, *, resamples: int, seed: int, confidence: float
) -> None:
    """Write one row per arm and metric, and the primary metric of every unit."""
    declared, counted = plan.read(plan_path), samples.read_runs(runs, plan_path)
    ARMS.write(arms.spread_rows(counted, declared, resamples, seed, confidence), table)
    VALUES.write(arms.value_rows(counted, declared), values)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.runs),
        Path(snakemake.input.plan),
        Path(snakemake.output.table),
        Path(snakemake.output.values),
        resamples=snakemake.params.resamples,
        seed=snakemake.params.seed,
        confidence=snakemake.params.confidence,
    )
