"""Put all replays into one table; a planted defect that was not recognised is an error."""

from pathlib import Path

from traceability.replay.batch import collect
from traceability.replay.tables import REPLAYS
from traceability.study import logs


def main(lines: list[Path], table: Path) -> None:
    """Write the table of replays."""
    REPLAYS.write(collect(lines), table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main([Path(path) for path in snakemake.input.lines], Path(snakemake.output.replays))
