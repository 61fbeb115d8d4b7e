"""Change data sets and compare MLflow's digests."""

from pathlib import Path

from traceability.capture.digests import compare
from traceability.capture.tables import CHANGES
from traceability.capture.trackers import trackers_of
from traceability.study import logs


def main(environments: list[Path], table: Path) -> None:
    """Write a row per version of MLflow, kind of data and change."""
    CHANGES.write(compare(list(trackers_of(environments).values()), table.parent), table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main([Path(path) for path in snakemake.input.environments], Path(snakemake.output.table))
