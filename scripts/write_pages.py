"""Long tables as pages for the report."""

from pathlib import Path

from traceability.paper import pages
from traceability.study import job


def main(tables: list[Path], folder: Path) -> None:
    """Write a page for each of `tables` that is long, the list of these pages, and the program that they share."""
    pages.write(tables, folder)


if __name__ == "__main__":
    job.run(main, snakemake)
