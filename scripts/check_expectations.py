"""Values expected before the data against what was seen; only an instrument that misses its value stops the study."""

import logging
from pathlib import Path

from traceability.errors import StudyError
from traceability.statistics import arms, plan, samples
from traceability.statistics.tables import EXPECTATIONS
from traceability.study import logs


def main(runs: Path, plan_path: Path, table: Path) -> None:
    """Write one row per expectation. Raises `StudyError` when an instrument check disagrees."""
    rows = arms.expectation_rows(samples.read_runs(runs, plan_path), plan.read(plan_path))
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
    logs.setup(snakemake.log[0])
    main(Path(snakemake.input.runs), Path(snakemake.input.plan), Path(snakemake.output.table))
