"""Figure: kinds of project, depth of tracing, other trackers and signals of re-execution over the corpus."""

from pathlib import Path

from traceability.figures import corpus, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(shares: Path, usage: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows; `usage` names the source of the corpus."""
    rows = tables.CORPUS.validate(corpus.shown(read_frame(shares)), table)
    tables.CORPUS.write(rows, table)
    theme.save(
        corpus.draw(rows, read_frame(usage)["source"].iloc[0]),
        figure,
        title="What else the corpus shows of MLflow's use",
    )


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.shares),
        Path(snakemake.input.usage),
        Path(snakemake.output.figure),
        Path(snakemake.output.table),
    )
