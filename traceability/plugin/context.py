"""What MLflow does not record about the running program: code as it was loaded, seeds and flags in force, packages.

Looked at from inside the program that is to be recorded, so: the standard library and git only, nothing is imported
that the program has not imported itself, no random generator is advanced, and all of it has two seconds. Whatever
fails, or is not known in time, costs its own tag and nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from traceability import redaction
from traceability.plugin import data, limits, randomness, repository, surroundings

Part = Callable[[dict[str, str]], None]


def tags() -> dict[str, str]:
    """All facts as tag values by name, without prefix. Raises nothing: a part that fails says so in its place."""
    return look()[0]


def look() -> tuple[dict[str, str], dict[str, str]]:
    """As `tags`; and those values whole that are cut in the tags, by their names."""
    limit = limits.seconds()
    until = time.monotonic() + limit
    found: dict[str, str] = {}
    # In this thread: the numbers of threads in force are a thread's own, and nothing here waits for a disk.
    _look(found, "randomness", randomness.describe)
    late: dict[str, str] = {}
    # A little earlier than the end, so that git is ended and the rest is told in time.
    ends = until - 0.1 * limit
    parts: dict[str, Part] = {
        "command": surroundings.command,
        "environment": surroundings.environment,
        "code": lambda into: repository.describe(into, ends),
        "data": lambda into: data.describe(into, ends),
    }
    done: set[str] = set()

    def look_at(name: str) -> None:
        _look(late, name, parts[name])
        done.add(name)

    # In threads of their own: a disk that does not answer cannot be given a time limit, and costs no other part.
    waiting = []
    for name in parts:
        try:
            thread = threading.Thread(target=look_at, args=(name,), daemon=True, name=f"traceability-{name}")
            thread.start()
            waiting.append(thread)
        except RuntimeError:  # no thread can be started any more: the interpreter is ending
            look_at(name)
    for thread in waiting:
        thread.join(limits.remaining(until))
    known = dict(late)
    for name in parts.keys() - done:
        said = f"took longer than {limit:g} s; {limits.SECONDS_VARIABLE} sets another limit"
        known.setdefault(f"failed_{name}", said)
    return _fitting(found | known)


def _look(found: dict[str, str], name: str, part: Part) -> None:
    try:
        part(found)
    except Exception as error:
        found[f"failed_{name}"] = redaction.text(f"{type(error).__name__}: {error}"[:500])


def _fitting(found: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Values as every store takes them: valid Unicode, and long ones in parts `name`, `name.2`, `name.3` ...

    A value of more than `limits.PARTS` parts is cut, `name_cut` says so, and the second mapping holds it whole.
    """
    fitting: dict[str, str] = {}
    whole: dict[str, str] = {}
    for name, value in found.items():
        # Names of files and arguments need not be text; what cannot be encoded is written as \\udcff.
        encoded = value.replace("\0", "\\0").encode("utf-8", "backslashreplace")
        pieces = _pieces(encoded)
        for number, piece in enumerate(pieces[: limits.PARTS], start=1):
            fitting[name if number == 1 else f"{name}.{number}"] = piece
        if len(pieces) > limits.PARTS:
            kept = sum(len(piece.encode()) for piece in pieces[: limits.PARTS])
            fitting[f"{name}_cut"] = f"{kept} of {len(encoded)} bytes are in the tags"
            whole[name] = encoded.decode("utf-8")
    return fitting, whole


def _pieces(encoded: bytes) -> list[str]:
    """Text in pieces of at most `limits.TAG_BYTES` bytes, none of which ends inside a character."""
    pieces: list[str] = []
    begin = 0
    while begin < len(encoded) or not pieces:
        end = min(begin + limits.TAG_BYTES, len(encoded))
        while end < len(encoded) and encoded[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(encoded[begin:end].decode("utf-8"))
        begin = end
    return pieces
