"""Figure: share of projects that use a logging function, with intervals."""

from pathlib import Path

from traceability.figures import tables, theme, usage
from traceability.study import logs
from traceability.study.registry import read_frame


def main(shares: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.USAGE.validate(usage.shown(read_frame(shares)), table)
    tables.USAGE.write(rows, table)
    theme.save(usage.draw(rows), figure, title="Share of projects that use MLflow's logging functions")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.shares), Path(snakemake.output.figure), Path(snakemake.output.table))
