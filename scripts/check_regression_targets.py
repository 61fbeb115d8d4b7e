"""Published numbers against what was measured; a disagreement stops the study."""

import logging
from pathlib import Path

from traceability import logs
from traceability.errors import StudyError
from traceability.statistics import arms, plan, samples
from traceability.statistics.tables import TARGETS


def main(runs: Path, plan_path: Path, table: Path, *, resamples: int, seed: int, confidence: float) -> None:
    """Write the comparison. Raises `StudyError` when a published value was not met, or was not measured at all."""
    rows = arms.target_rows(
        samples.read_runs(runs, plan_path), plan.read(plan_path), resamples, seed, confidence
    )  # fmt: skip
    TARGETS.write(rows, table)
    for row in rows:
        logging.info("%(workload)s/%(arm)s %(metric)s: %(published)r published, %(observed)r seen: %(agrees)s", row)
    wrong = [row for row in rows if row["quantity"] == "value" and row["agrees"] != "yes"]
    if wrong:
        seen = "not measured" if wrong[0]["observed"] is None else repr(wrong[0]["observed"])
        raise StudyError(
            f"{runs}: {wrong[0]['metric']} of {wrong[0]['workload']}/{wrong[0]['arm']} is {seen}, published is "
            f"{wrong[0]['published']!r} (relative tolerance {wrong[0]['tolerance']:g}); check the subject, its split "
            "and the versions in the column `versions`"
        )


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.runs),
        Path(snakemake.input.plan),
        Path(snakemake.output.table),
        resamples=snakemake.params.resamples,
        seed=snakemake.params.seed,
        confidence=snakemake.params.confidence,
    )
