"""The audit as one HTML page that needs nothing else: what comes from a record is data, never mark-up."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jinja2

from traceability import __version__
from traceability.audit.advice import CONTEXT, ITEMS, LEVELS, PIECES, STATES
from traceability.audit.rows import About, Collected, Entry

#: Runs that are written to the page at a time.
_AT_A_TIME = 1000
_MARK = "@@runs@@"


def pieces(found: Collected, about: About) -> Iterator[str]:
    """The page, piece by piece.

    The runs stand in it as JSON, in which equal entries stand once; scripts show a hundred of them at a time. All
    else can be read without scripts.
    """
    before, _, after = _frame(found, about).partition(_MARK)
    yield before
    yield from _data(found, about)
    yield after


def _frame(found: Collected, about: About) -> str:
    resources = importlib.resources.files("traceability.audit")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((resources / "report.html").read_text(encoding="utf-8"))
    summary, steps = found.summary(), found.first_steps()
    total = max(len(found.rows), 1)
    line = next(((action, count) for action, count in steps if action.line != CONTEXT), None)
    return template.render(
        about=about, version=__version__, runs=len(found.rows), items=ITEMS, states=STATES, mark=_MARK,
        style=(resources / "report.css").read_text(encoding="utf-8"),
        script=(resources / "report.js").read_text(encoding="utf-8"),
        levels=[
            {"number": n, "name": name, "runs": count, "share": 100 * count / total}
            for n, (name, count) in enumerate(summary["levels"].items())
        ],
        counts=summary["states"],
        missing=[
            {"meaning": PIECES[code].meaning, "line": PIECES[code].line, "runs": count}
            for code, count in sorted(summary["missing"].items(), key=lambda pair: -pair[1])
        ],
        first=steps[0] if steps else None,
        line=line if steps and line and steps[0][0].line == CONTEXT else None,
        context=CONTEXT,
    )  # fmt: skip


def _data(found: Collected, about: About) -> Iterator[str]:
    """The object that the page's script reads: texts and entries once each, runs as numbers of theirs."""
    experiments: dict[tuple[str, str], int] = {}
    entries: list[Entry] = []
    numbers: dict[int, int] = {}  # equal entries are one object (`Collected`)
    for row in found.rows:
        experiments.setdefault((row.experiment_id, row.experiment), len(experiments))
        for entry in row.entries:
            if id(entry) not in numbers:
                numbers[id(entry)] = len(entries)
                entries.append(entry)
    codes = {code: number for number, code in enumerate(PIECES)}
    head = {
        "levels": LEVELS, "items": ITEMS, "states": STATES,
        "pieces": [[piece.meaning, piece.line] for piece in PIECES.values()],
        "experiments": [name for _, name in experiments],
        "pages": [f"{about.pages}/#/experiments/{quote(key)}/runs/" if about.pages else "" for key, _ in experiments],
        "entries": [[entry.state, entry.evidence, [codes[code] for code in entry.missing]] for entry in entries],
    }  # fmt: skip
    yield _embedded(head)[:-1] + ',"runs":['
    for begin in range(0, len(found.rows), _AT_A_TIME):
        some = [
            [row.run_id, experiments[row.experiment_id, row.experiment], row.name, row.status, row.start, row.level,
             *[numbers[id(entry)] for entry in row.entries]]
            for row in found.rows[begin : begin + _AT_A_TIME]
        ]  # fmt: skip
        yield ("," if begin else "") + _embedded(some)[1:-1]
    yield "]}"


def _embedded(value: Any) -> str:
    """JSON for a script element, in which only "<" could end it or begin a comment."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
