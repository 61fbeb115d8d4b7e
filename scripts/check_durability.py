"""Whether every set-up that claims durability kept what it acknowledged; one that did not is a finding, said aloud."""

import logging
from pathlib import Path

from traceability.storage import durability, tables
from traceability.study import job
from traceability.study.registry import read_frame


def main(collaboration: Path, failures: Path, stores: Path, table: Path) -> None:
    """Write one row per set-up."""
    rows = durability.judge(read_frame(collaboration), read_frame(failures), tables.STORES.rows(stores))
    tables.DURABILITY.write(rows, table)
    for line in durability.broken_claims(rows):
        logging.warning("%s; see its rows in %s and %s", line, collaboration, failures)


if __name__ == "__main__":
    job.run(main, snakemake)
