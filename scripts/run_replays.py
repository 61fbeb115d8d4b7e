"""Make and replay one job's share of the planned runs."""

import logging
from pathlib import Path

from traceability.replay.batch import run_batch
from traceability.replay.tables import PLAN
from traceability.runtime.files import read_json
from traceability.study import job, missing
from traceability.study.subjects import read


def main(
    plan: Path, subjects: list[Path], workloads: list[str], data: list[Path],
    preload: dict[str, list[str]], margins: Path, era: Path, rows: Path, store: Path, cache: Path, batch: int,
    timeout_seconds: float,
) -> None:  # fmt: skip
    """Write one JSON line per replay to `rows`; the source runs stay in `store`, rebuilt environments in `cache`.

    Runs on data that could not be had are left out, with a warning.
    """
    folders = {name: path.parent for name, path in zip(workloads, data, strict=True)}
    lost = {workload: why for workload, folder in folders.items() if (why := missing.reason(folder))}
    for workload, why in lost.items():
        logging.warning("%s: not replayed. %s", workload, why)
    share = [row for row in PLAN.rows(plan) if row["batch"] == batch and row["workload"] not in lost]
    staged = {subject.name: subject for subject in map(read, subjects)}
    run_batch(
        share, staged, data=folders, preload=preload, margins=read_json(margins), store=store, cache=cache, era=era,
        rows=rows, timeout_seconds=timeout_seconds,
    )  # fmt: skip


if __name__ == "__main__":
    job.run(main, snakemake)
