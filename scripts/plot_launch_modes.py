"""Figure: what is recorded of the code, by launch mode."""

from pathlib import Path

from traceability.figures import capture, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(captured: Path, modes: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    found = capture.shown_launch_modes(read_frame(captured, {"version": "str"}), read_frame(modes))
    rows = tables.LAUNCH_MODES.validate(found, table)
    tables.LAUNCH_MODES.write(rows, table)
    theme.save(capture.draw_launch_modes(rows), figure, title="What is recorded of the code, by launch mode")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.captured),
        Path(snakemake.input.modes),
        Path(snakemake.output.figure),
        Path(snakemake.output.table),
    )
