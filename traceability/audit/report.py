"""An audit as a page, a table or JSON, written piece by piece, so that many runs need no second copy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from traceability import __version__
from traceability.audit.advice import ITEMS, LEVELS, PIECES, STATES
from traceability.audit.rows import About, Collected, Row
from traceability.errors import StudyError
from traceability.runtime import files
from traceability.runtime.terminal import printable

FORMATS = ("table", "json", "tsv", "html")

COLUMNS = (
    "run_id", "experiment", "run_name", "status", "start", "level", "level_name", "item", "state", "evidence",
    "missing", "line",
)  # fmt: skip
"""Columns of the TSV form, as `tables.AUDIT` declares them (a test compares the two)."""


def format_of(output: Path | None, given: str | None) -> str:
    """The format that is meant: the given one, else the one that the file's name says, else a table.

    Raises `StudyError` for a format or a name that says none, and for a table in a file.
    """
    if given is not None and given not in FORMATS:
        raise StudyError(f"--format {given}: expected one of {', '.join(FORMATS)}")
    if output is None:
        return given or "table"
    if given in (None, "table"):
        ending = output.suffix.lower().removeprefix(".")
        if ending not in FORMATS[1:]:
            raise StudyError(f"--output {output}: expected a name that ends in .html, .json, .tsv, or --format")
        return ending
    return str(given)


def write(found: Collected, about: About, output: Path, kind: str) -> None:
    """Write the audit to `output`, whole or not at all."""
    with files.replacing(output) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(pieces(found, about, kind))


def pieces(found: Collected, about: About, kind: str) -> Iterator[str]:
    """The text of the audit in one of the formats but the table, piece by piece."""
    if kind == "tsv":
        yield from _tsv(found)
    elif kind == "json":
        yield from _json(found, about)
    else:
        from traceability.audit import page

        yield from page.pieces(found, about)


def _tsv(found: Collected) -> Iterator[str]:
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, COLUMNS, delimiter="\t", lineterminator="\n")
    table.writeheader()
    for row in found.rows:
        table.writerows(rows(row))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def rows(row: Row) -> list[dict[str, Any]]:
    """Rows of `tables.AUDIT` for one run."""
    about = {key: _flat(value) for key, value in _head(row).items() if key in COLUMNS}
    return [
        about | {"level": row.level, "level_name": LEVELS[row.level], "item": item, "state": STATES[entry.state],
                 "evidence": _flat("; ".join(entry.evidence)),
                 "missing": "; ".join(PIECES[code].meaning for code in entry.missing),
                 "line": " # ".join(PIECES[code].line for code in entry.missing)}
        for item, entry in zip(ITEMS, row.entries, strict=True)
    ]  # fmt: skip


def _json(found: Collected, about: About) -> Iterator[str]:
    """One object, each run on a line of its own, in ASCII, so that any terminal can show it."""
    head = {
        "store": about.store, "kind": about.kind, "scope": about.scope, "left_out": list(about.left_out),
        "made": about.made, "traceability": __version__, "levels": list(LEVELS), "summary": found.summary(),
        "first_steps": [
            {"what": action.what, "line": action.line, "runs_lifted": count} for action, count in found.first_steps()
        ],
    }  # fmt: skip
    yield json.dumps(head, indent=2)[:-2] + ',\n  "runs": ['
    for number, row in enumerate(found.rows):
        yield (",\n    " if number else "\n    ") + json.dumps(whole(row))
    yield "\n  ]\n}\n"


def whole(row: Row) -> dict[str, Any]:
    """One run as JSON."""
    items = {
        item: {
            "state": STATES[entry.state],
            "evidence": list(entry.evidence),
            "missing": [
                {"piece": code, "meaning": PIECES[code].meaning, "line": PIECES[code].line} for code in entry.missing
            ],
        }
        for item, entry in zip(ITEMS, row.entries, strict=True)
    }
    return _head(row) | {"level": row.level, "level_name": LEVELS[row.level], "items": items}


def _head(row: Row) -> dict[str, str]:
    return {
        "run_id": row.run_id, "experiment": row.experiment, "experiment_id": row.experiment_id, "run_name": row.name,
        "status": row.status, "start": row.start,
    }  # fmt: skip


def _flat(text: str) -> str:
    """Text for a cell of a TSV file."""
    return printable(" ".join(text.split()))
