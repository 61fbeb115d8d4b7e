"""Scan the fetched projects of a batch."""

from pathlib import Path

from traceability.corpus import batches, observations, tables
from traceability.corpus.scanner import scanning
from traceability.study import job


def main(fetched: Path, repositories: Path, scans: list[Path]) -> None:
    """Write usage, calls, problems and text search of the batch; `scans` are told apart by their file names."""
    gone = tables.FETCHED.read(fetched)
    frames = scanning.scan_batch(
        batches.places(gone, repositories), dict(zip(gone["repository"], gone["detail"], strict=True))
    )
    for path in scans:
        table = observations.SCAN_TABLES[path.name]
        table.write(frames[table.name], path)


if __name__ == "__main__":
    job.run(main, snakemake)
