"""Figure: cost of tracking and determinism."""

from pathlib import Path

from traceability.figures import costs as drawing
from traceability.figures import tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(costs: Path, summary: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.COSTS.validate(drawing.shown(read_frame(costs), read_frame(summary)), table)
    tables.COSTS.write(rows, table)
    theme.save(drawing.draw(rows), figure, title="Cost of tracking and determinism")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.costs),
        Path(snakemake.input.summary),
        Path(snakemake.output.figure),
        Path(snakemake.output.table),
    )
