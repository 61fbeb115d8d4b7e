"""Precision and recall of the resolver, and of the seed study's text search, against a truth."""

from pathlib import Path

from traceability.corpus import accuracy, tables
from traceability.corpus.labels import read_truth
from traceability.study import job


def main(truth: Path, usage: Path, text_search: Path, table: Path, confidence: float) -> None:
    """Write one row per instrument and column; projects that the truth does not know are left out."""
    known = read_truth(truth)
    said = {
        "resolver": tables.USAGE.read(usage).set_index("repository"),
        "text_search": tables.TEXT_SEARCH.read(text_search).set_index("repository"),
    }
    columns = [column.name for column in tables.FLAGS]
    rows = accuracy.score(known, said, columns, confidence)
    tables.SCANNER_ACCURACY.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
