"""Virtual environments built with uv from requirements, each once, named by the digest of what it holds."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import bounded
from traceability.runtime.files import write_text

UNREACHABLE = ("error sending request", "HTTP status server error")
"""How uv words it that nobody answered, as on a computing node without a way out."""

PASSING = (
    "No space left on device", "quota exceeded", "os error 28", "os error 122", "Permission denied", "os error 13",
    "Read-only file system", "timed out", "Cannot allocate memory", "os error 12", "Too many open files",
    "Input/output error", "File too large", "os error 27",
)  # fmt: skip
"""How uv words faults of the machine: they say nothing about the requirements, so they are never kept as a result."""


#: How long one step of an environment may take.
_SECONDS = 7200.0


class NotBuilt(Exception):
    """An environment that cannot be made: `stage` is `interpreter` or `packages`, `detail` what uv said."""

    def __init__(self, stage: str, detail: str) -> None:
        super().__init__(detail)
        self.stage = stage
        self.detail = detail


def running() -> str:
    """The Python of this process, as 3.11."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def build(
    requirements: str, python: str, cache: Path, *, until: str = "", sources: bool = False, again: bool = False
) -> Path:
    """The interpreter of an environment that holds `requirements` (the text of a requirements file).

    Whoever asks first creates it in `cache`; the others wait. `until` (a date) takes only what was published by then.
    Without `sources` only wheels are installed, so that nobody's set-up script runs. A failure is remembered; `again`
    tries once more. Raises `NotBuilt`, and `StudyError` where the package index cannot be reached or the
    machine stopped it (a full disk): that says nothing about the requirements.
    """
    named = f"{requirements}python {python}\nuntil {until}\n"
    home = cache.resolve() / hashlib.sha256(named.encode()).hexdigest()[:16]
    interpreter = home / "bin" / "python"
    with _waiting(home.with_suffix(".lock")):
        failed = home.with_suffix(".failed")
        if again:
            failed.unlink(missing_ok=True)
        if failed.exists():
            raise NotBuilt("packages", failed.read_text(encoding="utf-8"))
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            _uv("interpreter", "venv", "--quiet", "--python", python, "--no-python-downloads", str(home))
            wanted = home / "requirements.txt"
            write_text(wanted, requirements)
            options = ["--exclude-newer", until] if until else []
            options += [] if sources else ["--no-build"]
            try:
                _uv("packages", "pip", "install", "--quiet", "--python", str(interpreter), *options, "-r", str(wanted))
            except NotBuilt as stopped:
                write_text(failed, stopped.detail)
                raise
            _compile(interpreter, home)
            write_text(home / "complete", named)
    return interpreter


def _compile(interpreter: Path, home: Path) -> None:
    """Compile what was installed, without letting it run: a package may bring `.pth` lines that Python would obey.

    A file that this Python cannot compile is left as it is.
    """
    words = [str(interpreter), "-I", "-S", "-m", "compileall", "-q", "-j", "0", str(home / "lib")]
    bounded.run(words, cwd=home, environment=os.environ, timeout=_SECONDS)


def version_of(python: Path, package: str) -> str:
    """Version of a distribution in the environment of `python`, read and not run; empty where it is not there."""
    places = [str(path) for path in python.parent.parent.glob("lib*/python3*/site-packages")]
    found = importlib.metadata.Distribution.discover(name=package, path=places)
    return next((str(distribution.version) for distribution in found), "")


def _uv(stage: str, *words: str) -> None:
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        raise StudyError("uv is not on PATH; install it (it builds environments) and try again")
    done = bounded.run([uv, "--no-config", *words], cwd=None, environment=os.environ, timeout=_SECONDS)
    if done.status is None:
        raise StudyError(f"uv {words[0]} did not end within {_SECONDS:g} s; try again where the index answers faster")
    if done.status:
        said = " ".join(done.output.split())
        if any(words in said for words in UNREACHABLE):
            raise StudyError(
                f"the package index cannot be reached from {socket.gethostname()} (uv: {said[-120:]}); "
                "run this where it can be reached, or name a way with HTTPS_PROXY or UV_DEFAULT_INDEX"
            )
        if done.status < 0 or any(words in said for words in PASSING):
            raise StudyError(_passing_fault(said, done.status, Path(words[-1])))
        raise NotBuilt(stage, said[-300:] or f"uv {words[0]} ended with {done.status}")


def _passing_fault(said: str, status: int, beside: Path) -> str:
    """What stopped uv that lies in this machine, in one line; with the room that is left where the disk was full."""
    what = f"uv was ended by signal {-status}, perhaps for want of memory" if status < 0 else f"uv said: {said[-200:]}"
    if "No space left" in said or "quota" in said:
        folder = next(path for path in (beside, *beside.parents) if path.is_dir())
        free = shutil.disk_usage(folder).free / 2**20
        what = f"the disk of {folder} or of uv's cache is full; {free:.0f} MiB are free, one needs up to 3,000"
    return f"an environment could not be built here: {what}; nothing is kept of this, run again when it is mended"


@contextlib.contextmanager
def _waiting(path: Path) -> Iterator[None]:
    """Hold the lock on `path`, waiting for whoever builds the same environment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
