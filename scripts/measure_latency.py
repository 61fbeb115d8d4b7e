"""Time small requests to tracking servers, with each cause of slow answers switched on and off."""

import tempfile
from pathlib import Path

from traceability.storage import latency, tables
from traceability.study import job


def main(table: Path, uvloop: Path, requests: int, resamples: int, seed: int) -> None:
    """Write milliseconds per request."""
    with tempfile.TemporaryDirectory() as folder:
        tables.LATENCY.write(latency.measure(Path(folder), uvloop, requests, resamples, seed), table)


if __name__ == "__main__":
    job.run(main, snakemake)
