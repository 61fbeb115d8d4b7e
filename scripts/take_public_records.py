"""Take the published observations of public records, after checking every digest."""

import logging
import shutil
from pathlib import Path

from traceability.errors import StudyError
from traceability.public_records import observations
from traceability.runtime.files import replacing, sha256_file, write_json
from traceability.study import job, published

log = logging.getLogger("public_records")


def main(observed: list[Path], stores: Path, audited: list[Path]) -> None:
    """Copy each published file to the one of `audited` that has its name without the prefix.

    A changed file, another reader and another table of stores are refused; another audit or replay is told.
    """
    (folder,) = {path.parent for path in observed}
    about = observations.read(folder)
    again = "audit afresh with --config public_records='{source: git}'"
    if about["reader_digest"] != observations.reader_digest():
        raise StudyError(
            f"{folder}: made by another reader ({about['reader_digest']}, this one is "
            f"{observations.reader_digest()}); {again}"
        )
    if about["stores_sha256"] != sha256_file(stores):
        raise StudyError(f"{folder}: made from another table than {stores}; {again}")
    if about["instruments_digest"] != observations.instruments_digest():
        log.warning("audit, replay or stores have changed since the public records were audited; %s to see", again)
    for path in audited:
        if path.name == published.PROVENANCE:
            write_json(path, about)
            continue
        with replacing(path) as temporary:
            shutil.copyfile(folder / f"{observations.PREFIX}{path.name}", temporary)
    log.info("%d runs of %d repositories, audited on %s", about["runs"], about["with_runs"], about["audited"])


if __name__ == "__main__":
    job.run(main, snakemake)
