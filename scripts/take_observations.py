"""Take the published observations as the scan of the corpus, after checking every digest."""

import logging
import shutil
from pathlib import Path

from traceability.corpus import observations
from traceability.errors import StudyError
from traceability.runtime.files import replacing, sha256_file
from traceability.study import job

log = logging.getLogger("corpus")


def main(published: list[Path], projects: Path, scans: list[Path]) -> None:
    """Copy each published file to the one of `scans` that has its name.

    A changed file, another scanner and another table of projects are refused.
    """
    (folder,) = {path.parent for path in published}
    provenance = observations.read(folder)
    if provenance["scanner_digest"] != observations.scanner_digest():
        raise StudyError(
            f"{folder}: made by another scanner ({provenance['scanner_digest']}, this one is "
            f"{observations.scanner_digest()}); scan afresh with --config corpus='{{source: git}}'"
        )
    if provenance["projects_sha256"] != sha256_file(projects):
        raise StudyError(f"{folder}: scanned from another table than {projects}; scan afresh with corpus.source=git")
    for path in scans:
        with replacing(path) as temporary:
            shutil.copyfile(folder / path.name, temporary)
    log.info("%d projects scanned on %s", provenance["projects"], provenance["scanned"])


if __name__ == "__main__":
    job.run(main, snakemake)
