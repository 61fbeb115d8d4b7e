"""All runs of a scope, judged page by page."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from traceability.audit import clones as repositories
from traceability.audit.evidence import Audited, audit, script_of
from traceability.stores import record_fields
from traceability.stores.record_fields import Run
from traceability.stores.scope import PAGE, Scope, Store

#: Requests for files of runs that a server answers at the same time.
_AT_A_TIME = 8


def judge(
    store: Store, scope: Scope, clones: Sequence[Path] = (), progress: Callable[[int], None] = lambda _number: None
) -> Iterator[Audited]:
    """The runs of `scope`, judged; `clones` are asked for the recorded commits once per page."""
    runs = store.runs(scope)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        while page := list(itertools.islice(runs, PAGE if not store.artifacts.server else PAGE // 10)):
            look = functools.partial(audit, artifacts=store.artifacts, found=_found(page, clones) if clones else None)
            # A server is waited for; everything else is quicker without threads.
            for judged in pool.map(look, page) if store.artifacts.server else map(look, page):
                yield judged
                progress(1)


def _found(page: list[Run], clones: Sequence[Path]) -> dict[str, repositories.Found]:
    """What the clones hold of each run's commit and script, by run id."""
    pairs = {}
    for run in page:
        code = record_fields.code(run.tags, record_fields.written_by_plugin(run.tags))
        pairs[run.run_id] = (code.commit, script_of(code))
    known = repositories.look_up(pairs.values(), clones)
    return {run_id: known.get(pair, repositories.Found(False)) for run_id, pair in pairs.items()}
