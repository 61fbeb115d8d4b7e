"""Make and replay one job's share of the planned runs."""

from pathlib import Path

from rich.progress import Progress

from traceability.replay.batch import run_batch
from traceability.replay.tables import PLAN
from traceability.statistics import plan as preregistered
from traceability.study import logs, subjects


def main(
    plan: Path, receipts: list[Path], data: dict[str, Path], preregistration: Path, rows: Path, store: Path,
    cache: Path, era: Path, batch: int, timeout_seconds: float,
) -> None:  # fmt: skip
    """Write one JSON line per replay to `rows`; the source runs stay in `store`, rebuilt environments in `cache`."""
    share = [row for row in PLAN.rows(plan) if row["batch"] == batch]
    staged = {subject.name: subject for subject in map(subjects.read, receipts)}
    margins = preregistered.read(preregistration).metric_margins()
    with Progress(transient=True) as bar:
        task = bar.add_task(f"replays, job {batch}", total=len(share))
        run_batch(
            share, staged, data=data, margins=margins, store=store, cache=cache, era=era, rows=rows,
            timeout_seconds=timeout_seconds, progress=lambda: bar.advance(task),
        )  # fmt: skip


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.plan),
        [Path(path) for path in snakemake.input.subjects],
        {name: Path(path).parent for name, path in zip(snakemake.params.workloads, snakemake.input.data, strict=True)},
        Path(snakemake.input.preregistration),
        Path(snakemake.output.rows),
        Path(snakemake.output.store),
        Path(snakemake.params.cache),
        Path(snakemake.input.era),
        int(snakemake.wildcards.batch),
        snakemake.params.timeout_seconds,
    )
