"""Accuracy of the frozen scanner on projects that were labelled after it, by readers who did not see its output."""

import functools
from pathlib import Path

import pandas as pd

from traceability import intervals
from traceability.corpus import independent, tables
from traceability.corpus.labels import read_truth
from traceability.study import job
from traceability.study.registry import read_frame

#: Sets of labels: the table of their call sites, and the table that is written.
LABELS = (
    (tables.LABELLED_CALLS, tables.INDEPENDENT_ACCURACY),
    (tables.FRESH_CALLS, tables.FRESH_ACCURACY),
)


def main(
    projects: Path, sites: Path, usage: Path, calls: Path, table: Path, confidence: float, resamples: int, seed: int
) -> None:
    """Write one row per column for projects, and one for call sites; `sites` and `table` are of one set of labels."""
    labelled = read_frame(projects, {"reader2_differs": "str"}).set_index("repo")
    columns = [column.name for column in tables.FLAGS if column.name in labelled]
    truth = read_truth(projects, columns)
    truth["reader2_differs"] = labelled["reader2_differs"]
    calls_of, written = next(
        pair for pair in LABELS if Path(pair[0].name).name == sites.name and Path(pair[1].name).name == table.name
    )
    said = tables.USAGE.read(usage).set_index("repository")
    named = calls_of.read(sites)
    found = tables.CALLS.read(calls)
    wilson = functools.partial(intervals.wilson, confidence=confidence)
    clustered = functools.partial(intervals.cluster_bootstrap, resamples=resamples, seed=seed, confidence=confidence)
    rows = independent.by_project(truth, said, columns, wilson)
    here: pd.DataFrame = found[found["repository"].isin(truth.index)]
    rows += independent.by_call(named, here, len(truth), wilson, clustered)
    written.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
