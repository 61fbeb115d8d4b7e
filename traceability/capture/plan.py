"""Which experiment is launched how, tracked by what, and by which job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from traceability.errors import StudyError, nearest

#: Ways that take several times as long as the others (requirements inference, TensorFlow), in units of a plain launch.
_COST = {"log_model": 4, "autolog_sklearn": 4, "autolog_tensorflow": 8, "everything": 5, "system_metrics": 2}


def names(words: str, known: Sequence[str], where: str) -> list[str]:
    """The names in `words` (separated by ';', or `all`). Raises `StudyError` for one that is not in `known`."""
    if words.strip() == "all":
        return list(known)
    chosen = [word.strip() for word in words.split(";") if word.strip()]
    for word in chosen:
        if word not in known:
            raise StudyError(f"{where}: '{word}' is not a row of its table; {nearest(word, known)}")
    return chosen


def plan(
    blocks: Sequence[Mapping[str, Any]],
    modes: Sequence[str],
    trackings: Mapping[str, Sequence[str]],
    use: Sequence[str],
    batches: int,
) -> list[dict[str, Any]]:
    """Rows of `tables.PLAN`: every launch of `blocks` once, of the trackers in `use`, shared out by expected seconds.

    A job has launches of as few trackers as can be: each tracker's environment is asked three times by every job that
    launches it (what it holds, what its store says, its digests), which costs as much as a launch. `trackings` gives
    the trackers of each way of tracking; `all` means those that the tracker has.
    """
    rows: dict[str, dict[str, Any]] = {}
    for block in blocks:
        tracker = block["tracker"]
        if tracker not in use:
            continue
        has = [name for name, trackers in trackings.items() if tracker in trackers]
        where = f"config: captures, row of {tracker}"
        for mode in names(block["launch_modes"], modes, where):
            for tracking in names(block["trackings"], has, where):
                key = "-".join([tracker, mode, tracking, *([block["defect"]] if block["defect"] != "none" else [])])
                rows.setdefault(key, {
                    "key": key, "tracker": tracker, "launch_mode": mode, "tracking": tracking,
                    "defect": block["defect"], "expected": block["expected"],
                })  # fmt: skip
    if not rows:
        raise StudyError(f"capture.use: no row of the table of captures is of {', '.join(use)}")
    ordered = sorted(rows.values(), key=lambda row: (use.index(row["tracker"]), -cost(row["tracking"]), row["key"]))
    total, before = sum(cost(row["tracking"]) for row in ordered), 0
    for row in ordered:
        middle = before + cost(row["tracking"]) / 2
        row["batch"] = int(middle / total * batches)
        before += cost(row["tracking"])
    return sorted(ordered, key=lambda row: (row["batch"], row["tracker"], row["key"]))


def cost(tracking: str) -> int:
    """What a launch is expected to take, in units of a plain one."""
    return _COST.get(tracking, 1)


def of_trackings(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The trackers of each way of tracking, from rows of `tables.TRACKINGS`."""
    return {row["tracking"]: [name.strip() for name in row["trackers"].split(";")] for row in rows}
