"""Accuracy of the frozen scanner on projects that were labelled after it, by readers who did not see its output."""

import functools
from pathlib import Path

import pandas as pd

from traceability import intervals
from traceability.corpus import independent, tables
from traceability.corpus.labels import read_truth
from traceability.study import job
from traceability.study.registry import read_frame


def main(
    projects: Path, sites: Path, usage: Path, calls: Path, table: Path, confidence: float, resamples: int, seed: int
) -> None:
    """Write one row per column for projects, and one for call sites."""
    truth = read_truth(projects)
    truth["reader2_differs"] = read_frame(projects, {"reader2_differs": "str"}).set_index("repo")["reader2_differs"]
    said = tables.USAGE.read(usage).set_index("repository")
    named = tables.LABELLED_CALLS.read(sites)
    found = tables.CALLS.read(calls)
    wilson = functools.partial(intervals.wilson, confidence=confidence)
    clustered = functools.partial(intervals.cluster_bootstrap, resamples=resamples, seed=seed, confidence=confidence)
    rows = independent.by_project(truth, said, [column.name for column in tables.FLAGS], wilson)
    here: pd.DataFrame = found[found["repository"].isin(truth.index)]
    rows += independent.by_call(named, here, len(truth), wilson, clustered)
    tables.INDEPENDENT_ACCURACY.write(rows, table)


if __name__ == "__main__":
    job.run(main, snakemake)
