"""Make a table of projects from a listing: what the history of each repository says, and which are copies."""

import logging
from pathlib import Path

from rich.progress import Progress

from traceability.corpus import sampling, tables
from traceability.study import job

log = logging.getLogger("corpus")


def main(listing: Path, frames: Path, queries: list[str], template: str, cache: Path, table: Path) -> None:
    """Write one row per repository that could be had; `cache` keeps the histories for the next time."""
    declared = {str(row["frame"]): row for row in tables.SAMPLING_FRAMES.rows(frames)}
    listed = tables.LISTED.rows(listing)
    # Before anything is fetched, which may take hours.
    sampling.check_frames([*queries, *(str(row["query"]) for row in listed)], declared, frames)
    chosen = sampling.eligible(listed)
    with Progress(transient=True) as bar:
        task = bar.add_task("histories", total=len(chosen))
        portraits = sampling.portraits_of(chosen, template, cache, lambda: bar.advance(task))
    rows = sampling.rows(portraits, chosen, declared)
    tables.PROJECTS.write(rows, table)
    log.info("%d projects, %d of them selected: %s", len(rows), sum(row["selected"] for row in rows), table)


if __name__ == "__main__":
    job.run(main, snakemake)
