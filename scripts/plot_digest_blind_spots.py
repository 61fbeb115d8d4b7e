"""Figure: which changes of data a digest sees."""

from pathlib import Path

from traceability.figures import capture, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(digests: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = tables.DIGEST_BLIND_SPOTS.validate(
        capture.shown_digest_blind_spots(read_frame(digests, {"version": "str"})), table
    )
    tables.DIGEST_BLIND_SPOTS.write(rows, table)
    theme.save(capture.draw_digest_blind_spots(rows), figure, title="Which changes of data a digest sees")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.digests), Path(snakemake.output.figure), Path(snakemake.output.table))
