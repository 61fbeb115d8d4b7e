"""The confirmatory family: each declared contrast tested once, adjusted by Holm."""

import logging
from pathlib import Path

from traceability.statistics import arms, samples
from traceability.statistics import plan as plans
from traceability.statistics.tables import CONTRASTS
from traceability.study import job
from traceability.study.registry import read_frame


def main(runs: Path, replays: Path, plan: Path, table: Path) -> None:
    """Write one row per contrast."""
    rows = arms.contrast_rows(samples.read_runs(runs, plan), plans.read(plan), read_frame(replays))
    CONTRASTS.write(rows, table)
    for row in rows:
        logging.info("%(contrast)s: %(verdict)s (p after Holm %(p_holm)s)", row)


if __name__ == "__main__":
    job.run(main, snakemake)
