"""Try every action with every permission on a server with accounts."""

import tempfile
from pathlib import Path

from traceability.storage import access, stores, tables
from traceability.study import logs


def main(output: Path, table: Path, names: list[str], given: stores.Given) -> None:
    """Write the attempts and the answers."""
    with tempfile.TemporaryDirectory() as folder:
        rows = access.attempts(tables.chosen(table, names), Path(folder), given)
    tables.ACCESS.write(rows, output)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.output.table),
        Path(snakemake.input.stores),
        list(snakemake.params.stores),
        stores.Given(postgresql=snakemake.params.postgresql),
    )
