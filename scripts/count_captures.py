"""Count the verdicts on records."""

from pathlib import Path

from traceability.capture.tables import CAPTURE
from traceability.statistics import captures
from traceability.statistics.tables import CAPTURE_COUNTS
from traceability.study import logs


def main(captured: Path, counts: Path, confidence: float) -> None:
    """Write one row per field and way of tracking."""
    CAPTURE_COUNTS.write(captures.counts(CAPTURE.read(captured), confidence), counts)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.captured), Path(snakemake.output.counts), snakemake.params.confidence)
