"""Prepare one data set: its arrays, its fixed split and its description."""

from pathlib import Path

from traceability.datasets import catalogue, prepare
from traceability.datasets.download import Origin
from traceability.study import job


def main(
    table: Path,
    dataset: str,
    data: Path,
    splits: Path,
    description: Path,
    *,
    mirror: str,
    folders: list[str],
    cache: str,
    timeout_seconds: float,
    attempts: int,
) -> None:
    """Write `data`, `splits` and `description` of the row `dataset` of `table`; fetch it first where it is remote."""
    entry = catalogue.find(table, dataset)
    origin = Origin.of(
        {"mirror": mirror, "folders": folders, "cache": cache, "timeout_seconds": timeout_seconds, "attempts": attempts}
    )
    prepare.prepare(entry, origin, data, splits, description)


if __name__ == "__main__":
    job.run(main, snakemake)
