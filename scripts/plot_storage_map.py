"""Figure: where each entity lies, per storage set-up."""

from pathlib import Path

from traceability.figures import storage, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(places: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.STORAGE_MAP.validate(storage.shown_map(read_frame(places)), table)
    tables.STORAGE_MAP.write(rows, table)
    theme.save(storage.draw_map(rows), figure, title="Where each entity lies in each storage set-up")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.places), Path(snakemake.output.figure), Path(snakemake.output.table))
