"""The sample behind every share of the corpus, its counts, and the shares with their intervals."""

from pathlib import Path

from traceability.corpus import sample as samples
from traceability.corpus import tables
from traceability.runtime.files import read_json
from traceability.statistics import corpus_shares
from traceability.statistics import plan as plans
from traceability.statistics import usage as shares_of_use
from traceability.statistics.tables import CORPUS_SHARES, SHARES
from traceability.study import job
from traceability.study.registry import read_frame


def main(
    usage: Path,
    text_search: Path,
    provenance: Path,
    projects: Path,
    frames: Path,
    plan: Path,
    sample: Path,
    counts: Path,
    corpus: Path,
    shares: Path,
    resamples: int,
    seed: int,
    confidence: float,
) -> None:
    """Write the sample, pooled counts, every share with owner bootstrap, and the published shares beside the headline.

    The source named in the counts holds the date of the scan and the scanner's version.
    """
    listed, declared = tables.PROJECTS.read(projects), tables.SAMPLING_FRAMES.read(frames)
    joined = samples.build(listed, declared, tables.USAGE.read(usage))
    tables.SAMPLE.write(joined, sample)
    made = read_json(provenance)
    source = f"GitHub corpus, scanned {made['scanned']}, scanner {made['scanner_version']}"
    tables.USAGE_COUNTS.write(samples.counts(joined, tables.TEXT_SEARCH.read(text_search), source), counts)
    estimated = corpus_shares.rows(read_frame(sample), resamples, seed, confidence)
    CORPUS_SHARES.write(estimated, corpus)
    counted = shares_of_use.share_rows([counts], plans.read(plan), confidence)
    SHARES.write(corpus_shares.shown(estimated, counted[0]["source"]) + counted, shares)


if __name__ == "__main__":
    job.run(main, snakemake)
