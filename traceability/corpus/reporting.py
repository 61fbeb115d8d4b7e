"""The result of `traceability scan` in the formats that people and programs read: text, JSON, SARIF, GitHub."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from traceability import __version__
from traceability.corpus.scanner.project import SCANNER_VERSION, Scan
from traceability.corpus.scanner.scanning import Place, plain
from traceability.corpus.scanner.values import Call

#: How MLflow is reached, in words.
WAYS = {
    "module": "direct", "name": "direct", "client": "client", "reference": "handed on", "wrapped": "own function",
    "library": "library", "configured": "configuration",
}  # fmt: skip
#: Calls that log nothing: they are counted, and listed by the tables and JSON alone.
QUIET = frozenset({"other", "client", "autolog_disabled"})
_MEANING = {
    "wrapper": "another library, or configuration, writes to MLflow", "missing-tracking": "no call tracks anything",
}  # fmt: skip


@dataclass
class Report:
    """What was found in each place, in the order in which the places were given."""

    places: list[Place]
    results: list[Scan | str]
    fail_on: tuple[str, ...] = ()
    prefixes: list[str] = field(default_factory=list)  # before each path, as the user named the place

    def scans(self) -> list[tuple[Place, str, Scan]]:
        """The places that could be read."""
        pairs = zip(self.places, self.prefixes, self.results, strict=True)
        return [(place, prefix, result) for place, prefix, result in pairs if not isinstance(result, str)]

    def failures(self) -> list[tuple[Place, str]]:
        """The places that could not be read, with the reason."""
        pairs = zip(self.places, self.results, strict=True)
        return [(place, result) for place, result in pairs if isinstance(result, str)]

    def untracked(self) -> list[tuple[Place, str]]:
        """The places that track nothing, where that is a finding."""
        if "missing-tracking" not in self.fail_on:
            return []
        return [(place, prefix) for place, prefix, scan in self.scans() if not scan.usage["traces_any"]]

    def listed(self) -> list[tuple[str, Call]]:
        """Every call that logs something, with its path as a user would write it."""
        return [
            (plain(prefix + call.file), call)
            for _, prefix, scan in self.scans() for call in scan.calls
            if call.kind not in QUIET and call.way != "wrapped"
        ]  # fmt: skip


def text(report: Report) -> str:
    """One line for each call, `path:line:column: what  api (way)`, and a summary."""
    lines = [
        f"{_place(path, call)}: {call.kind}  {plain(call.api)} ({WAYS[call.way]})" for path, call in report.listed()
    ]
    lines += [
        f"{plain(place.repository)}: missing-tracking  no call tracks anything" for place, _ in report.untracked()
    ]
    return "\n".join([*lines, *summary(report)]) + "\n"


def summary(report: Report) -> list[str]:
    """What was read and found, in one line, and one more for each checkout."""
    scans = report.scans()
    listed = report.listed()
    files = sum(int(scan.usage["python_files"] + scan.usage["notebooks"]) for _, _, scan in scans)
    kinds = Counter(call.kind for _, call in listed)
    found = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items(), key=lambda row: (-row[1], row[0])))
    projects = f" in {len(scans)} projects" if len(scans) > 1 else ""
    lines = [f"{_many(len(listed), 'call')} that log{'s' * (len(listed) == 1)} to MLflow"
             f" in {_many(files, 'file')}{projects}{': ' * bool(found)}{found}"]  # fmt: skip
    for place, _, scan in scans:
        if scan.head:
            state = "" if not scan.changed else f", {_many(scan.changed, 'file')} not as committed"
            lines.append(f"{plain(place.repository)}: commit {scan.head[:12]}{state}")
    return lines


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _place(path: str, call: Call) -> str:
    cell = f":cell {call.cell}" if call.cell >= 0 else ""
    return f"{path}{cell}:{call.line}:{call.column}"


def as_json(report: Report) -> str:
    """Everything that was found, project by project."""
    projects: list[dict[str, Any]] = []
    for place, prefix, result in zip(report.places, report.prefixes, report.results, strict=True):
        head: dict[str, Any] = {"project": plain(place.repository)}
        if isinstance(result, str):
            projects.append(head | {"status": "unavailable", "reason": plain(result)})
            continue
        fields = ("line", "column", "cell", "kind", "way", "confidence")
        projects.append(head | {
            "status": "scanned", "commit": result.head or None,
            "changed_files": result.changed if result.head else None,
            "usage": result.usage,
            "calls": [
                {"file": plain(prefix + c.file), "api": plain(c.api)} | {n: getattr(c, n) for n in fields}
                for c in result.calls
            ],
            "problems": [
                {"file": plain(prefix + file), "kind": kind, "detail": plain(detail)}
                for file, kind, detail in result.problems
            ],
        })  # fmt: skip
    return json.dumps({"scanner": SCANNER_VERSION, "projects": projects}, indent=2, ensure_ascii=False) + "\n"


def sarif(report: Report) -> str:
    """SARIF 2.1.0, as code scanning services take it: a note for each call, an error for missing tracking."""
    listed = report.listed()
    kinds = sorted({call.kind for _, call in listed} | ({"missing-tracking"} if report.untracked() else set()))
    meanings = {kind: _MEANING.get(kind.partition("_")[0], _MEANING.get(kind, f"MLflow: {kind}")) for kind in kinds}
    rules = [{"id": kind, "shortDescription": {"text": meaning}} for kind, meaning in meanings.items()]
    results: list[dict[str, Any]] = []
    for path, call in listed:
        cell = f" in cell {call.cell}" if call.cell >= 0 else ""
        region = {"startLine": max(call.line, 1), "startColumn": call.column}
        results.append({
            "ruleId": call.kind, "level": "note",
            "message": {"text": f"{plain(call.api)} ({WAYS[call.way]}){cell}"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(path)}, "region": region}}],
        })  # fmt: skip
    for place, _ in report.untracked():
        location = {"physicalLocation": {"artifactLocation": {"uri": quote(plain(place.repository))}}}
        results.append({
            "ruleId": "missing-tracking", "level": "error", "message": {"text": _MEANING["missing-tracking"]},
            "locations": [location],
        })  # fmt: skip
    driver = {"name": "traceability scan", "version": __version__, "semanticVersion": SCANNER_VERSION, "rules": rules}
    whole = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": results}],
    }  # fmt: skip
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def github(report: Report) -> str:
    """Workflow commands of GitHub Actions: a notice at each call, an error for missing tracking."""
    lines = []
    for path, call in report.listed():
        cell = f" in cell {call.cell}" if call.cell >= 0 else ""
        lines.append(
            f"::notice file={_property(path)},line={call.line},col={call.column},title={_property(call.kind)}::"
            f"{_message(plain(call.api))} ({WAYS[call.way]}){cell}"
        )
    for place, _ in report.untracked():
        lines.append(
            f"::error title=missing-tracking::{_message(plain(place.repository))}: {_MEANING['missing-tracking']}"
        )
    return "".join(f"{line}\n" for line in [*lines, *map(_message, summary(report))])


def _message(written: str) -> str:
    return written.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(written: str) -> str:
    return _message(written).replace(":", "%3A").replace(",", "%2C")


#: The formats that are text.
WRITERS: dict[str, Callable[[Report], str]] = {"text": text, "json": as_json, "sarif": sarif, "github": github}
