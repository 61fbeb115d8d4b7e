"""Read the runs back from MLflow and compare them with what the processes measured."""

from pathlib import Path

from traceability.stores import tracking
from traceability.study import logs
from traceability.training.collect import collect
from traceability.training.tables import RUNS


def main(lines: list[Path], runs: Path, uri: str) -> None:
    """Write the table of replicates; a difference between record and measurement is an error."""
    RUNS.write(collect(lines, uri), runs)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        [Path(path) for path in snakemake.input.lines],
        Path(snakemake.output.runs),
        tracking.study_uri(snakemake.params.uri, Path(snakemake.output.runs).parents[1], snakemake.params.timeout),
    )
