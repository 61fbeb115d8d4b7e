"""Shares over the corpus: by frame and kind of project, standardised over frames, with the owner as the sampling unit.

The headline is taken among projects that use mlflow, from frames that do not imply tracking. Each frame has the same
weight in a standardised share, whatever its quota was; frames with fewer than `SMALL_FRAME` projects count as one.
The primary interval draws owners with their projects; Wilson's treats projects as independent and is shown beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from traceability.corpus.tables import TRACKERS
from traceability.intervals import cluster_bootstrap, wilson

SMALL_FRAME = 5
FUNCTIONS = (
    "traces_direct", "traces_any", "log_param", "log_metric", "autolog", "log_model", "log_artifact", "log_other",
    "set_tag",
    "log_input", "start_run", "set_experiment", "set_tracking_uri", "via_client", "wrapper", "genai",
)  # fmt: skip
RECORDS = ("log_param", "log_metric", "autolog", "log_model", "log_artifact", "log_other", "set_tag", "log_input")
HEADLINE = "projects using mlflow, frames that do not imply tracking"
PRIMARY = "owner bootstrap, standardised over frames"


def headline(sample: pd.DataFrame) -> pd.DataFrame:
    """The projects that may carry the headline."""
    return sample[(sample["uses_mlflow"] == 1) & (sample["implies_tracking"] == 0)].reset_index(drop=True)


def with_signals(sample: pd.DataFrame) -> pd.DataFrame:
    """`sample` with what is derived from it: kinds of records per project, other trackers, pinned environments."""
    made = sample.copy()
    made["records"] = made[list(RECORDS)].sum(axis=1)
    made["any_other_tracker"] = made[list(TRACKERS)].max(axis=1)
    named = made["requirements"] > 0
    made["requirements_all_pinned"] = (named & (made["requirements_pinned"] == made["requirements"])).astype(int)
    made["seed_and_environment"] = ((made["seeds"] == 1) & (made["environment_file"] == 1)).astype(int)
    return made


def _groups(frames: pd.Series) -> NDArray[np.int64]:
    """Number of the group of each project: its frame, or the one group of all small frames."""
    sizes = frames.map(frames.value_counts())
    labels = frames.where(sizes >= SMALL_FRAME, "small frames")
    return np.unique(labels.to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)


def _standardised(rows: NDArray[np.float64]) -> float:
    """Mean over frames of the share in each; `rows` holds the flag and the number of the frame."""
    groups = rows[:, 1].astype(int)
    sizes = np.bincount(groups)
    present = sizes > 0
    return float(np.mean(np.bincount(groups, weights=rows[:, 0])[present] / sizes[present]))


def _mean(rows: NDArray[np.float64]) -> float:
    return float(rows[:, 0].mean())


def share(
    flags: pd.Series, part: pd.DataFrame, resamples: int, seed: int, confidence: float, standardise: bool = True
) -> dict[str, Any]:
    """One share with its intervals. Where all projects agree, Wilson over owners stands in for the bootstrap."""
    values = flags.to_numpy(dtype=float)
    k, n, owners = int(values.sum()), len(values), part["owner"].nunique()
    low, high = wilson(k, n, confidence)
    row: dict[str, Any] = {"k": k, "n": n, "owners": owners, "share": k / n, "wilson_low": low, "wilson_high": high}
    rows = np.column_stack([values, _groups(part["frame"])])
    statistics = {"owner": _mean} | ({"standardised": _standardised} if standardise else {})
    for name, statistic in statistics.items():
        if owners < 2:
            interval = (0.0, 1.0)
        elif k in (0, n):
            interval = wilson(owners if k else 0, owners, confidence)
        else:
            interval = cluster_bootstrap(
                rows, part["owner"].to_numpy(dtype=str), statistic, resamples, seed, confidence
            )
        row[f"{name}_low"], row[f"{name}_high"] = interval
    if standardise:
        row["standardised"] = _standardised(rows)
    else:  # the same statistic: nothing is drawn again
        row |= {"standardised": k / n, "standardised_low": row["owner_low"], "standardised_high": row["owner_high"]}
    # Rounding can put the end of a percentile interval just past its own estimate; the ends are moved to hold it.
    row["standardised_low"] = min(row["standardised_low"], row["standardised"])
    row["standardised_high"] = max(row["standardised_high"], row["standardised"])
    return row


def rows(sample: pd.DataFrame, resamples: int, seed: int, confidence: float) -> list[dict[str, Any]]:
    """Rows of `CORPUS_SHARES`."""
    sample = with_signals(sample)
    first = headline(sample)
    using = sample[sample["uses_mlflow"] == 1]
    made: list[dict[str, Any]] = []

    def add(dimension: str, group: str, part: pd.DataFrame, columns: Sequence[str], standardise: bool = True) -> None:
        for column in columns:
            if len(part):
                estimated = share(part[column], part, resamples, seed, confidence, standardise)
                made.append({"dimension": dimension, "group": group, "function": column} | estimated)

    add("headline", HEADLINE, first, FUNCTIONS)
    add("sensitivity", "projects using mlflow, all frames", using, ("traces_direct", "traces_any"))
    add("sensitivity", "every project, all frames", sample, ("uses_mlflow", "traces_direct", "traces_any"))
    for frame, part in using.groupby("frame"):
        add("frame", str(frame), part, FUNCTIONS, standardise=False)
    for kind, part in first.groupby("kind"):
        add("kind", str(kind), part, FUNCTIONS)
    for stratum, part in first.groupby("stratum"):
        add("stratum", str(stratum), part, ("traces_direct", "traces_any"))
    for number in range(len(RECORDS) + 1):
        part = first.assign(exactly=(first["records"] == number).astype(int))
        estimated = share(part["exactly"], part, resamples, seed, confidence)
        made.append({"dimension": "depth", "group": HEADLINE, "function": f"{number}"} | estimated)
    add("tracker", HEADLINE, first, ("any_other_tracker", *TRACKERS))
    add("signal", HEADLINE, first, (
        "mlproject", "environment_file", "requirements_all_pinned", "lock_file", "seeds", "seed_and_environment",
        "data_versioning", "dockerfile",
    ))  # fmt: skip
    return made


def shown(made: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    """The headline as rows of `SHARES`, with the primary interval."""
    return [
        {
            "source": source, "group": HEADLINE, "function": row["function"], "k": row["k"], "n": row["n"],
            "share": row["standardised"], "low": row["standardised_low"], "high": row["standardised_high"],
            "interval": PRIMARY,
        }
        for row in made
        if row["dimension"] == "headline"
    ]  # fmt: skip
