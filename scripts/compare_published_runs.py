"""The three published trainings of the study of 2024 beside the 60 of its repetition, from the raw tables of these."""

from pathlib import Path

from traceability.statistics import arms, plan, published_runs, samples
from traceability.statistics.tables import FASHION_ARMS, PUBLISHED_RUNS, SLIP
from traceability.study import job, published


def main(
    provenance: Path,
    runs: Path,
    plan_of_runs: Path,
    table: Path,
    arms_table: Path,
    slip: Path,
    resamples: int,
    seed: int,
    confidence: float,
) -> None:
    """Write how the published values lie among ours, the spread of our arms, and the confirmatory contrast."""
    published.read(provenance.parent)
    declared, counted = plan.read(plan_of_runs), samples.read_runs(runs, plan_of_runs)
    PUBLISHED_RUNS.write(published_runs.published_rows(counted, declared, resamples, seed, confidence), table)
    FASHION_ARMS.write(arms.spread_rows(counted, declared, resamples, seed, confidence), arms_table)
    SLIP.write([published_runs.slip_row(counted, declared, resamples, seed, confidence)], slip)


if __name__ == "__main__":
    job.run(main, snakemake)
