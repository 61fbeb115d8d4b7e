"""Kill components and fill disks of every storage set-up under load."""

import tempfile
from pathlib import Path

from traceability.storage import failures, stores, tables
from traceability.study import logs


def main(output: Path, table: Path, names: list[str], given: stores.Given) -> None:
    """Write what was left after each event."""
    with tempfile.TemporaryDirectory() as folder:
        rows = failures.measure(tables.chosen(table, names), Path(folder), given)
    tables.FAILURES.write(rows, output)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.output.table),
        Path(snakemake.input.stores),
        list(snakemake.params.stores),
        stores.Given(
            Path(snakemake.input.swift) if snakemake.input.get("swift") else None, snakemake.params.postgresql
        ),
    )
