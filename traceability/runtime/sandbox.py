"""Running a program of somebody else so that it can do no harm: it sees little, reaches nothing and leaves nothing.

Where the system allows it, the program gets a file system of its own (one writable folder, read-only programs, an empty
home), no network, and a process tree that ends with it: by bubblewrap, else by the kernel's namespaces directly. Where
the system allows neither, its environment is still empty, its home thrown away and its size and time limited, and
`Fence.gaps` says what is open. No fence keeps out an attacker who has an exploit of the kernel.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from traceability.runtime import bounded

#: Largest file that a replayed run may write, in bytes.
FILE_LIMIT = 4 * 2**30
_PASSED_ON = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
#: What every program needs of the system, and nothing that is anybody's own.
_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/ld.so.cache",
    "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
    "/etc/hosts", "/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs",
    "/etc/mime.types", "/etc/fonts", "/etc/os-release", "/etc/debian_version", "/etc/OpenCL", "/sys/devices/system",
)  # fmt: skip
_DEVICES = ("nvidia*", "kfd", "dri")
#: Folders of an installed Python; its root may be somebody's home.
_PARTS = ("bin", "lib", "lib64", "libexec", "include", "share", "ssl", "etc", "pyvenv.cfg")


@dataclass(frozen=True)
class Fence:
    """What this system lets us take away from a program."""

    #: `bubblewrap`, `namespaces`, `network` (only that is taken away) or `none`.
    kind: str

    @property
    def files(self) -> bool:
        """Whether it sees only what it needs, and writes only into its own folder."""
        return self.kind in ("bubblewrap", "namespaces")

    @property
    def network(self) -> bool:
        """Whether it reaches no network."""
        return self.kind != "none"

    @property
    def holds(self) -> str:
        """What is fenced, in words."""
        if self.files:
            return (
                f"fenced by {self.kind}: it sees the system's programs and its own files, writes into one temporary "
                "folder, and all its processes end with it"
            )
        return "limited: an empty environment, a throw-away home, a time limit, and its processes end with it"

    @property
    def gaps(self) -> str:
        """What is not fenced, in words; empty where everything is."""
        open_ = [] if self.files else ["the file system (it can read and change all that you can)"]
        open_ += [] if self.network else ["the network"]
        return f"NOT fenced on this system: {' and '.join(open_)}" if open_ else ""


@dataclass(frozen=True)
class Ended(bounded.Ended):
    """How a fenced process ended; `network` is `off` or `open`."""

    network: str = "open"


@functools.cache
def fence() -> Fence:
    """The best fence that works here; each is tried, because containers and kernels allow one and not another."""
    with tempfile.TemporaryDirectory(prefix="fence-") as folder:
        for kind in ("bubblewrap", "namespaces", "network"):
            words = _fenced(kind, [shutil.which("true") or "/bin/true"], Path(folder), (), 0)
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                if words and subprocess.run(words, capture_output=True, check=False, timeout=20).returncode == 0:
                    return Fence(kind)
    return Fence("none")


def variables(home: Path, python: Path, extra: dict[str, str] | None = None) -> dict[str, str]:
    """The whole environment of the process: nothing of the caller's (keys, tokens, tracking addresses) goes along."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "tmp").mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {
        "HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_CACHE_HOME": str(home / ".cache"), "USER": "replay",
        "LOGNAME": "replay", "PATH": os.pathsep.join([str(python.parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1", "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet", "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0", "TF_CPP_MIN_LOG_LEVEL": "3",
    } | (extra or {})  # fmt: skip


def run(
    words: Sequence[str], *, folder: Path, environment: dict[str, str], timeout: float, memory_bytes: int = 0,
    writable: Path | None = None, readable: Sequence[Path] = (),
) -> Ended:  # fmt: skip
    """Run `words` (the first is the path of an interpreter) in `folder` and wait for the end. No shell is involved.

    It may write below `writable` (default: `folder`) and read, besides the system and its interpreter, `readable`.
    `memory_bytes` limits what each process may allocate (0: no limit).
    """
    kind = fence()
    libraries = [Path(place) for place in environment.get("LD_LIBRARY_PATH", "").split(os.pathsep) if place]
    seen = [*interpreter(Path(words[0])), *(place for place in libraries if not _too_wide(place)), *readable]
    fenced = _fenced(kind.kind, words, writable or folder, seen, memory_bytes, folder)
    ended = bounded.run(fenced, cwd=folder, environment=environment, timeout=timeout)
    return Ended(ended.status, ended.seconds, ended.output, "off" if kind.network else "open")


def interpreter(python: Path) -> list[Path]:
    """The files that a Python needs: its environment, the installation behind it, and packages installed in place."""
    roots = [python.parent.parent, python.resolve().parent.parent]
    with contextlib.suppress(OSError):
        for line in (python.parent.parent / "pyvenv.cfg").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "home":
                roots += [Path(value.strip()).parent, Path(value.strip()).resolve().parent]
    found = [root / part for root in dict.fromkeys(roots) for part in _PARTS]
    for link in python.parent.parent.glob("lib/python3*/site-packages/*.pth"):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            places = (Path(line.strip()) for line in link.read_text(encoding="utf-8").splitlines())
            found += [place for place in places if place.is_absolute() and place.is_dir() and not _too_wide(place)]
    return found


def _too_wide(place: Path) -> bool:
    """Whether a folder holds a home, so that showing it would show everything."""
    with contextlib.suppress(RuntimeError):
        return Path.home().resolve().is_relative_to(place.resolve())
    return place == Path("/")


def _fenced(
    kind: str, words: Sequence[str], writable: Path, readable: Sequence[Path], memory_bytes: int,
    folder: Path | None = None,
) -> list[str]:  # fmt: skip
    """The words that run `words` behind a fence; empty where a tool that it takes is missing."""
    begin = folder or writable
    seen = [str(path) for path in (*map(Path, _SYSTEM), *readable) if path.exists()]
    settings: dict[str, object] = {
        "loopback": kind in ("namespaces", "network"),
        "file_bytes": FILE_LIMIT,
        "memory_bytes": memory_bytes,
    }
    if kind == "bubblewrap":
        tool = shutil.which("bwrap")
        return [*_launcher(settings), *_bubblewrap(tool, seen, writable, begin), *words] if tool else []
    tool = shutil.which("unshare") if kind != "none" else None
    if kind == "namespaces":
        settings |= {"root": {"seen": seen, "devices": _devices(), "writable": str(writable), "begin": str(begin)}}
        own = [tool or "", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"]
        return [*own, *_launcher(settings), *words] if tool else []
    if kind == "network":
        return [tool, "--map-root-user", "--net", *_launcher(settings), *words] if tool else []
    return [*_launcher(settings), *words]


def _bubblewrap(tool: str, seen: list[str], writable: Path, begin: Path) -> list[str]:
    words = [tool, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--proc", "/proc",
             "--dev", "/dev", "--tmpfs", "/tmp"]  # fmt: skip # noqa: S108 - a folder of the program's own
    for path in seen:
        words += ["--ro-bind", path, path]
    for path in _devices():
        words += ["--dev-bind-try", path, path]
    return [*words, "--bind", str(writable), str(writable), "--remount-ro", "/", "--chdir", str(begin), "--"]


def _devices() -> list[str]:
    """Graphics processors: a program that used one may need it again."""
    return [str(path) for name in _DEVICES for path in sorted(Path("/dev").glob(name))]


def _launcher(settings: Mapping[str, object]) -> list[str]:
    """Words that let a command limit itself before it begins; see sandbox_launcher.py."""
    place = str(Path(__file__).with_name("sandbox_launcher.py"))
    return [sys.executable, "-I", "-S", place, json.dumps(settings)]
