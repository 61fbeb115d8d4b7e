"""Run one batch of replicates of a workload."""

from pathlib import Path
from typing import Any

from rich.progress import Progress

from traceability.runtime.files import sha256_file
from traceability.stores import tracking
from traceability.study import logs, subjects
from traceability.training.batch import run_batch
from traceability.training.plan import Sizes, batch_of
from traceability.training.tables import ARMS


def main(
    arms: Path,
    receipt: Path,
    data: Path,
    plan: Path,
    rows: Path,
    arrays: Path,
    workload: str,
    batch: int,
    uri: str,
    settings: dict[str, Any],
    preload: list[str],
) -> None:
    """Write one JSON line per replicate to `rows` and its arrays to `arrays`."""
    chosen = [arm for arm in ARMS.rows(arms) if arm["workload"] == workload]
    replicates = batch_of(chosen, batch, Sizes(**settings))
    with Progress(transient=True) as bar:
        task = bar.add_task(f"{workload} batch {batch}", total=len(replicates))
        run_batch(
            replicates,
            subjects.read(receipt),
            data=data,
            preload=preload,
            uri=uri,
            plan_sha256=sha256_file(plan),
            arrays=arrays,
            rows=rows,
            lock=rows.with_suffix(".lock"),
            progress=lambda done, _all: bar.update(task, completed=done),
        )


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.arms),
        Path(snakemake.input.subject),
        Path(snakemake.input.data).parent,
        Path(snakemake.input.plan),
        Path(snakemake.output.rows),
        Path(snakemake.output.arrays),
        snakemake.wildcards.workload,
        int(snakemake.wildcards.batch),
        tracking.study_uri(snakemake.params.uri, Path(snakemake.output.rows).parents[2], snakemake.params.timeout),
        dict(snakemake.params.settings),
        list(snakemake.params.preload),
    )
