"""All runs of a scope, judged page by page; many runs by several processes."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from traceability.audit import clones as repositories
from traceability.audit.evidence import Audited, audit, wanted
from traceability.audit.rows import Row, Shared, row_of
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Run
from traceability.stores.scope import PAGE, Scope, Store

#: Requests for files of runs that a server answers at the same time.
_AT_A_TIME = 8
#: With fewer runs, processes cost more than they save.
_MANY = 5000


def judge(
    store: Store, scope: Scope, clones: Sequence[Path] = (), progress: Callable[[int], None] = lambda _number: None
) -> Iterator[Audited]:
    """The runs of `scope`, judged; `clones` are asked for the recorded commits once per page."""
    runs = store.runs(dataclasses.replace(scope, metrics=False))
    if not store.artifacts.server:
        # Everything but a server is quicker without threads.
        while page := list(itertools.islice(runs, PAGE)):
            look = functools.partial(audit, artifacts=store.artifacts, found=_found(page, clones) if clones else None)
            yield from map(look, page)
            progress(len(page))
        return
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        while page := list(itertools.islice(runs, PAGE // 10)):
            look = functools.partial(audit, artifacts=store.artifacts, found=_found(page, clones) if clones else None)
            for judged in pool.map(look, page):
                yield judged
                progress(1)


def rows(
    store: Store,
    scope: Scope,
    clones: Sequence[Path] = (),
    progress: Callable[[int], None] = lambda _number: None,
    processes: int = 1,
) -> Iterator[Row]:
    """As `judge`, kept small. Many runs of a store on this machine are judged by so many processes, in the same order.

    More than one process starts the program again: a script that calls this needs `if __name__ == "__main__"`.
    """
    if processes < 2 or store.artifacts.server or (store.count(scope) or 0) < _MANY:
        yield from map(row_of, judge(store, scope, clones, progress))
        return
    look = functools.partial(_rows_of, artifacts=store.artifacts, clones=tuple(clones))
    # Nothing is judged by its metrics.
    runs, waiting = store.runs(dataclasses.replace(scope, metrics=False)), deque[Future[list[Row]]]()
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin_worker)
    try:
        # So many pages are under way that nobody waits, and no more, so that memory does not grow with the store.
        while page := list(itertools.islice(runs, PAGE)):
            waiting.append(pool.submit(look, page))
            while len(waiting) > 2 * processes or (waiting and waiting[0].done()):
                yield from _taken(waiting, progress)
        while waiting:
            yield from _taken(waiting, progress)
    finally:
        pool.shutdown(cancel_futures=True)


def _taken(waiting: deque[Future[list[Row]]], progress: Callable[[int], None]) -> list[Row]:
    page = waiting.popleft().result()
    progress(len(page))
    return page


def _begin_worker() -> None:
    """Leave interrupts to the parent, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        from traceability.runtime.processes import die_with_parent

        die_with_parent()


def _rows_of(page: list[Run], artifacts: Artifacts, clones: Sequence[Path]) -> list[Row]:
    """The runs of a page, judged. What they share is one object, so that little travels between processes."""
    shared, found = Shared(), _found(page, clones) if clones else None
    return [shared.row(row_of(audit(run, artifacts, found))) for run in page]


def _found(page: list[Run], clones: Sequence[Path]) -> dict[str, repositories.Found]:
    """What the clones hold of each run's commit and script, by run id."""
    pairs = {run.run_id: wanted(run) for run in page}
    known = repositories.look_up(pairs.values(), clones)
    return {run_id: known.get(pair, repositories.Found(False)) for run_id, pair in pairs.items()}
