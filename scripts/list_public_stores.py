"""The table of stores, made from a listing of repositories by the written rule."""

import logging
import tempfile
from pathlib import Path

from traceability.public_records import fetching, record_files
from traceability.public_records.tables import LISTING, STORES
from traceability.runtime import git_objects
from traceability.study import job

log = logging.getLogger("public_records")


def main(listing: Path, template: str, table: Path) -> None:
    """Write one row per store that a repository of `listing` holds at its commit; repositories without one are told."""
    rows = []
    for one in LISTING.rows(listing):
        with tempfile.TemporaryDirectory(prefix="public-records-") as scratch:
            folder = fetching.trees(one["repository"], one["commit"], template, Path(scratch) / "repository")
            found = list(record_files.stores_in(git_objects.tree(folder, one["commit"]))) if folder else []
        about = {name: one[name] for name in ("repository", "commit", "frame", "date", "seen")}
        rows += [about | {"store": path, "kind": kind} for path, kind in found]
        if not found:
            log.info("%s: no store at %s", one["repository"], one["commit"][:12])
    STORES.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
