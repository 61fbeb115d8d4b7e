"""Collect the descriptions of the prepared data sets into one table."""

from pathlib import Path

from traceability.datasets import prepare, tables
from traceability.study import job


def main(descriptions: list[Path], table: Path) -> None:
    """Write one row per description to `table`."""
    tables.DATASETS.write(prepare.summarise(descriptions), table)


if __name__ == "__main__":
    job.run(main, snakemake)
