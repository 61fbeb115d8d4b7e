"""Fetch the pinned commits of a batch of projects by git; a project that is gone is a row."""

from pathlib import Path

from traceability.corpus import batches, fetching, tables
from traceability.study import job


def main(projects: Path, batch: int, size: int, template: str, folder: Path, table: Path) -> None:
    """Write one bare repository per project below `folder`, and what became of each to `table`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for row in batches.members(tables.PROJECTS.read(projects), batch, size):
        place = folder / row["repository"].replace("/", "+")
        found = fetching.fetch(row["repository"], row["commit"], template, place)
        rows.append(vars(found) | {"path": place.name if found.path == str(place) else found.path})
    tables.FETCHED.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
