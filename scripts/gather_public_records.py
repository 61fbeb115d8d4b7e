"""The audit of all public records, gathered from its batches."""

import logging
from pathlib import Path

import pandas as pd

from traceability.public_records import observations
from traceability.public_records.tables import AUDITED, LISTS, RUNS
from traceability.study import job

log = logging.getLogger("public_records")


def main(runs_parts: list[Path], stores_parts: list[Path], lists_parts: list[Path], audited: list[Path]) -> None:
    """Write runs, stores and lists of all batches to the three files `audited`; copies of a run count once."""
    runs = pd.concat([RUNS.read(path) for path in runs_parts], ignore_index=True)
    stores = pd.concat([AUDITED.read(path) for path in stores_parts], ignore_index=True)
    lists = pd.concat([LISTS.read(path) for path in lists_parts], ignore_index=True)
    runs, stores = observations.without_copies(runs, stores)
    lists = lists.sort_values(["requirements_sha256", "first_day"]).drop_duplicates("requirements_sha256")
    for table, frame, path in zip((RUNS, AUDITED, LISTS), (runs, stores, lists), audited, strict=True):
        table.write(frame.reset_index(drop=True), path)
    log.info("%d runs of %d repositories", len(runs), runs["repository"].nunique())


if __name__ == "__main__":
    job.run(main, snakemake)
