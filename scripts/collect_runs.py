"""Read the runs back from MLflow and compare them with what the processes measured."""

from pathlib import Path

from traceability.runtime.arrays import write_npz
from traceability.stores import tracking
from traceability.study import job
from traceability.training import collect
from traceability.training.tables import RUNS


def main(
    lines: list[Path], arrays: list[Path], runs: Path, predictions: Path, results: Path, uri: str, timeout: int
) -> None:
    """Write the table of replicates and their predictions; a difference between record and measurement is an error."""
    table = collect.collect(lines, tracking.study_uri(uri, results, timeout))
    write_npz(predictions, collect.predictions(table, arrays))
    RUNS.write(table, runs)


if __name__ == "__main__":
    job.run(main, snakemake)
