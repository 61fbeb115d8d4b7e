"""Take the published observations as the scan of the corpus, after checking every digest."""

import logging
import shutil
from pathlib import Path

from traceability.corpus import observations
from traceability.errors import StudyError
from traceability.runtime.files import replacing, sha256_file
from traceability.study import logs

log = logging.getLogger("corpus")


def main(published: Path, projects: Path, outputs: dict[str, Path]) -> None:
    """Copy the published tables to `outputs` (by file name). A changed file, scanner or table is refused."""
    provenance = observations.read(published)
    if provenance["scanner_digest"] != observations.scanner_digest():
        raise StudyError(
            f"{published}: made by another scanner ({provenance['scanner_digest']}, this one is "
            f"{observations.scanner_digest()}); scan afresh with --config corpus='{{source: git}}'"
        )
    if provenance["projects_sha256"] != sha256_file(projects):
        raise StudyError(f"{published}: scanned from another table than {projects}; scan afresh with corpus.source=git")
    for name, output in outputs.items():
        with replacing(output) as temporary:
            shutil.copyfile(published / name, temporary)
    log.info("%d projects scanned on %s", provenance["projects"], provenance["scanned"])


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.provenance).parent,
        Path(snakemake.input.projects),
        {Path(path).name: Path(path) for path in snakemake.output},
    )
