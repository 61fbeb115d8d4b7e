"""The SHA-256 of the data that the user names."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path

from traceability import redaction
from traceability.plugin.limits import SECONDS_VARIABLE

#: Names the file or folder that the program reads; the only data whose digest is wanted.
DATA_VARIABLE = "TRACEABILITY_DATA"
_BLOCK = 2**20
_known: dict[tuple[Path, int, int, int, int], str] = {}


def describe(found: dict[str, str], until: float) -> None:
    """Add the data that `TRACEABILITY_DATA` names, as it names them, and their SHA-256; nothing where it is not set.

    The digest of a folder is that of `files.sha256_tree`, over names and contents in the order of the paths. Raises
    `OSError` where they cannot be read, and `TimeoutError` where reading takes longer than until `until`.
    """
    given = os.environ.get(DATA_VARIABLE, "")
    if not given:
        return
    found["data"] = redaction.text(given)
    place = Path(given)
    if not place.is_dir():
        found["data_sha256"] = _of_file(place, until)
        return
    digest = hashlib.sha256()
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        line = f"{path.relative_to(place).as_posix()}\0{_of_file(path, until)}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    found["data_sha256"] = digest.hexdigest()


def _of_file(path: Path, until: float) -> str:
    """SHA-256 of a regular file; remembered while the file stays the same: the next run reads only what is new."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise OSError(f"{path} is no regular file")
    state = (path, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    if state not in _known:
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                if time.monotonic() > until:
                    raise TimeoutError(f"reading takes too long; {SECONDS_VARIABLE} sets how many seconds it may take")
                digest.update(block)
        _known[state] = digest.hexdigest()
    return _known[state]
