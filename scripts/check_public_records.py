"""How often the audit of public records was right where others looked at the same records."""

from pathlib import Path

from traceability.public_records import checking
from traceability.public_records.tables import CHECKS, HAND, RUNS, SECOND_COUNT
from traceability.study import job


def main(hand: Path, second_count: Path, runs: Path, table: Path, confidence: float) -> None:
    """Write one row per field that was read by hand or counted again, and one over all that was read."""
    rows = checking.rows(HAND.read(hand), RUNS.read(runs), confidence)
    CHECKS.write(rows + checking.second_rows(SECOND_COUNT.read(second_count), confidence), table)


if __name__ == "__main__":
    job.run(main, snakemake)
