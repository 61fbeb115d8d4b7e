"""Printing text that other people wrote: nothing of it may steer the terminal, and no terminal may refuse it."""

from __future__ import annotations

import re
import sys
from typing import IO

#: Control characters, and those that turn the direction of writing or hide what stands between.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


def printable(text: str, lines: bool = False) -> str:
    """`text` with control characters written out (`\\x1b`); line feeds stay where `lines` says that they are ours."""
    return _CONTROL.sub(lambda found: "\n" if lines and found[0] == "\n" else _written(found[0]), text)


def _written(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def echo(text: str, error: bool = False) -> None:
    """Print lines: control characters and what the terminal's encoding lacks are written out."""
    stream: IO[str] = sys.stderr if error else sys.stdout
    stream.write(encodable(printable(text, lines=True), stream) + "\n")


def encodable(text: str, stream: IO[str]) -> str:
    """`text` as `stream` can take it: what its encoding lacks is written out (`\\u2713`)."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding, "replace")
