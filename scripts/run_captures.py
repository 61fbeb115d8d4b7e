"""Launch one job's share and read back what the trackers hold of it."""

from pathlib import Path

from traceability.capture.batch import run_batch
from traceability.capture.tables import PLAN
from traceability.capture.trackers import trackers_of
from traceability.study import job, subjects


def main(
    plan: Path, data: Path, subject: Path, environments: list[Path], rows: Path, cases: Path, batch: int,
    timeout_seconds: float,
) -> None:  # fmt: skip
    """Write one JSON line per launch to `rows`; clones, stores and notes stay in `cases`."""
    share = [row for row in PLAN.rows(plan) if row["batch"] == batch]
    run_batch(
        share, trackers_of(environments), subjects.read(subject), data=data, kept=cases, rows=rows,
        timeout_seconds=timeout_seconds,
    )  # fmt: skip


if __name__ == "__main__":
    job.run(main, snakemake)
