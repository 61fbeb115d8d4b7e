"""Figure: spread of the primary metric per arm, and the number of distinct results."""

from pathlib import Path

from traceability.figures import arms, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(arms_path: Path, values: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.ARMS.validate(arms.shown(read_frame(arms_path), read_frame(values))[tables.ARMS.column_names], table)
    tables.ARMS.write(rows, table)
    theme.save(arms.draw(rows), figure, title="Spread of repeated runs per arm")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.arms),
        Path(snakemake.input.values),
        Path(snakemake.output.figure),
        Path(snakemake.output.table),
    )
