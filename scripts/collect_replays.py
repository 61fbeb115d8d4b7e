"""Put all replays into one table; a planted defect that was not recognised is an error."""

from pathlib import Path

from traceability.replay.batch import collect
from traceability.replay.tables import REPLAYS
from traceability.study import job


def main(lines: list[Path], replays: Path) -> None:
    """Write the table of replays."""
    REPLAYS.write(collect(lines), replays)


if __name__ == "__main__":
    job.run(main, snakemake)
