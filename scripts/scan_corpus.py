"""Gather the scans of all batches into the tables of the corpus."""

import datetime
from pathlib import Path

import pandas as pd

from traceability.corpus import observations
from traceability.study import job


def main(parts: list[Path], projects: Path, scans: list[Path]) -> None:
    """Write each table of the corpus from the parts of the same file name, sorted by project, and the provenance."""
    (folder,) = {path.parent for path in scans}
    gathered = {}
    for name, table in observations.SCAN_TABLES.items():
        frames = [table.read(part) for part in parts if part.name == name]
        whole = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
        order = whole["repository"].argsort(kind="stable")
        gathered[table.name] = whole.iloc[order].reset_index(drop=True)
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    observations.write(folder, gathered, projects, today)


if __name__ == "__main__":
    job.run(main, snakemake)
