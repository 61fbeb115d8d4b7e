"""Errors in words that two runs of the study share: why something was not measured, what a client saw."""

from __future__ import annotations

import re

#: What differs from run to run, and what stands in its place.
_VOLATILE = (
    (r"\b\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?\s*", ""),
    (r"[0-9a-f]{32}", "<id>"),
    (r"port[ =]+\d+|127\.0\.0\.1:\d+", "<address>"),
    (r"\[\d+\]", "[<process>]"),
    (r"(?<![\w:])/[\w./~-]+/", "<folder>/"),
    (r"0x[0-9a-f]+", "<object>"),
)


def plain(text: str, longest: int = 200) -> str:
    """A text without ids, ports, times and folders."""
    for volatile, word in _VOLATILE:
        text = re.sub(volatile, word, text)
    return text[:longest]


def first_line(error: Exception) -> str:
    """The first line of an error that says what happened; SQLAlchemy puts advice on its own use before it."""
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("(raised as a result of")]
    return lines[0] if lines else ""


def reason(error: Exception) -> str:
    """Why something was not measured.

    Where a service's log lies is left out: it is gone by then, and the error holds its last line.
    """
    return plain(re.sub(r"; its log is \S+$", "", first_line(error) or type(error).__name__), 300)
