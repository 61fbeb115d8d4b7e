"""The runs of this machine beside the published ones, one by one."""

import logging
from pathlib import Path
from typing import Any

from traceability.reproduction import runs as compared
from traceability.reproduction.tables import RUNS_COMPARED
from traceability.study import job
from traceability.study import published as publication
from traceability.training.tables import RUNS


def main(
    runs: Path, published: Path, taken: Path, table: Path, training: dict[str, Any], confidence: float
) -> None:  # fmt: skip
    """Write one row per arm to `table`; `published` is the provenance beside the published runs in `taken`."""
    provenance = publication.read(published.parent)
    rows = compared.rows(RUNS.read(taken), RUNS.read(runs), (provenance["configuration"], training), confidence)
    RUNS_COMPARED.write(rows, table)
    for row in (row for row in rows if row["n"]):
        logging.info("%s %s: %d of %d have the published weights, %d the published metrics",
                     row["workload"], row["arm"], row["same_weights"], row["n"], row["same_metrics"])  # fmt: skip


if __name__ == "__main__":
    job.run(main, snakemake)
