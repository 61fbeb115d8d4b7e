"""Figure: sources of variance."""

from pathlib import Path

from traceability.figures import components as drawing
from traceability.figures import tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(components: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.COMPONENTS.validate(drawing.shown(read_frame(components)), table)
    tables.COMPONENTS.write(rows, table)
    theme.save(drawing.draw(rows), figure, title="Sources of variance")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.components),
        Path(snakemake.output.figure),
        Path(snakemake.output.table),
    )
