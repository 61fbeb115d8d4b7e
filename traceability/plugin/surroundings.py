"""The command line, Python, the platform and all installed packages."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import shlex
import sys

from traceability import redaction
from traceability.plugin.limits import TAG_BYTES


def command(found: dict[str, str]) -> None:
    """Add the command line that the user typed, without secrets."""
    # A process that `multiprocessing` or joblib started has a program of its own; its arguments are the parent's.
    spawned = any(word in argument for argument in sys.orig_argv[:8] for word in ("multiprocessing", "loky"))
    words = [sys.executable, *map(str, sys.argv)] if spawned else sys.orig_argv
    found["argv"] = shlex.join(redaction.words(words))


def environment(found: dict[str, str]) -> None:
    """Add Python, the platform and the installed packages, and the digest of the packages."""
    found["python"] = platform.python_version()
    found["platform"] = _platform()
    folders = tuple(folder or "." for folder in sys.path)
    installed = _packages(os.getpid(), folders, tuple(_changed(folder) for folder in folders))
    lines = [f"{name}=={version}" for name, version in sorted(installed.items())]
    found["environment_sha256"] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    for number, chunk in enumerate(chunks(lines), start=1):
        found["packages" if number == 1 else f"packages.{number}"] = chunk


@functools.cache
def _platform() -> str:
    return platform.platform()


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - dozens of folders, asked for at each run
    except OSError:
        return 0


@functools.lru_cache(maxsize=2)
def _packages(process: int, folders: tuple[str, ...], changed: tuple[int, ...]) -> dict[str, str]:  # noqa: ARG001
    """Installed distributions by the names of their metadata folders: a hundred times cheaper than reading each.

    Kept per process while the search path and its folders stay the same.
    """
    found: dict[str, str] = {}
    for folder in folders:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                named = re.fullmatch(r"([A-Za-z0-9].*?)-(\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info", entry.name)
                if named:
                    found.setdefault(re.sub(r"[-_.]+", "-", named[1]).lower(), named[2])
    return found


def chunks(lines: list[str]) -> list[str]:
    """Lines joined by spaces into as few texts as fit into tags."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1].encode()) + 1 + len(line.encode()) <= TAG_BYTES:
            texts[-1] += f" {line}"
        else:
            texts.append(line)
    return texts
