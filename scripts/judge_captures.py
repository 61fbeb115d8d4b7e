"""Judge every field of every launch."""

import logging
from pathlib import Path

from traceability.capture import verdicts
from traceability.capture.crosscheck import disagreements
from traceability.capture.tables import CAPTURE, CROSSCHECK, EXPECTED, LAUNCH_MODES, PLANTED, TRACKERS
from traceability.study import job

log = logging.getLogger(__name__)


def main(
    lines: list[Path], modes: Path, trackers: Path, captured: Path, planted: Path, crosscheck: Path, expected: Path
) -> None:
    """Write the verdicts on sound records and on damaged ones, MLflow's store against its interface, and surprises.

    A damage that was not recognised, or sound fields that were blamed for it, are a `StudyError`; what came out
    otherwise than expected is a result, and said in the log.
    """
    sound, damaged, both = verdicts.collect(lines)
    PLANTED.write(damaged, planted)
    verdicts.refuse_errors(damaged)
    CROSSCHECK.write(both, crosscheck)
    for line in disagreements(both):
        log.warning("%s", line)
    beside = verdicts.against_expectation(sound, LAUNCH_MODES.rows(modes), TRACKERS.rows(trackers))
    EXPECTED.write(beside, expected)
    for row in beside:
        if not row["agrees"]:
            log.warning(
                "%(system)s %(version)s, %(launch_mode)s, %(tracking)s: %(field)s was expected to be %(expected)s "
                "and is %(observed)s",
                row,
            )
    CAPTURE.write(sound, captured)


if __name__ == "__main__":
    job.run(main, snakemake)
