"""Count how far replays come, per record and environment, and test their equivalence per cell."""

from pathlib import Path

from traceability.statistics import plan as plans
from traceability.statistics import replays as reached
from traceability.statistics import samples
from traceability.statistics.tables import REPLAY_CELLS, REPLAY_FUNNEL, REPLAY_PAIRS, REPLAY_PREDICTIONS
from traceability.study import job
from traceability.study.registry import read_frame


def main(
    replays: Path, runs: Path, plan: Path, *, funnel: Path, cells: Path, predictions: Path, pairs: Path,
    confidence: float,
) -> None:  # fmt: skip
    """Write the funnel, the verdicts on cells, the places in prediction intervals, and the pairs for the contrast."""
    found = read_frame(replays)
    declared = plans.read(plan)
    trained = samples.read_runs(runs, plan)
    REPLAY_FUNNEL.write(reached.funnel(found, confidence), funnel)
    REPLAY_CELLS.write(reached.cells(found, declared), cells)
    REPLAY_PREDICTIONS.write(reached.predictions(found, trained, declared, confidence), predictions)
    REPLAY_PAIRS.write(reached.pairs(found), pairs)


if __name__ == "__main__":
    job.run(main, snakemake)
