"""Ask GitHub's search for repositories, and write them with the commits they stand at."""

from pathlib import Path

from traceability.corpus import listing, tables
from traceability.study import job


def main(queries: list[str], api_url: str, table: Path) -> None:
    """Write a new table of names and commits. The token comes from GITHUB_TOKEN and is written nowhere."""
    tables.LISTED.write(listing.list_projects(queries, api_url), table)


if __name__ == "__main__":
    job.run(main, snakemake)
