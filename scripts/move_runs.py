"""Move an experiment between storage set-ups."""

import tempfile
from pathlib import Path

from traceability import logs
from traceability.storage import moving, stores, tables


def main(output: Path, table: Path, names: list[str]) -> None:
    """Write which values arrived."""
    with tempfile.TemporaryDirectory() as folder:
        rows = moving.measure(stores.chosen(table, names), Path(folder))
    tables.MOVES.write(rows, output)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.output.table),
        Path(snakemake.input.stores),
        list(snakemake.params.stores),
    )
