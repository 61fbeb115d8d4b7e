"""Run one batch of replicates of a workload."""

from pathlib import Path
from typing import Any

from rich.progress import Progress

from traceability.runtime.files import sha256_file
from traceability.stores import tracking
from traceability.study import logs, subjects
from traceability.training.batch import run_batch
from traceability.training.era import read as read_era
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
    names: list[str],
    settings: dict[str, Any],
    preload: list[str],
    era: Path | None,
) -> None:
    """Write one JSON line per replicate to `rows` and its arrays to `arrays`; `names` are the arms that are run."""
    chosen = [arm for arm in ARMS.rows(arms) if arm["workload"] == workload and arm["arm"] in names]
    digest = sha256_file(plan)
    replicates = batch_of(chosen, batch, Sizes(**settings, plan_sha256=digest))
    with Progress(transient=True) as bar:
        task = bar.add_task(f"{workload} batch {batch}", total=len(replicates))
        run_batch(
            replicates,
            subjects.read(receipt),
            data=data,
            preload=preload,
            uri=uri,
            plan_sha256=digest,
            arrays=arrays,
            rows=rows,
            lock=rows.with_suffix(".lock"),
            era=read_era(era) if era else None,
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
        list(snakemake.params.arms),
        dict(snakemake.params.settings),
        list(snakemake.params.preload),
        Path(snakemake.input.era) if snakemake.input.get("era") else None,
    )
