"""The written rule for the kind of a project against hand classes."""

import functools
from pathlib import Path

from traceability import intervals
from traceability.corpus import kinds, tables
from traceability.study import job


def main(judged: Path, projects: Path, table: Path, confidence: float) -> None:
    """Write one row per kind, and one for all."""
    wilson = functools.partial(intervals.wilson, confidence=confidence)
    rows = kinds.agreement(tables.LABELLED_KINDS.read(judged), tables.PROJECTS.read(projects), wilson)
    tables.KIND_AGREEMENT.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
