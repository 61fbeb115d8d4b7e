"""The seed study's text search beside the resolver on the same projects, function by function."""

from pathlib import Path

from traceability.corpus import tables, text_search_beside
from traceability.study import job


def main(sample: Path, text_search: Path, places: Path, table: Path) -> None:
    """Write one row per function: who names how many projects, and why only the text search does."""
    read = tables.SAMPLE.read(sample), tables.TEXT_SEARCH.read(text_search), tables.WORD_PLACES.read(places)
    rows = text_search_beside.counts(*read)
    tables.TEXT_SEARCH_BESIDE.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
