"""Let several processes write to every storage set-up at the same time."""

import tempfile
from pathlib import Path

from traceability import logs
from traceability.storage import collaboration, stores, tables


def main(
    output: Path,
    table: Path,
    names: list[str],
    swift: str,
    writers: list[int],
    runs_per_writer: int,
    metrics_per_run: int,
) -> None:
    """Write what was acknowledged, found, lost, doubled and torn."""
    with tempfile.TemporaryDirectory() as folder:
        rows = collaboration.measure(
            stores.chosen(table, names), Path(folder), swift, writers, runs_per_writer, metrics_per_run
        )
    tables.COLLABORATION.write(rows, output)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.output.table),
        Path(snakemake.input.stores),
        list(snakemake.params.stores),
        snakemake.params.swift,
        list(snakemake.params.writers),
        snakemake.params.runs_per_writer,
        snakemake.params.metrics_per_run,
    )
