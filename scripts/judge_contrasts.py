"""The confirmatory family: each declared contrast tested once, adjusted by Holm."""

import logging
from pathlib import Path

from traceability.statistics import arms, plan, samples
from traceability.statistics.tables import CONTRASTS
from traceability.study import logs
from traceability.study.registry import read_frame


def main(runs: Path, replays: Path, plan_path: Path, table: Path) -> None:
    """Write one row per contrast."""
    rows = arms.contrast_rows(samples.read_runs(runs, plan_path), plan.read(plan_path), read_frame(replays))
    CONTRASTS.write(rows, table)
    for row in rows:
        logging.info("%(contrast)s: %(verdict)s (p after Holm %(p_holm)s)", row)


if __name__ == "__main__":
    logs.setup(snakemake.log[0])
    main(
        Path(snakemake.input.runs),
        Path(snakemake.input.replays),
        Path(snakemake.input.plan),
        Path(snakemake.output.table),
    )
