"""Gather the scans of all batches into the tables of the corpus."""

import datetime
from pathlib import Path

import pandas as pd

from traceability.corpus import observations
from traceability.study import logs


def main(parts: list[Path], projects: Path, folder: Path) -> None:
    """Write each table of the corpus from the parts of the same file name, sorted by project, and the provenance."""
    gathered = {}
    for name, table in observations.SCAN_TABLES.items():
        frames = [table.read(part) for part in parts if part.name == name]
        whole = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
        order = whole["repository"].argsort(kind="stable")
        gathered[table.name] = whole.iloc[order].reset_index(drop=True)
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    observations.write(folder, gathered, projects, today)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        [Path(path) for path in snakemake.input.parts],
        Path(snakemake.input.projects),
        Path(snakemake.output[0]).parent,
    )
