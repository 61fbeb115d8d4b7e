"""Values expected before the data against what was seen; only an instrument that misses its value stops the study."""

import logging
from pathlib import Path

from traceability.errors import StudyError
from traceability.statistics import arms, samples
from traceability.statistics import plan as plans
from traceability.statistics.tables import EXPECTATIONS
from traceability.study import job


def main(runs: Path, plan: Path, table: Path) -> None:
    """Write one row per expectation. Raises `StudyError` when an instrument check disagrees."""
    rows = arms.expectation_rows(samples.read_runs(runs, plan), plans.read(plan))
    EXPECTATIONS.write(rows, table)
    for row in rows:
        if row["agrees"] == "no":
            logging.warning(
                "%(expectation)s: expected %(quantity)s of %(workload)s/%(arm)s %(expected)s, observed %(observed)s "
                "(n = %(n)s): %(meaning)s",
                row,
            )
    broken = [row for row in rows if row["agrees"] == "no" and row["instrument"]]
    if broken:
        first = broken[0]
        raise StudyError(
            f"{runs}: instrument check '{first['expectation']}' failed: {first['quantity']} of {first['workload']}/"
            f"{first['arm']} is {first['observed']}, expected {first['expected']} (n = {first['n']}): "
            f"{first['meaning']}"
        )


if __name__ == "__main__":
    job.run(main, snakemake)
