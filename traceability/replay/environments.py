"""The environment of a replay: this one, one rebuilt with uv from what the record says, or one that a file names."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from traceability.errors import StudyError
from traceability.files import write_text
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record

_REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w.,\s-]+\])?\s*([<>=!~]=?.*)?(;.*)?")


@dataclass(frozen=True)
class Resolved:
    """An interpreter, and where its packages were named: `same`, `model`, `repository` or `file`."""

    python: Path
    origin: str


def resolve(name: str, record: Record, folder: Path, cache: Path) -> Resolved:
    """The interpreter for environment `name`: `same`, `recorded`, `recorded_then` or the path of a requirements file.

    `recorded_then` takes only packages published by the day of the run. Environments are kept in `cache` by the digest
    of what they hold. Stops with a reason of `environment_resolved`.
    """
    if name == "same":
        return Resolved(Path(sys.executable), "same")
    if name in ("recorded", "recorded_then"):
        lines, python, origin = _recorded(record, folder)
        cutoff = record.date if name == "recorded_then" else ""
    else:
        if not Path(name).is_file():
            raise Stopped("environment_missing", f"{name}: no such requirements file")
        # The user's own file is taken as it is, with its hashes.
        text = Path(name).read_text(encoding="utf-8")
        return Resolved(_build(text, _running(), "", cache), "file")
    for line in lines:
        # Options, paths and addresses in somebody's requirements could name any code.
        if not _REQUIREMENT.fullmatch(line):
            raise Stopped("requirement_unresolvable", f"'{line}' is not a package of the index")
    return Resolved(_build("\n".join(sorted(lines)) + "\n", python, cutoff, cache), origin)


def _running() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _lines(path: Path) -> list[str]:
    """Requirements of a file without comments and hashes."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    plain = (re.sub(r"\s--hash=\S+", "", line.partition(" #")[0]).strip() for line in text.splitlines())
    return [line for line in plain if line and not line.startswith("#")]


def _recorded(record: Record, folder: Path) -> tuple[list[str], str, str]:
    """Requirements, Python version, and where they were found: the logged model, else the restored repository."""
    places = [(record.model, "model")] if record.model else []
    for place, origin in [*places, (folder, "repository")]:
        requirements, python_env = place / "requirements.txt", place / "python_env.yaml"
        python = _running()
        if python_env.is_file():
            with contextlib.suppress(yaml.YAMLError, AttributeError):
                python = str(yaml.safe_load(python_env.read_text(encoding="utf-8")).get("python") or python)
        if requirements.is_file():
            return _lines(requirements), ".".join(python.split(".")[:2]), origin
    raise Stopped("no_environment_recorded", "no logged model and no requirements.txt in the repository")


def _build(requirements: str, python: str, cutoff: str, cache: Path) -> Path:
    """Create the environment once, whoever asks first, and return its interpreter."""
    named = f"{requirements}python {python}\nuntil {cutoff}\n"
    home = cache.resolve() / hashlib.sha256(named.encode()).hexdigest()[:16]
    interpreter = home / "bin" / "python"
    with _waiting(home.with_suffix(".lock")):
        failed = home.with_suffix(".failed")
        if failed.exists():
            raise Stopped("requirement_unresolvable", failed.read_text(encoding="utf-8"))
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            _uv("environment_missing", "venv", "--quiet", "--python", python, "--no-python-downloads", str(home))
            wanted = home / "requirements.txt"
            write_text(wanted, requirements)
            until = ["--exclude-newer", cutoff] if cutoff else []
            try:
                # --no-build: installing must not run anybody's set-up script.
                _uv("requirement_unresolvable", "pip", "install", "--quiet", "--no-build", "--python",
                    str(interpreter), *until, "-r", str(wanted))  # fmt: skip
            except Stopped as stopped:
                write_text(failed, stopped.detail)
                raise
            write_text(home / "complete", named)
    return interpreter


def _uv(code: str, *words: str) -> None:
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        raise StudyError("uv is not on PATH; install it (it rebuilds recorded environments) and try again")
    done = subprocess.run([uv, "--no-config", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise Stopped(code, said[-300:] or f"uv {words[0]} ended with {done.returncode}")


@contextlib.contextmanager
def _waiting(path: Path) -> Iterator[None]:
    """Hold the lock on `path`, waiting for whoever builds the same environment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
