"""Join the scan with the table of projects: the sample behind every share, and pooled counts."""

from pathlib import Path

from traceability.corpus import sample, tables
from traceability.runtime.files import read_json
from traceability.study import logs


def main(
    scan: dict[str, Path], projects: Path, frames: Path, provenance: Path, sample_table: Path, counts: Path
) -> None:
    """Write the sample and the counts; the source names the date of the scan and the scanner."""
    usage, text = tables.USAGE.read(scan["usage.tsv"]), tables.TEXT_SEARCH.read(scan["text_search.tsv"])
    joined = sample.build(tables.PROJECTS.read(projects), tables.SAMPLING_FRAMES.read(frames), usage)
    tables.SAMPLE.write(joined, sample_table)
    made = read_json(provenance)
    source = f"GitHub corpus, scanned {made['scanned']}, scanner {made['scanner_version']}"
    tables.USAGE_COUNTS.write(sample.counts(joined, text, source), counts)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        {Path(path).name: Path(path) for path in snakemake.input.scan},
        Path(snakemake.input.projects),
        Path(snakemake.input.frames),
        Path(snakemake.input.provenance),
        Path(snakemake.output.sample),
        Path(snakemake.output.counts),
    )
