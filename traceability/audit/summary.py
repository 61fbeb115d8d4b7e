"""An audit on the terminal: the levels, what to do first, and what is missing; for a single run everything."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.audit.advice import ITEMS, LEVELS, PIECES, STATES
from traceability.audit.rows import About, Collected, Row
from traceability.runtime.terminal import printable

#: Missing pieces that are listed; the others are counted.
_LISTED = 8


def lines(found: Collected, about: About) -> Iterator[str]:
    """Lines for the terminal. What comes from a record stays on its line."""
    number = len(found.rows)
    yield f"{printable(about.store)} ({printable(about.kind)}): {number} {'run' if number == 1 else 'runs'}"
    if about.left_out:
        yield f"  not counted, or read all the same: {printable('; '.join(about.left_out))}"
    summary = found.summary()
    for level, (name, count) in enumerate(summary["levels"].items()):
        if count:
            yield f"  {count:6d}  level {level}: {name}"
    if number == 1:
        yield from details(found.rows[0])
    elif number:
        yield from _steps(found)
        yield from _missing(summary["missing"])


def details(row: Row) -> Iterator[str]:
    """Everything about one run."""
    yield f"run {printable(row.run_id)}: level {row.level}, {LEVELS[row.level]}"
    for item, entry in zip(ITEMS, row.entries, strict=True):
        yield f"{item}: {STATES[entry.state]}"
        for said in entry.evidence:
            yield f"    {printable(' '.join(said.split()))}"
        for code in entry.missing:
            yield f"    missing: {PIECES[code].meaning}"
            yield f"      {PIECES[code].line}"


def _steps(found: Collected) -> Iterator[str]:
    steps = found.first_steps()
    if steps:
        action, count = steps[0]
        yield f"do first: {action.line}"
        yield f"  would lift {count} of {len(found.rows)} runs like these to a higher level ({action.what})"


def _missing(missing: dict[str, int]) -> Iterator[str]:
    ordered = sorted(missing.items(), key=lambda pair: -pair[1])
    if ordered:
        yield "missing, in how many runs, and the line that records it:"
    for code, count in ordered[:_LISTED]:
        yield f"  {count:6d}  {PIECES[code].meaning}"
        yield f"          {PIECES[code].line}"
    rest = ordered[_LISTED:]
    if rest:
        named = ", ".join(f"{PIECES[code].meaning} ({count})" for code, count in rest)
        yield f"  and {len(rest)} more: {named}"
