"""What the code of projects calls beside what their records hold."""

from pathlib import Path

from traceability.corpus.tables import USAGE
from traceability.public_records import describing
from traceability.public_records.tables import CODE_AND_RECORDS, RESOLUTIONS, RUNS
from traceability.study import job


def main(runs: Path, resolutions: Path, usage: Path, table: Path) -> None:
    """Write one row per logging function, over the projects of both chapters."""
    held = describing.prepared(RUNS.read(runs), RESOLUTIONS.read(resolutions))
    CODE_AND_RECORDS.write(list(describing.code_and_records(held, USAGE.read(usage))), table)


if __name__ == "__main__":
    job.run(main, snakemake)
