"""All runs of a scope, judged page by page."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from traceability.audit import clones as repositories
from traceability.audit.evidence import Audited, audit, wanted
from traceability.stores.record_fields import Run
from traceability.stores.scope import PAGE, Scope, Store

#: Requests for files of runs that a server answers at the same time.
_AT_A_TIME = 8


def judge(
    store: Store, scope: Scope, clones: Sequence[Path] = (), progress: Callable[[int], None] = lambda _number: None
) -> Iterator[Audited]:
    """The runs of `scope`, judged; `clones` are asked for the recorded commits once per page."""
    runs = store.runs(scope)
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


def _found(page: list[Run], clones: Sequence[Path]) -> dict[str, repositories.Found]:
    """What the clones hold of each run's commit and script, by run id."""
    pairs = {run.run_id: wanted(run) for run in page}
    known = repositories.look_up(pairs.values(), clones)
    return {run_id: known.get(pair, repositories.Found(False)) for run_id, pair in pairs.items()}
