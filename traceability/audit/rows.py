"""Judged runs, kept small: what every output needs of them, with everything that many runs share kept once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from traceability import redaction
from traceability.audit.advice import ITEMS, LEVELS, PIECES, STATES, Action, actions
from traceability.audit.evidence import Audited


class Entry(NamedTuple):
    """What is known of one item of a run."""

    state: int
    evidence: tuple[str, ...]
    missing: tuple[str, ...]


class Row(NamedTuple):
    """One run; `entries` are in the order of `advice.ITEMS`."""

    run_id: str
    experiment_id: str
    experiment: str
    name: str
    status: str
    start: str
    level: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class About:
    """What was audited: the address without password, the kind of store, which runs, when, and what was left out."""

    store: str
    kind: str
    made: str
    scope: str = "all runs that are not deleted"
    left_out: tuple[str, ...] = ()
    #: Address of MLflow's own pages, where the store is a server; else empty.
    pages: str = ""


def row_of(one: Audited) -> Row:
    """What is kept of one judged run."""
    run, entries = one.run, []
    for item in one.items.values():
        entries.append(Entry(STATES.index(item.state), tuple(item.evidence), tuple(item.missing)))
    return Row(
        run.run_id, run.experiment_id, redaction.text(run.experiment), redaction.text(run.name), run.status, run.start,
        one.level, tuple(entries),
    )  # fmt: skip


class Shared:
    """Makes one object of equal texts and entries, however many rows have them."""

    def __init__(self) -> None:
        self._objects: dict[Any, Any] = {}

    def row(self, row: Row) -> Row:
        """An equal row, of shared parts."""
        keep = self._objects.setdefault
        entries = []
        for entry in row.entries:
            known = self._objects.get(entry)
            if known is None:
                known = Entry(entry.state, entry.evidence, keep(entry.missing, entry.missing))
                self._objects[entry] = known
            entries.append(known)
        whole = tuple(entries)
        return Row(
            row.run_id, keep(row.experiment_id, row.experiment_id), keep(row.experiment, row.experiment),
            keep(row.name, row.name), keep(row.status, row.status), row.start, row.level, keep(whole, whole),
        )  # fmt: skip


@dataclass
class Collected:
    """The rows of an audit. Equal entries, names and texts are one object, however many runs have them."""

    rows: list[Row] = field(default_factory=list)
    #: How many runs have these states and missing pieces, by level.
    _shapes: Counter[tuple[int, tuple[tuple[int, tuple[str, ...]], ...]]] = field(default_factory=Counter, repr=False)
    _shared: Shared = field(default_factory=Shared, repr=False)

    @classmethod
    def of(cls, judged: Iterable[Row]) -> Collected:
        """The rows of judged runs, newest first."""
        found = cls()
        for row in judged:
            found.add(row)
        found.rows.sort(key=lambda row: (row.start, row.run_id), reverse=True)
        return found

    def add(self, row: Row) -> None:
        """Keep one judged run."""
        kept = self._shared.row(row)
        self._shapes[kept.level, tuple([(entry.state, entry.missing) for entry in kept.entries])] += 1
        self.rows.append(kept)

    def summary(self) -> dict[str, Any]:
        """How many runs have each level and each state of each item, and how many lack each piece; levels in order."""
        levels, pieces = [0] * len(LEVELS), Counter[str]()
        states = [[0] * len(STATES) for _ in ITEMS]
        for (level, shape), count in self._shapes.items():
            levels[level] += count
            for number, (state, missing) in enumerate(shape):
                states[number][state] += count
                for code in missing:
                    pieces[code] += count
        return {
            "runs": len(self.rows),
            "levels": dict(zip(LEVELS, levels, strict=True)),
            "states": {name: dict(zip(STATES, states[n], strict=True)) for n, name in enumerate(ITEMS)},
            "missing": {code: pieces[code] for code in PIECES if pieces[code]},
        }

    def first_steps(self) -> list[tuple[Action, int]]:
        """What lifts runs like these to a higher level, with the number of runs; what lifts most comes first."""
        lifted: Counter[Action] = Counter()
        for (level, shape), count in self._shapes.items():
            for action in actions():
                if action.level_after(shape) > level:
                    lifted[action] += count
        order = {action: number for number, action in enumerate(actions())}
        return sorted(lifted.items(), key=lambda pair: (-pair[1], order[pair[0]]))
