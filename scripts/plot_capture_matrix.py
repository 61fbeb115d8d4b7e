"""Figure: what each way of using MLflow records."""

from pathlib import Path

from traceability.figures import capture, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(counts: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.CAPTURE_MATRIX.validate(capture.shown_capture_matrix(read_frame(counts, {"version": "str"})), table)
    tables.CAPTURE_MATRIX.write(rows, table)
    theme.save(capture.draw_capture_matrix(rows), figure, title="What each way of using MLflow records")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.counts), Path(snakemake.output.figure), Path(snakemake.output.table))
