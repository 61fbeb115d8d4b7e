"""Share of projects that use a logging function, with its interval; the published count beside it."""

from pathlib import Path

from traceability.statistics import corpus_shares, usage
from traceability.statistics import plan as plans
from traceability.statistics.tables import CORPUS_SHARES, SHARES
from traceability.study import job


def main(counts: list[Path], plan: Path, table: Path, confidence: float, corpus: Path | None = None) -> None:
    """Write Wilson intervals of every count (columns source, group, function, k, n) and of the published ones.

    With `corpus` (a table of `CORPUS_SHARES`) its headline comes first, with the primary interval.
    """
    rows = usage.share_rows(counts, plans.read(plan), confidence)
    if corpus is not None:
        estimated = CORPUS_SHARES.read(corpus).to_dict("records")
        rows = corpus_shares.shown(estimated, rows[0]["source"]) + rows  # type: ignore[arg-type]
    SHARES.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
