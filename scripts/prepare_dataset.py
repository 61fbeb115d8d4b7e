"""Prepare one data set: its arrays, its fixed split and its description."""

from pathlib import Path

from traceability.datasets import catalogue, prepare
from traceability.datasets.download import Origin
from traceability.study import logs


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
    origin = Origin(
        tuple(Path(folder).expanduser() for folder in folders),
        mirror,
        Path(cache).expanduser() if cache else None,
        timeout_seconds,
        attempts,
    )
    prepare.prepare(entry, origin, data, splits, description)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    # Not by params: rules/datasets.smk says why.
    settings = snakemake.config["datasets"]
    main(
        Path(snakemake.input.table),
        snakemake.wildcards.dataset,
        Path(snakemake.output.data),
        Path(snakemake.output.splits),
        Path(snakemake.output.description),
        mirror=settings["mirror"],
        folders=settings["folders"],
        cache=settings["cache"],
        timeout_seconds=settings["timeout_seconds"],
        attempts=settings["attempts"],
    )
