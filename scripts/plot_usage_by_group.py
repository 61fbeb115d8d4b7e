"""Figure: use of each logging function by kind of project and by sampling frame."""

from pathlib import Path

from traceability.figures import corpus, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(shares: Path, usage: Path, frames: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows; `usage` names the source of the corpus."""
    rows = tables.USAGE_BY_GROUP.validate(corpus.grouped(read_frame(shares), read_frame(frames)), table)
    tables.USAGE_BY_GROUP.write(rows, table)
    drawn = corpus.draw_groups(rows, read_frame(usage)["source"].iloc[0])
    theme.save(drawn, figure, title="Use of MLflow's logging functions by kind of project and by frame")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.shares),
        Path(snakemake.input.usage),
        Path(snakemake.input.frames),
        Path(snakemake.output.figure),
        Path(snakemake.output.table),
    )
