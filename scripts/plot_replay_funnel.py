"""Figure: how far replays come from the record alone, and what they give."""

from pathlib import Path

from traceability.figures import replay, tables, theme
from traceability.study import logs
from traceability.study.registry import read_frame


def main(funnel: Path, figure: Path, table: Path) -> None:
    """Write the figure and the values it shows."""
    rows = replay.shown(read_frame(funnel))
    tables.REPLAY_FUNNEL.write(rows, table)
    theme.save(replay.draw(rows), figure, title="Stages that replays reach from the record alone")


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.funnel), Path(snakemake.output.figure), Path(snakemake.output.table))
