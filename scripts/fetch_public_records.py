"""Fetch what the audit of a batch of repositories needs, by git; a repository that is gone is a row."""

from pathlib import Path

from traceability.public_records import fetching, places
from traceability.public_records.tables import FETCHED
from traceability.study import job


def main(stores: Path, batch: int, size: int, template: str, largest_mib: int, folder: Path, table: Path) -> None:
    """Write one bare repository each below `folder`, and what became of it to `table`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for one in places.members(stores, batch, size):
        home = folder / one.name.replace("/", "+")
        found = fetching.fetch(one, template, home, limit=largest_mib * 2**20)
        path = home.name if found.path == str(home) else found.path
        rows.append({"repository": one.name, "path": path or None, "detail": found.detail or None})
    FETCHED.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
