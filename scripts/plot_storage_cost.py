"""Figure: what logging costs, per storage set-up."""

from pathlib import Path

from traceability.figures import storage, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(costs: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.STORAGE_COST.validate(storage.shown_cost(read_frame(costs)), table)
    tables.STORAGE_COST.write(rows, table)
    theme.save(storage.draw_cost(rows), figure, title="Cost of logging, relative to SQLite")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.costs), Path(snakemake.output.figure), Path(snakemake.output.table))
