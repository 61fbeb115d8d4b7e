"""Write down what is launched how, tracked by what, and by which job."""

from pathlib import Path

from traceability.capture.plan import of_trackings, plan
from traceability.capture.tables import BLOCKS, LAUNCH_MODES, PLAN, TRACKINGS
from traceability.study import logs


def main(blocks: Path, modes: Path, trackings: Path, table: Path, use: list[str], batches: int) -> None:
    """Write one row per launch to `table`."""
    known = [row["launch_mode"] for row in LAUNCH_MODES.rows(modes)]
    PLAN.write(plan(BLOCKS.rows(blocks), known, of_trackings(TRACKINGS.rows(trackings)), use, batches), table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.blocks),
        Path(snakemake.input.modes),
        Path(snakemake.input.trackings),
        Path(snakemake.output.plan),
        list(snakemake.params.use),
        snakemake.params.batches,
    )
