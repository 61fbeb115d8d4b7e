"""Count the verdicts on records."""

from pathlib import Path

from traceability.capture.tables import CAPTURE
from traceability.statistics import captures
from traceability.statistics.tables import CAPTURE_COUNTS
from traceability.study import job


def main(captured: Path, counts: Path, confidence: float) -> None:
    """Write one row per field and way of tracking."""
    CAPTURE_COUNTS.write(captures.counts(CAPTURE.read(captured), confidence), counts)


if __name__ == "__main__":
    job.run(main, snakemake)
