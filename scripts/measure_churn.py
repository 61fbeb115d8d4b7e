"""How often two runs of an arm predict different classes for the same example."""

from pathlib import Path

import numpy as np

from traceability.statistics import disagreement, samples
from traceability.statistics import plan as plans
from traceability.statistics.tables import CHURN
from traceability.study import job


def main(
    runs: Path, plan: Path, predictions: Path, table: Path, *, resamples: int, seed: int, confidence: float
) -> None:
    """Write one row per arm of a classifier with a fixed evaluation set."""
    counted, declared = samples.read_runs(runs, plan), plans.read(plan)
    with np.load(predictions) as kept:
        CHURN.write(disagreement.churn_rows(counted, declared, kept, resamples, seed, confidence), table)


if __name__ == "__main__":
    job.run(main, snakemake)
