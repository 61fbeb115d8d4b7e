"""Python inside files that are not Python: notebooks that Databricks exported in other languages, and Quarto."""

from __future__ import annotations

import re

from traceability.corpus.scanner.sources import MAX_PYTHON_BYTES, Part, Problem, Source, decode, parse, with_runs

#: How each language comments out a line of a cell in another one.
_MAGIC = {".sql": "-- MAGIC", ".scala": "// MAGIC", ".r": "# MAGIC"}
_FENCE = re.compile(r"^(`{3,})\{python\b[^}]*\}\s*$")


def read(path: str, data: bytes) -> Source:
    """The Python of such a file, each line where it stands; everything else is blanked."""
    if len(data) > MAX_PYTHON_BYTES:
        return Source(problems=[Problem("too_large", f"{len(data)} bytes; at most {MAX_PYTHON_BYTES} are read")])
    text, problems = decode(data)
    ending = path.lower()[path.rindex(".") :]
    lines = _cells(text, _MAGIC[ending]) if ending in _MAGIC else _chunks(text)
    if not any(line.strip() for line in lines):
        return Source(problems=problems)
    body, more = parse(with_runs("\n".join(lines)), magics=True)
    return Source([Part(body)], problems + more)


def _cells(text: str, magic: str) -> list[str]:
    """The `%python` cells of an exported notebook."""
    lines = text.split("\n")
    if "Databricks notebook source" not in lines[0]:
        return []
    kept, python, begins = [], False, True
    for line in lines:
        if "COMMAND ----------" in line:
            python, begins = False, True
            kept.append("")
            continue
        code = line[len(magic) + 1 :] if line.startswith(magic) else None
        if begins and code is not None and code.strip():
            python, begins = code.strip().split()[0] == "%python", False
            code = ""
        elif line.strip() and code is None and "Databricks notebook source" not in line:
            python, begins = False, False
        kept.append(code if python and code is not None else "")
    return kept


def _chunks(text: str) -> list[str]:
    """The Python chunks of a Quarto or R Markdown document."""
    kept, fence = [], ""
    for line in text.split("\n"):
        begin = _FENCE.match(line)
        if fence:
            closed = line.strip() == fence
            kept.append("" if closed else line)
            fence = "" if closed else fence
        else:
            kept.append("")
            fence = begin[1] if begin else ""
    return kept
