"""Take the raw tables of the published run, chapter by chapter."""

import logging
from pathlib import Path

from traceability.study import job
from traceability.study.published import take

log = logging.getLogger("published")


def main(published: list[Path], tables: list[Path]) -> None:
    """Copy each published file to the one of `tables` with its name and chapter; a changed file is refused."""
    for folder in sorted({path.parent for path in published}):
        provenance = take(folder, [path for path in tables if path.parent.name == folder.name])
        log.info("%s: %s run of %s, commit %s", folder.name, provenance["status"], provenance["measured"][-1],
                 provenance["commit"][:12])  # fmt: skip


if __name__ == "__main__":
    job.run(main, snakemake)
