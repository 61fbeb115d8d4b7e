"""Read the runs back from MLflow and compare them with what the processes measured."""

from pathlib import Path

from traceability.stores import tracking
from traceability.study import job
from traceability.training.collect import collect
from traceability.training.tables import RUNS


def main(lines: list[Path], runs: Path, results: Path, uri: str, timeout: int) -> None:
    """Write the table of replicates; a difference between record and measurement is an error."""
    RUNS.write(collect(lines, tracking.study_uri(uri, results, timeout)), runs)


if __name__ == "__main__":
    job.run(main, snakemake)
