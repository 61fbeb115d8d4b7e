"""What a replayed program left in its own store, and which of its runs is the counterpart of the recorded one."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from traceability.errors import StudyError
from traceability.replay import reading
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.stores import readers, record_fields
from traceability.stores.record_fields import Run
from traceability.stores.scope import Scope


def left(store: Path, scratch: Path) -> list[tuple[Run, Record]]:
    """The runs in the database `store`, oldest first, each with its record; none where there is no database.

    It is read as anybody's store: nothing that it names is fetched, and no link leads out of its folder's parent.
    Raises `StudyError` where it cannot be read.
    """
    try:
        if not stat.S_ISREG(store.lstat().st_mode):
            return []
    except OSError:
        return []
    with readers.opened(f"sqlite:///{store}") as opened:
        runs = sorted(opened.runs(Scope()), key=lambda run: (run.start_ms or 0, run.run_id))
        return [
            (run, reading.from_run(run, opened.artifacts, scratch / f"{number}", "mlflow", within=store.parents[1]))
            for number, run in enumerate(runs)
        ]


def counterpart(record: Record, store: Path, scratch: Path) -> Record:
    """The replayed run that stands for the recorded one. Stops with `no_result` or `result_ambiguous`."""
    try:
        runs = left(store, scratch)
    except StudyError as error:
        raise Stopped("no_result", f"the program left a store that cannot be read ({error})") from None
    if not runs:
        raise Stopped("no_result", "the program tracked no run")
    records = dict(zip([run.run_id for run, _ in runs], [found for _, found in runs], strict=True))
    return records[_chosen(record, [run for run, _ in runs]).run_id]


def _chosen(record: Record, runs: Sequence[Run]) -> Run:
    """The only run of the same place among nested runs, the same given name, and the most equal parameters."""
    by_id = {run.run_id: run for run in runs}
    same_place = [run for run in runs if bool(run.parent) == bool(record.parent)]
    if not same_place:
        raise Stopped("result_ambiguous", "the recorded run is nested, and none of the replayed runs is"
                      if record.parent else "all replayed runs are nested, and the recorded one is not")  # fmt: skip

    def parent_name(run: Run) -> str:
        return record_fields.given_name(by_id[run.parent].name) if run.parent in by_id else ""

    tests: list[Callable[[Run], bool]] = [
        lambda run: not record.name or run.name == record.name,
        lambda run: not record.parent_name or parent_name(run) == record.parent_name,
        lambda run: all(run.params.get(name) == value for name, value in record.params.items()),
        lambda run: set(run.metrics) == set(record.metrics),
    ]
    found = same_place
    for test in tests:
        # A test that nobody passes tells nothing: a name may hold the time of day.
        found = [run for run in found if test(run)] or found
    if len(found) > 1 and record.position is not None and record.siblings == len(same_place):
        found = [run for run in found if run is same_place[record.position or 0]] or found
    if len(found) == 1:
        return found[0]
    raise Stopped(
        "result_ambiguous", f"{len(found)} of {len(runs)} replayed runs could be the recorded one, by name, place among"
        " nested runs, parameters and metrics"
    )  # fmt: skip
