"""Log one experiment in every storage set-up, open the stores and read it back."""

import tempfile
from pathlib import Path

from traceability import logs
from traceability.storage import mapping, stores, tables


def main(places: Path, contents: Path, table: Path, names: list[str], swift: str) -> None:
    """Write where each entity lies, and whether what is read back equals what was logged."""
    with tempfile.TemporaryDirectory() as folder:
        found, read = mapping.draw_map(stores.chosen(table, names), Path(folder), swift)
    tables.MAP.write(found, places)
    tables.CONTENTS.write(read, contents)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.output.places),
        Path(snakemake.output.contents),
        Path(snakemake.input.stores),
        list(snakemake.params.stores),
        snakemake.params.swift,
    )
