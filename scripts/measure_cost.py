"""Time logging in every storage set-up, interleaved."""

import tempfile
from pathlib import Path

from traceability import logs
from traceability.storage import cost, stores, tables


def main(
    output: Path,
    table: Path,
    names: list[str],
    swift: str,
    repetitions: int,
    single_calls: int,
    batch_points: int,
    upload_mib: int,
    resamples: int,
    seed: int,
) -> None:
    """Write medians and their ratios to SQLite's."""
    with tempfile.TemporaryDirectory() as folder:
        rows = cost.measure(
            stores.chosen(table, names),
            Path(folder),
            swift,
            repetitions,
            single_calls,
            batch_points,
            upload_mib,
            resamples,
            seed,
        )
    tables.COST.write(rows, output)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.output.table),
        Path(snakemake.input.stores),
        list(snakemake.params.stores),
        snakemake.params.swift,
        snakemake.params.repetitions,
        snakemake.params.single_calls,
        snakemake.params.batch_points,
        snakemake.params.upload_mib,
        snakemake.params.resamples,
        snakemake.params.seed,
    )
