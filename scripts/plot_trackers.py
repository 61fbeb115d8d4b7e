"""Figure: what each tracker records of the same experiment."""

from pathlib import Path

from traceability.figures import capture, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(captured: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.TRACKERS.validate(capture.shown_trackers(read_frame(captured, {"version": "str"})), table)
    tables.TRACKERS.write(rows, table)
    theme.save(capture.draw_trackers(rows), figure, title="What each tracker records of the same experiment")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.captured), Path(snakemake.output.figure), Path(snakemake.output.table))
