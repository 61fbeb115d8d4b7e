"""Scan the calibration projects: small projects written for this study, one trap each, whose truth is known."""

import os
from pathlib import Path

from traceability.corpus import tables
from traceability.corpus.scanner import scanning
from traceability.study import logs


def main(projects: Path, calls: Path, usage: Path, text_search: Path) -> None:
    """Write what the scanner and the seed study's text search say of every folder below `projects`."""
    places = [scanning.Place(folder.name, str(folder)) for folder in sorted(projects.iterdir()) if folder.is_dir()]
    frames = scanning.scan_places(places, strict=True).frames()
    tables.CALIBRATION_CALLS.write(frames[tables.CALLS.name], calls)
    tables.USAGE.write(frames[tables.USAGE.name], usage)
    tables.TEXT_SEARCH.write(frames[tables.TEXT_SEARCH.name], text_search)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(os.path.commonpath(snakemake.input)),
        Path(snakemake.output.calls),
        Path(snakemake.output.usage),
        Path(snakemake.output.text_search),
    )
