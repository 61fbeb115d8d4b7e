"""An audit as a page, a table or JSON."""

from __future__ import annotations

import html
import importlib.resources
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traceability import __version__, redaction
from traceability.audit.advice import ITEMS, LEVELS, PIECES, STATES
from traceability.audit.evidence import Audited
from traceability.audit.tables import AUDIT
from traceability.errors import StudyError
from traceability.runtime import files

FORMATS = (".html", ".json", ".tsv")


def check(output: Path) -> None:
    """Raise `StudyError` for a file name that says no known format."""
    if output.suffix not in FORMATS:
        raise StudyError(f"--output {output}: expected a name that ends in {', '.join(FORMATS)}")


def write(judged: Sequence[Audited], output: Path, store: str, kind: str) -> None:
    """Write the audit to `output`, whole or not at all; `store` is its address without password."""
    if output.suffix == ".tsv":
        AUDIT.write([row for one in judged for row in rows(one)], output)
    elif output.suffix == ".json":
        about = {"store": store, "kind": kind, "traceability": __version__, "levels": list(LEVELS)}
        files.write_json(output, about | {"summary": summary(judged), "runs": [whole(one) for one in judged]})
    else:
        files.write_text(output, page(judged, store, kind))


def rows(one: Audited) -> list[dict[str, Any]]:
    """Rows of `tables.AUDIT` for one run."""
    about = {key: _flat(value) for key, value in _head(one).items()}
    return [
        about | {"level": one.level, "level_name": one.level_name, "item": item.name, "state": item.state,
                 "evidence": _flat("; ".join(item.evidence)),
                 "missing": "; ".join(PIECES[code].meaning for code in item.missing),
                 "line": " # ".join(PIECES[code].line for code in item.missing)}
        for item in one.items.values()
    ]  # fmt: skip


def whole(one: Audited) -> dict[str, Any]:
    """One run as JSON."""
    items = {
        item.name: {
            "state": item.state,
            "evidence": item.evidence,
            "missing": [
                {"piece": code, "meaning": PIECES[code].meaning, "line": PIECES[code].line} for code in item.missing
            ],
        }
        for item in one.items.values()
    }
    return _head(one) | {"level": one.level, "level_name": one.level_name, "items": items}


def summary(judged: Sequence[Audited]) -> dict[str, Any]:
    """How many runs have each level and each state of each item, and how many lack each piece."""
    levels = Counter(one.level_name for one in judged)
    states = {name: Counter(one.items[name].state for one in judged) for name in ITEMS}
    pieces = Counter(code for one in judged for item in one.items.values() for code in item.missing)
    return {
        "runs": len(judged),
        "levels": {name: levels[name] for name in LEVELS},
        "states": {name: {state: states[name][state] for state in STATES} for name in ITEMS},
        "missing": {code: pieces[code] for code in PIECES if pieces[code]},
    }


def page(judged: Sequence[Audited], store: str, kind: str) -> str:
    """The audit as one HTML page that needs nothing else: what comes from the record is data, never mark-up."""
    resources = importlib.resources.files("traceability.audit")
    about = summary(judged)
    data = {
        "levels": LEVELS, "items": ITEMS, "states": STATES,
        "pieces": {code: [piece.meaning, piece.line] for code, piece in PIECES.items()},
        "runs": [
            [one.run.run_id, one.run.experiment, one.run.name, one.run.status, one.run.start, one.level]
            + [[STATES.index(item.state), item.evidence, item.missing] for item in one.items.values()]
            for one in judged
        ],
    }  # fmt: skip
    # Inside a script element only "<" could end it or begin a comment.
    embedded = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return (
        (resources / "report.html").read_text(encoding="utf-8")
        .replace("{{store}}", html.escape(store))
        .replace("{{kind}}", html.escape(kind))
        .replace("{{runs}}", f"{len(judged):,}")
        .replace("{{summary}}", _tables(about))
        .replace("{{style}}", (resources / "report.css").read_text(encoding="utf-8"))
        .replace("{{script}}", (resources / "report.js").read_text(encoding="utf-8"))
        .replace("{{data}}", embedded)
    )  # fmt: skip


def _tables(about: dict[str, Any]) -> str:
    """The summary as mark-up, so that it can be read without scripts too."""
    total = max(about["runs"], 1)

    def row(cells: Sequence[object], tag: str = "td") -> str:
        first, *others = (html.escape(str(cell)) for cell in cells)
        head = ' class="head"' if tag == "th" else ""
        return (
            f'<tr{head}><th scope="row">{first}</th>' + "".join(f"<{tag}>{cell}</{tag}>" for cell in others) + "</tr>"
        )

    levels = "".join(
        row([f"{number} {name}", count, f"{100 * count / total:.0f} %"])
        for number, (name, count) in enumerate(about["levels"].items())
    )
    states = row(["item", *STATES], "th") + "".join(
        row([name, *counts.values()]) for name, counts in about["states"].items()
    )
    missing = sorted(about["missing"].items(), key=lambda pair: -pair[1])
    pieces = "".join(
        row([PIECES[code].meaning, count]).replace(
            "</tr>", f"<td><code>{html.escape(PIECES[code].line)}</code></td></tr>"
        )
        for code, count in missing
    )
    return (
        f"<table><caption>Levels</caption>{levels}</table><table><caption>Items</caption>{states}</table>"
        '<table class="wide"><caption>Missing pieces, in how many runs, and the line that records them</caption>'
        f"{pieces}</table>"
    )


def _head(one: Audited) -> dict[str, str]:
    run = one.run
    return {
        "run_id": run.run_id, "experiment": redaction.text(run.experiment), "run_name": redaction.text(run.name),
        "status": run.status, "start": run.start,
    }  # fmt: skip


def _flat(text: str) -> str:
    """Text for a cell of a TSV file."""
    return " ".join(text.split())
