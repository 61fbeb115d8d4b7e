"""Figure: what several writers get through, per storage set-up."""

from pathlib import Path

from traceability.figures import storage, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(load: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.STORAGE_LOAD.validate(storage.shown_load(read_frame(load)), table)
    tables.STORAGE_LOAD.write(rows, table)
    theme.save(storage.draw_load(rows), figure, title="Acknowledged points per second over the number of writers")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.load), Path(snakemake.output.figure), Path(snakemake.output.table))
