"""Which processes live, and where they work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def take_interrupts() -> None:
    """For `preexec_fn`: a shell's background job ignores interrupts, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def processes_of(folder: Path) -> list[psutil.Process]:
    """The processes that work in `folder` or below it, or name it on their command line; the oldest first.

    `process.info` holds the command line (`said`, cut) and when the process began.
    """
    working = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            here = str(folder) in f"{process.cwd()} {' '.join(words)}"
            if here and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                process.info = {"said": " ".join(words)[:200], "began": process.create_time()}
                working.append(process)
        except (psutil.Error, OSError):
            continue  # another user's, or gone
    return sorted(working, key=lambda process: process.info["began"])


def wait_until(holds: Callable[[], object], seconds: float) -> bool:
    """Whether `holds()` becomes true within the time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
