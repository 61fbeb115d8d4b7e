"""Kill components and fill disks of every storage set-up under load."""

import tempfile
from pathlib import Path

from traceability.storage import failures, tables
from traceability.storage.stores import Given
from traceability.study import job


def main(table: Path, setups: Path, stores: list[str], postgresql: str, swift: Path | None = None) -> None:
    """Write what was left after each event."""
    with tempfile.TemporaryDirectory() as folder:
        rows = failures.measure(tables.chosen(setups, stores), Path(folder), Given(swift, postgresql))
    tables.FAILURES.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
