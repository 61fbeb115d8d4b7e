"""Shares over the corpus by frame, kind of project and function, with the owner as the sampling unit."""

from pathlib import Path

from traceability.statistics import corpus_shares
from traceability.statistics.tables import CORPUS_SHARES
from traceability.study import job
from traceability.study.registry import read_frame


def main(sample: Path, table: Path, resamples: int, seed: int, confidence: float) -> None:
    """Write every share with its count, Wilson interval, owner bootstrap and standardised value."""
    CORPUS_SHARES.write(corpus_shares.rows(read_frame(sample), resamples, seed, confidence), table)


if __name__ == "__main__":
    job.run(main, snakemake)
