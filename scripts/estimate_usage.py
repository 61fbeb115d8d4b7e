"""Share of projects that use a logging function, with its interval; the published count beside it."""

from pathlib import Path

from traceability.statistics import corpus_shares, plan, usage
from traceability.statistics.tables import CORPUS_SHARES, SHARES
from traceability.study import logs


def main(counts: list[Path], plan_path: Path, table: Path, confidence: float, corpus: Path | None = None) -> None:
    """Write Wilson intervals of every count (columns source, group, function, k, n) and of the published ones.

    With `corpus` (a table of `CORPUS_SHARES`) its headline comes first, with the primary interval.
    """
    rows = usage.share_rows(counts, plan.read(plan_path), confidence)
    if corpus is not None:
        estimated = CORPUS_SHARES.read(corpus).to_dict("records")
        rows = corpus_shares.shown(estimated, rows[0]["source"]) + rows  # type: ignore[arg-type]
    SHARES.write(rows, table)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        [Path(path) for path in snakemake.input.counts],
        Path(snakemake.input.plan),
        Path(snakemake.output.table),
        snakemake.params.confidence,
        Path(snakemake.input.corpus),
    )
