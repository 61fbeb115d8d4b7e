"""Shares along the scale of maintenance, and by kinds that two readings judged."""

from pathlib import Path

from traceability.corpus import tables
from traceability.statistics import contexts
from traceability.statistics.tables import CONTEXTS, READINGS_OF_KINDS
from traceability.study import job
from traceability.study.registry import read_frame


def main(
    sample: Path,
    projects: Path,
    judged: Path,
    table: Path,
    readings: Path,
    resamples: int,
    seed: int,
    confidence: float,
) -> None:
    """Write every share with its count and the interval that draws owners, and how far the two readings agree."""
    read = tables.KINDS_JUDGED.read(judged)
    listed = tables.PROJECTS.read(projects)
    CONTEXTS.write(contexts.rows(read_frame(sample), listed, read, resamples, seed, confidence), table)
    same = int((read["kind"] == read["kind_2"]).sum())
    READINGS_OF_KINDS.write([{"projects": len(read), "same": same, "kappa": contexts.kappa(read)}], readings)


if __name__ == "__main__":
    job.run(main, snakemake)
