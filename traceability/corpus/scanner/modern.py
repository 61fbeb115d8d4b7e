"""Python that is newer than the one that runs the scanner, brought into older forms of the same length.

Type parameters (PEP 695 and 696), the `type` statement, and f-strings with nested quotes, line ends or comments
(PEP 701) say nothing about calls; they are blanked, and what they enclose stays at its line and column.
"""

from __future__ import annotations

import re
from typing import Any

from traceability.corpus.scanner.tolerant import tree

_GENERIC = re.compile(rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*(?=\[)", re.MULTILINE)
_ALIAS = re.compile(rb"^([ \t]*)type[ \t]+(\w+)[ \t]*(?=[\[=])", re.MULTILINE)
_OPEN, _CLOSE = b"([{", b")]}"


def older(text: str) -> str | None:
    """The text without what older Pythons do not know; None where it holds nothing of the kind."""
    data = bytearray(text.encode("utf-8", errors="replace"))
    before = bytes(data)
    for found in _GENERIC.finditer(before):
        _blank(data, found.end(), _closing(before, found.end()), continued=True)
    for found in _ALIAS.finditer(before):
        head = found[1] + found[2]
        data[found.start() : found.end()] = head.ljust(found.end() - found.start())
        if before[found.end() : found.end() + 1] == b"[":
            _blank(data, found.end(), _closing(before, found.end()), continued=True)
    _strings(data)
    return data.decode("utf-8", errors="replace") if bytes(data) != before else None


def _closing(data: bytes, start: int) -> int:
    """One behind the bracket that closes the one at `start`; `start` itself where there is none near."""
    depth = 0
    for place in range(start, min(len(data), start + 2000)):
        depth += data[place : place + 1] in (b"(", b"[", b"{")
        depth -= data[place : place + 1] in (b")", b"]", b"}")
        if depth == 0:
            return place + 1
    return start


def _blank(data: bytearray, start: int, end: int, continued: bool = False) -> None:
    """Blanks in place of a stretch; its line ends stay, and are continued where no bracket is around them."""
    for place in range(start, end):
        if data[place] == 0x0A:
            if continued and place > start and data[place - 1] != 0x0A:
                data[place - 1] = 0x5C  # a backslash
        else:
            data[place] = 0x20


def _strings(data: bytearray) -> None:
    """Each f-string, with the strings written beside it, as a tuple of what it formats."""
    pending: list[Any] = [tree(bytes(data)).root_node]
    while pending:
        node = pending.pop()
        if node.type == "concatenated_string" and any(_formats(child) for child in node.named_children):
            _rewrite(data, node, [child for child in node.named_children if child.type == "string"])
        elif _formats(node):
            _rewrite(data, node, [node])
        else:
            pending += node.named_children


def _formats(node: Any) -> bool:
    return node.type == "string" and any(child.type == "interpolation" for child in node.named_children)


def _rewrite(data: bytearray, whole: Any, strings: list[Any]) -> None:
    start, end = whole.start_byte, whole.end_byte
    source = bytes(data[start:end])
    if source[:1] == b"\n" or source[-1:] == b"\n":  # a string that never ends
        return
    _blank(data, start, end)
    data[start], data[end - 1] = 0x28, 0x29  # ( )
    for child in (child for string in strings for child in string.named_children if child.type == "interpolation"):
        inner = child.child_by_field_name("expression")
        if inner is None:
            continue
        data[inner.start_byte : inner.end_byte] = source[inner.start_byte - start : inner.end_byte - start]
        comma = next((place for place in range(inner.end_byte, end - 1) if data[place] != 0x0A), None)
        if comma is not None:
            data[comma] = 0x2C  # the place of a closing brace, a colon or the like
        if _formats(inner):
            _rewrite(data, inner, [inner])
