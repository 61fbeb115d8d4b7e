"""Compare what tracking and determinism cost."""

from pathlib import Path

from traceability.statistics.costs import cost_rows
from traceability.statistics.tables import COSTS
from traceability.study import job
from traceability.study.registry import read_frame


def main(costs: Path, table: Path, *, resamples: int, seed: int, confidence: float) -> None:
    """Write one row per level and quantity."""
    COSTS.write(cost_rows(read_frame(costs), resamples, seed, confidence), table)


if __name__ == "__main__":
    job.run(main, snakemake)
