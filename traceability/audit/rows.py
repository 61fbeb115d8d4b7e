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


@dataclass
class Collected:
    """The rows of an audit. Equal entries, names and texts are one object, however many runs have them."""

    rows: list[Row] = field(default_factory=list)
    #: How many runs have these states and missing pieces, by level.
    _shapes: Counter[tuple[int, tuple[tuple[int, tuple[str, ...]], ...]]] = field(default_factory=Counter, repr=False)
    _shared: dict[Any, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, judged: Iterable[Audited]) -> Collected:
        """The rows of judged runs, newest first."""
        found = cls()
        for one in judged:
            found.add(one)
        found.rows.sort(key=lambda row: (row.start, row.run_id), reverse=True)
        return found

    def add(self, one: Audited) -> None:
        """Keep one judged run."""
        keep, run = self._shared.setdefault, one.run
        entries = []
        for item in one.items.values():
            missing = tuple(item.missing)
            entry = Entry(STATES.index(item.state), tuple(item.evidence), keep(missing, missing))
            entries.append(keep(entry, entry))
        experiment, name = redaction.text(run.experiment), redaction.text(run.name)
        whole = tuple(entries)
        self._shapes[one.level, tuple([(entry.state, entry.missing) for entry in whole])] += 1
        row = Row(
            run.run_id, keep(run.experiment_id, run.experiment_id), keep(experiment, experiment), keep(name, name),
            keep(run.status, run.status), run.start, one.level, keep(whole, whole),
        )  # fmt: skip
        self.rows.append(row)

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
