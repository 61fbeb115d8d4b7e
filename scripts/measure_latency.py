"""Time small requests to tracking servers with one and with two workers."""

import tempfile
from pathlib import Path

from traceability import logs
from traceability.storage import cost, tables


def main(output: Path, requests: int, resamples: int, seed: int) -> None:
    """Write milliseconds per request."""
    with tempfile.TemporaryDirectory() as folder:
        tables.LATENCY.write(cost.latency(Path(folder), requests, resamples, seed), output)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.output.table),
        snakemake.params.requests,
        snakemake.params.resamples,
        snakemake.params.seed,
    )
