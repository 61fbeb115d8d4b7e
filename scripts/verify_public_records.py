"""Fetch and audit a random sample of repositories again, and compare with the published observations."""

import logging
import tempfile
from pathlib import Path

from traceability.errors import StudyError
from traceability.public_records import fetching, judging, observations, places
from traceability.public_records.tables import STORES, VERIFIED
from traceability.study import job

log = logging.getLogger("public_records")


def main(
    stores: Path, observed: list[Path], number: int, seed: int, template: str, largest_mib: int, table: Path
) -> None:
    """Write one row per repository drawn; a difference fails, a repository that is gone does not."""
    (folder,) = {path.parent for path in observed}
    limit = largest_mib * 2**20
    rows = []
    for one in places.draw(places.repositories(STORES.rows(stores)), number, seed):
        with tempfile.TemporaryDirectory(prefix="public-records-") as scratch:
            place = fetching.fetch(one, template, Path(scratch) / "repository", limit=limit)
            found = judging.judge(place, Path(scratch) / "audit", limit)
            other = observations.differences(folder, found.runs, found.stores) if place.path else []
        verdict = "gone" if not place.path else "differs" if other else "same"
        rows.append({"repository": one.name, "verdict": verdict, "runs": len(found.runs),
                     "detail": "; ".join(other) or place.detail or None})  # fmt: skip
    VERIFIED.write(rows, table)
    wrong = [row for row in rows if row["verdict"] == "differs"]
    log.info("%d of %d repositories verified", sum(row["verdict"] == "same" for row in rows), len(rows))
    if wrong:
        raise StudyError(f"{wrong[0]['detail']}; {len(wrong)} of {len(rows)} differ, see {table}")


if __name__ == "__main__":
    job.run(main, snakemake)
