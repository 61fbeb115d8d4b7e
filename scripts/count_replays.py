"""Count how far replays come, per record and environment, and test their equivalence per cell."""

from pathlib import Path

from traceability.statistics import plan, replays, samples
from traceability.statistics.tables import REPLAY_CELLS, REPLAY_FUNNEL, REPLAY_PAIRS, REPLAY_PREDICTIONS
from traceability.study import logs
from traceability.study.registry import read_frame


def main(
    table: Path, runs: Path, preregistration: Path, *, funnel: Path, cells: Path, predictions: Path, pairs: Path,
    confidence: float,
) -> None:  # fmt: skip
    """Write the funnel, the verdicts on cells, the places in prediction intervals, and the pairs for the contrast."""
    found = read_frame(table)
    declared = plan.read(preregistration)
    trained = samples.read_runs(runs, preregistration)
    REPLAY_FUNNEL.write(replays.funnel(found, confidence), funnel)
    REPLAY_CELLS.write(replays.cells(found, declared), cells)
    REPLAY_PREDICTIONS.write(replays.predictions(found, trained, declared, confidence), predictions)
    REPLAY_PAIRS.write(replays.pairs(found), pairs)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.replays),
        Path(snakemake.input.runs),
        Path(snakemake.input.plan),
        funnel=Path(snakemake.output.funnel),
        cells=Path(snakemake.output.cells),
        predictions=Path(snakemake.output.predictions),
        pairs=Path(snakemake.output.pairs),
        confidence=snakemake.params.confidence,
    )
