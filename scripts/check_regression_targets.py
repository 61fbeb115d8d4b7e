"""Published numbers against what was measured; a disagreement stops the study."""

import logging
from pathlib import Path

from traceability.errors import StudyError
from traceability.statistics import arms, samples
from traceability.statistics import plan as plans
from traceability.statistics.tables import TARGETS
from traceability.study import job
from traceability.study.registry import read_frame


def main(runs: Path, replays: Path, plan: Path, table: Path, *, resamples: int, seed: int, confidence: float) -> None:
    """Write the comparison.

    Raises `StudyError` when a published value was not met, or not measured at all with today's libraries; those of 2024
    cannot be installed everywhere.
    """
    rows = arms.target_rows(
        samples.read_runs(runs, plan), read_frame(replays), plans.read(plan), resamples, seed, confidence
    )  # fmt: skip
    TARGETS.write(rows, table)
    for row in rows:
        logging.info(
            "%(workload)s/%(arm)s %(metric)s, %(environment)s: %(published)r published, %(observed)r seen: %(agrees)s",
            row,
        )
    met = {"today": ("yes",), "era": ("yes", "not_measured")}
    wrong = [row for row in rows if row["quantity"] == "value" and row["agrees"] not in met[row["environment"]]]
    if wrong:
        first = wrong[0]
        seen = "not measured" if first["observed"] is None else repr(first["observed"])
        raise StudyError(
            f"{runs if first['environment'] == 'today' else replays}: {first['metric']} of "
            f"{first['workload']}/{first['arm']} ({first['environment']}) is {seen}, published is "
            f"{first['published']!r} (relative tolerance {first['tolerance']:g}); check the subject, its split "
            "and the versions in the column `versions`"
        )


if __name__ == "__main__":
    job.run(main, snakemake)
