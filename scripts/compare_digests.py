"""Change data sets and compare MLflow's digests."""

from pathlib import Path

from traceability.capture.digests import compare
from traceability.capture.tables import CHANGES
from traceability.capture.trackers import trackers_of
from traceability.study import job


def main(environments: list[Path], table: Path, beside: Path) -> None:
    """Write a row per version of MLflow, kind of data and change."""
    CHANGES.write(compare(list(trackers_of(environments).values()), beside), table)


if __name__ == "__main__":
    job.run(main, snakemake)
