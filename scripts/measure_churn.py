"""How often two runs of an arm predict different classes for the same example."""

from pathlib import Path

from traceability.statistics import disagreement, plan, samples
from traceability.statistics.tables import CHURN
from traceability.study import logs


def main(
    runs: Path, plan_path: Path, folders: list[Path], table: Path, *, resamples: int, seed: int, confidence: float
) -> None:
    """Write one row per arm of a classifier with a fixed evaluation set."""
    counted, declared = samples.read_runs(runs, plan_path), plan.read(plan_path)
    CHURN.write(disagreement.churn_rows(counted, declared, folders, resamples, seed, confidence), table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.runs),
        Path(snakemake.input.plan),
        [Path(folder) for folder in snakemake.input.arrays],
        Path(snakemake.output.table),
        resamples=snakemake.params.resamples,
        seed=snakemake.params.seed,
        confidence=snakemake.params.confidence,
    )
