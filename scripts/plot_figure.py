"""Any figure: the picture, and the values it shows beside it."""

from pathlib import Path

from traceability.figures import catalogue
from traceability.study import job


def main(name: str, sources: list[Path], figure: Path, table: Path) -> None:
    """Draw the figure `name` of traceability/figures/catalogue.py from the tables `sources`, in that order."""
    catalogue.plot(name, sources, figure, table)


if __name__ == "__main__":
    job.run(main, snakemake)
