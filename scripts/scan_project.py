"""Scan the fetched projects of a batch."""

from pathlib import Path

from traceability.corpus import batches, observations, tables
from traceability.corpus.scanner import scanning
from traceability.study import logs


def main(fetched: Path, folder: Path, outputs: dict[str, Path]) -> None:
    """Write usage, calls, problems and text search of the batch; `outputs` by file name."""
    gone = tables.FETCHED.read(fetched)
    frames = scanning.scan_batch(
        batches.places(gone, folder), dict(zip(gone["repository"], gone["detail"], strict=True))
    )
    for name, table in observations.SCAN_TABLES.items():
        table.write(frames[table.name], outputs[name])


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.table),
        Path(snakemake.input.folder),
        {Path(path).name: Path(path) for path in snakemake.output},
    )
