"""Fetch and scan a random sample of the corpus again, and compare with the published observations."""

import logging
import tempfile
from pathlib import Path

from traceability.corpus import batches, fetching, observations, tables
from traceability.corpus.scanner import scanning
from traceability.errors import StudyError
from traceability.study import job

log = logging.getLogger("corpus")


def main(projects: Path, published: list[Path], number: int, seed: int, template: str, table: Path) -> None:
    """Write one row per project drawn; a difference fails.

    A project that is gone does not, nor one with files that the published scan could not have.
    """
    drawn = batches.draw(tables.PROJECTS.read(projects), number, seed)
    (folder,) = {path.parent for path in published}
    lacking = observations.incomplete(folder)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for place, row in enumerate(drawn.to_dict("records")):
            head = {"repository": str(row["repository"]), "commit": str(row["commit"])}
            found = fetching.fetch(head["repository"], head["commit"], template, Path(scratch) / str(place))
            if not found.path:
                rows.append(head | {"verdict": "gone", "detail": found.detail})
                continue
            one = scanning.Place(head["repository"], found.path, head["commit"])
            other = observations.differences(folder, scanning.scan_places([one]).frames())
            verdict = "same" if not other else "incomplete" if head["repository"] in lacking else "differs"
            rows.append(head | {"verdict": verdict, "detail": "; ".join(other)})
    tables.VERIFIED.write(rows, table)
    wrong = [row for row in rows if row["verdict"] == "differs"]
    log.info("%d of %d projects verified", sum(row["verdict"] == "same" for row in rows), len(rows))
    if wrong:
        raise StudyError(f"{wrong[0]['detail']}; {len(wrong)} of {len(rows)} differ, see {table}")


if __name__ == "__main__":
    job.run(main, snakemake)
