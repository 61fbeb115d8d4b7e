"""Audit the stores of a fetched batch of repositories."""

import tempfile
from pathlib import Path

from traceability.public_records import judging, places
from traceability.public_records.tables import AUDITED, FETCHED, LISTS, RUNS
from traceability.study import job


def main(
    stores: Path, fetched: Path, repositories: Path, batch: int, size: int, largest_mib: int, audited: list[Path]
) -> None:
    """Write the rows of runs, stores and requirement lists to the three files `audited`, in this order."""
    paths = {row["repository"]: row for row in FETCHED.rows(fetched)}
    found = judging.Found()
    with tempfile.TemporaryDirectory(prefix="public-records-") as scratch:
        for number, one in enumerate(places.members(stores, batch, size)):
            row = paths[one.name]
            path = str(repositories / row["path"]) if row["path"] else ""
            place = judging.Place(one.name, one.commit, path, row["detail"] or "", one.stores)
            found.add(judging.judge(place, Path(scratch) / str(number), largest_mib * 2**20))
    runs, rows, lists = audited
    RUNS.write(found.runs, runs)
    AUDITED.write(found.stores, rows)
    LISTS.write(list(found.lists.values()), lists)


if __name__ == "__main__":
    job.run(main, snakemake)
