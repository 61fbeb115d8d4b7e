"""Conditions that a program may set to the runs of a store: at least a level, or that a thing is known."""

from __future__ import annotations

from collections.abc import Sequence

from traceability.audit.advice import ITEMS, LEVELS, PIECES, STATES
from traceability.audit.rows import Collected, Row
from traceability.errors import StudyError, nearest

#: What the piece is called where a notebook lacks it.
_IN_NOTEBOOKS = {"entry_point": "notebook", "script": "cells", "command": "executed"}


def level_of(given: str | None) -> int | None:
    """The level that `--fail-under` names, by number or in words. Raises `StudyError` for one that there is not."""
    if given is None:
        return None
    text = " ".join(given.split()).lower()
    if text in LEVELS:
        return LEVELS.index(text)
    if text.isdigit() and int(text) < len(LEVELS):
        return int(text)
    raise StudyError(f"--fail-under {given}: expected a level from 0 to {len(LEVELS) - 1}")


def required(given: Sequence[str]) -> list[str]:
    """The items and pieces that `--require` names, separated by commas. Raises `StudyError` for an unknown one."""
    words = [word.strip() for part in given for word in part.split(",") if word.strip()]
    for word in words:
        if word not in ITEMS and word not in PIECES:
            raise StudyError(f"--require {word}: no such item or piece; {nearest(word, [*ITEMS, *PIECES])}")
    return words


def failures(found: Collected, level: int | None, wanted: Sequence[str]) -> list[str]:
    """One line for each condition that runs do not fulfil; a store without runs fulfils none."""
    if level is None and not wanted:
        return []
    if not found.rows:
        return ["no run was audited, so nothing is fulfilled"]
    total, said = len(found.rows), []
    if level is not None:
        below = [row for row in found.rows if row.level < level]
        if below:
            said.append(f"{len(below)} of {total} runs are below level {level}, {LEVELS[level]}{_first(below)}")
    for word in wanted:
        lacking = [row for row in found.rows if not _has(row, word)]
        if lacking:
            what = f"usable {word}" if word in ITEMS else PIECES[word].meaning
            said.append(f"{len(lacking)} of {total} runs lack {what}{_first(lacking)}")
    return said


def _has(row: Row, word: str) -> bool:
    if word in ITEMS:
        return row.entries[ITEMS.index(word)].state >= STATES.index("usable")
    missing = row.entries[ITEMS.index(PIECES[word].item)].missing
    return word not in missing and _IN_NOTEBOOKS.get(word) not in missing


def _first(rows: Sequence[Row]) -> str:
    named = ", ".join(row.run_id[:8] for row in rows[:3])
    return f" ({named}{', ...' if len(rows) > 3 else ''})"
