"""The plan's one confirmatory claim on public records, tested once."""

import logging
from pathlib import Path

from traceability.errors import StudyError
from traceability.public_records import claim
from traceability.public_records.tables import CLAIM, REPOSITORIES
from traceability.statistics import plan as plans
from traceability.study import job

log = logging.getLogger("public_records")


def main(repositories: Path, plan: Path, table: Path, confidence: float) -> None:
    """Write the test, and the estimate without repositories that had been seen before the plan."""
    declared = plans.read(plan).public_records
    if declared is None:
        raise StudyError(f"{plan}: declares no claim on public records; add 'public_records' or leave this rule out")
    asked = claim.Claim(declared.against, declared.alpha, declared.n, declared.share)
    rows = claim.rows(REPOSITORIES.read(repositories), asked, confidence)
    CLAIM.write(rows, table)
    log.info("%(k)d of %(n)d owners lead (p = %(p).3g): %(verdict)s", rows[0])


if __name__ == "__main__":
    job.run(main, snakemake)
