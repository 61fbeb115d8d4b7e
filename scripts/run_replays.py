"""Make and replay one job's share of the planned runs."""

from pathlib import Path

from rich.progress import Progress

from traceability.replay.batch import run_batch
from traceability.replay.tables import PLAN
from traceability.runtime.files import read_json
from traceability.study import job
from traceability.study.subjects import read


def main(
    plan: Path, subjects: list[Path], workloads: list[str], data: list[Path], margins: Path, era: Path,
    rows: Path, store: Path, cache: Path, batch: int, timeout_seconds: float,
) -> None:  # fmt: skip
    """Write one JSON line per replay to `rows`; the source runs stay in `store`, rebuilt environments in `cache`."""
    share = [row for row in PLAN.rows(plan) if row["batch"] == batch]
    staged = {subject.name: subject for subject in map(read, subjects)}
    folders = {name: path.parent for name, path in zip(workloads, data, strict=True)}
    with Progress(transient=True) as bar:
        task = bar.add_task(f"replays, job {batch}", total=len(share))
        run_batch(
            share, staged, data=folders, margins=read_json(margins), store=store, cache=cache, era=era, rows=rows,
            timeout_seconds=timeout_seconds, progress=lambda: bar.advance(task),
        )  # fmt: skip


if __name__ == "__main__":
    job.run(main, snakemake)
