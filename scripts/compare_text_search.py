"""The seed study's text search beside the resolver on the same projects, function by function."""

from pathlib import Path

from traceability import intervals
from traceability.corpus import tables, wrong_words
from traceability.study import job


def main(sample: Path, text_search: Path, places: Path, table: Path) -> None:
    """Write one row per function: who names how many projects, and why only the text search does."""
    rows = wrong_words.counts(
        tables.SAMPLE.read(sample), tables.TEXT_SEARCH.read(text_search), tables.WORD_PLACES.read(places),
        intervals.mcnemar_exact,
    )  # fmt: skip
    tables.TEXT_SEARCH_BESIDE.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
