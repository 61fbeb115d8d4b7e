"""Run one batch of replicates of a workload."""

from pathlib import Path
from typing import Any

from traceability.runtime.files import sha256_file
from traceability.stores import tracking
from traceability.study import job, missing, subjects
from traceability.training.batch import not_measured, run_batch
from traceability.training.era import read as read_era
from traceability.training.plan import Sizes, batch_of
from traceability.training.tables import ARMS


def main(
    arms: Path,
    subject: Path,
    data: Path,
    plan: Path,
    rows: Path,
    arrays: Path,
    workload: str,
    batch: int,
    results: Path,
    uri: str,
    timeout: int,
    names: list[str],
    settings: dict[str, Any],
    preload: list[str],
    era: Path | None = None,
) -> None:
    """Write one JSON line per replicate to `rows` and its arrays to `arrays`; `names` are the arms that are run."""
    chosen = [arm for arm in ARMS.rows(arms) if arm["workload"] == workload and arm["arm"] in names]
    digest = sha256_file(plan)
    replicates = batch_of(chosen, batch, Sizes(**settings, plan_sha256=digest))
    why = missing.reason(data.parent)
    if why:
        not_measured(replicates, why, digest, arrays, rows)
        return
    run_batch(
        replicates,
        subjects.read(subject),
        data=data.parent,
        preload=preload,
        uri=tracking.study_uri(uri, results, timeout),
        plan_sha256=digest,
        arrays=arrays,
        rows=rows,
        lock=rows.with_suffix(".lock"),
        era=read_era(era) if era else None,
    )


if __name__ == "__main__":
    job.run(main, snakemake)
