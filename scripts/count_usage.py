"""Join the scan with the table of projects: the sample behind every share, and pooled counts."""

from pathlib import Path

from traceability.corpus import sample as samples
from traceability.corpus import tables
from traceability.runtime.files import read_json
from traceability.study import job


def main(
    usage: Path, text_search: Path, projects: Path, frames: Path, provenance: Path, sample: Path, counts: Path
) -> None:
    """Write the sample and the counts; the source names the date of the scan and the scanner."""
    listed, declared = tables.PROJECTS.read(projects), tables.SAMPLING_FRAMES.read(frames)
    joined = samples.build(listed, declared, tables.USAGE.read(usage))
    tables.SAMPLE.write(joined, sample)
    made = read_json(provenance)
    source = f"GitHub corpus, scanned {made['scanned']}, scanner {made['scanner_version']}"
    tables.USAGE_COUNTS.write(samples.counts(joined, tables.TEXT_SEARCH.read(text_search), source), counts)


if __name__ == "__main__":
    job.run(main, snakemake)
