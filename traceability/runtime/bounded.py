"""Running a program that may misbehave: within time, with its output cut to its end, and nothing of it left after."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from traceability.runtime import terminal

#: Characters that are kept of what a program says, from its end.
KEPT = 20_000
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit status (None: it was killed for taking too long), seconds, its last words."""

    status: int | None
    seconds: float
    output: str

    @property
    def last_line(self) -> str:
        """The last thing it said, without colours; other control characters are written out."""
        plain = _COLOURS.sub("", self.output)
        lines = [line for line in plain.strip().splitlines() if line.strip()]
        return terminal.printable(lines[-1][:300]) if lines else "it said nothing"


def run(words: Sequence[str], *, cwd: Path | None, environment: Mapping[str, str], timeout: float) -> Ended:
    """Run `words` without a shell and without input, and wait for the end.

    All that it started ends with it, on time-out, and with this process however that ends: `supervise.py` stands in
    between. Its output is read while it comes, and only the last 20,000 characters are kept. Raises `OSError` where
    `cwd` is no folder.
    """
    supervisor = [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervise.py")), "--signal", "9"]
    begin = time.perf_counter()
    held, kept_open = os.pipe()
    said, output = os.pipe()
    try:
        process = subprocess.Popen(
            [*supervisor, *words], cwd=cwd, env=dict(environment), stdin=held, stdout=subprocess.DEVNULL,
            stderr=output, start_new_session=True,
        )  # fmt: skip
    except BaseException:
        os.close(kept_open)
        os.close(said)
        raise
    finally:
        os.close(held)
        os.close(output)
    tail = _Tail(said)
    late = False
    try:
        process.wait(timeout=timeout)
    except subprocess.TimeoutExpired:
        late = True
    finally:
        os.close(kept_open)  # the sign to end everything
        process.wait()
        tail.thread.join(timeout=10)
        os.close(said)
    return Ended(None if late else process.returncode, time.perf_counter() - begin, tail.text())


class _Tail:
    """The end of what comes out of a pipe."""

    def __init__(self, handle: int) -> None:
        self._kept = b""
        self._handle = handle
        self.thread = threading.Thread(target=self._read, daemon=True, name="tail")
        self.thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while chunk := os.read(self._handle, 65536):
                self._kept = (self._kept + chunk)[-4 * KEPT :]

    def text(self) -> str:
        return self._kept.decode("utf-8", errors="replace")[-KEPT:]
