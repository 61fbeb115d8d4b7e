"""Write down what is launched how, tracked by what, and by which job."""

from pathlib import Path

from traceability.capture.plan import of_trackings
from traceability.capture.plan import plan as planned
from traceability.capture.tables import BLOCKS, LAUNCH_MODES, PLAN, TRACKINGS
from traceability.study import job


def main(blocks: Path, modes: Path, trackings: Path, plan: Path, use: list[str], batches: int) -> None:
    """Write one row per launch to `plan`."""
    known = [row["launch_mode"] for row in LAUNCH_MODES.rows(modes)]
    PLAN.write(planned(BLOCKS.rows(blocks), known, of_trackings(TRACKINGS.rows(trackings)), use, batches), plan)


if __name__ == "__main__":
    job.run(main, snakemake)
