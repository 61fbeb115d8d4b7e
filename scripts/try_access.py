"""Try every action with every permission on a server with accounts."""

import tempfile
from pathlib import Path

from traceability.storage import access, tables
from traceability.storage.stores import Given
from traceability.study import job


def main(table: Path, setups: Path, stores: list[str], postgresql: str) -> None:
    """Write the attempts and the answers."""
    with tempfile.TemporaryDirectory() as folder:
        rows = access.attempts(tables.chosen(setups, stores), Path(folder), Given(postgresql=postgresql))
    tables.ACCESS.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
