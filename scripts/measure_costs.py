"""Measure what tracking and determinism cost."""

import tempfile
from pathlib import Path

from traceability.runtime.files import sha256_file
from traceability.study import job, subjects
from traceability.training.cost import measure
from traceability.training.tables import ARMS, COSTS


def main(
    levels: Path, subject: Path, data: Path, plan: Path, table: Path, *,
    preload: list[str], repetitions: int, epochs: int | None, seed: int,
) -> None:  # fmt: skip
    """Write one row per repetition of each level; the store of these runs is thrown away."""
    with tempfile.TemporaryDirectory(prefix="costs-") as folder:
        rows = measure(
            ARMS.rows(levels),
            subjects.read(subject),
            data=data.parent,
            preload=preload,
            folder=Path(folder),
            repetitions=repetitions,
            epochs=epochs,
            seed=seed,
            plan_sha256=sha256_file(plan),
        )
    COSTS.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
