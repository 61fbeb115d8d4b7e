"""Collect the descriptions of the prepared data sets into one table."""

from collections.abc import Sequence
from pathlib import Path

from traceability.datasets import prepare, tables
from traceability.study import logs


def main(descriptions: Sequence[Path], table: Path) -> None:
    """Write one row per description to `table`."""
    tables.DATASETS.write(prepare.summarise(descriptions), table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main([Path(path) for path in snakemake.input.descriptions], Path(snakemake.output.table))
