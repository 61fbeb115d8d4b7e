"""Count how far replays come, per record and environment, and test their equivalence per cell."""

from pathlib import Path

from traceability import logs
from traceability.registry import read_frame
from traceability.statistics import plan, replays
from traceability.statistics.tables import REPLAY_CELLS, REPLAY_FUNNEL, REPLAY_PAIRS


def main(table: Path, preregistration: Path, funnel: Path, cells: Path, pairs: Path, confidence: float) -> None:
    """Write the funnel, the verdicts on cells, and the pairs for the contrast between records."""
    found = read_frame(table)
    REPLAY_FUNNEL.write(replays.funnel(found, confidence), funnel)
    REPLAY_CELLS.write(replays.cells(found, plan.read(preregistration)), cells)
    REPLAY_PAIRS.write(replays.pairs(found), pairs)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.replays),
        Path(snakemake.input.plan),
        Path(snakemake.output.funnel),
        Path(snakemake.output.cells),
        Path(snakemake.output.pairs),
        snakemake.params.confidence,
    )
