"""How often the audit of public records was right where others looked at the same records."""

from pathlib import Path

from traceability.public_records import checking
from traceability.public_records.tables import CHECKS, HAND, RUNS
from traceability.study import job


def main(hand: Path, runs: Path, table: Path, confidence: float) -> None:
    """Write one row per field that was read by hand, and one over all of them."""
    CHECKS.write(checking.rows(HAND.read(hand), RUNS.read(runs), confidence), table)


if __name__ == "__main__":
    job.run(main, snakemake)
