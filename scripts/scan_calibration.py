"""Scan the calibration projects: small projects written for this study, one trap each, whose truth is known."""

from pathlib import Path

from traceability.corpus import tables
from traceability.corpus.scanner import scanning
from traceability.study import job


def main(projects: list[Path], calls: Path, usage: Path, text_search: Path) -> None:
    """Write what the scanner and the seed study's text search say of every folder of `projects`."""
    places = [scanning.Place(folder.name, str(folder)) for folder in sorted(projects)]
    frames = scanning.scan_places(places, strict=True).frames()
    tables.CALIBRATION_CALLS.write(frames[tables.CALLS.name], calls)
    tables.USAGE.write(frames[tables.USAGE.name], usage)
    tables.TEXT_SEARCH.write(frames[tables.TEXT_SEARCH.name], text_search)


if __name__ == "__main__":
    job.run(main, snakemake)
