"""git, called so that it gives the same answer on every machine.

No shell, no user or system configuration, no hooks, no signing, no prompts; author and dates fixed where commits are
made, so that the same files always give the same commit id, also on a machine with no git identity. Only commands that
are there to talk to another repository do: a repository under study may name, as the place of objects that it lacks, a
program of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from traceability.errors import StudyError

K = TypeVar("K")

_SETTINGS = (
    "user.name=Traceability Study", "user.email=study@localhost", "init.defaultBranch=main", "core.autocrlf=false",
    "commit.gpgsign=false", "tag.gpgsign=false", f"core.hooksPath={os.devnull}",
    "core.fileMode=true", "gc.auto=0", "safe.directory=*", "protocol.file.allow=always", "advice.detachedHead=false",
)  # fmt: skip
#: The commands that may talk to another repository.
_TRANSPORT = frozenset({"clone", "fetch", "push", "submodule"})
#: For all others, in two ways: the first is not known to git before 2.39.4.
_NO_TRANSPORT = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
_DATE = "2024-01-15T12:00:00+00:00"  # the month of the study that we redo


def environment(extra: dict[str, str] | None = None, transport: bool = False) -> dict[str, str]:
    """The process environment without GIT_* variables and with a fixed identity, date and configuration.

    Without `transport` git reaches no other repository, also where objects are missing.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # Certificates and proxies are the machine's business, not the user's git configuration.
    clean |= {name: value for name, value in os.environ.items() if name in ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH")}
    clean |= {
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE, "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    return clean | ({} if transport else _NO_TRANSPORT) | (extra or {})


def run(*arguments: str, cwd: Path | str | None = None, check: bool = True, timeout: float = 600) -> str:
    """Run git and return what it printed (decoded, errors replaced). Raises `StudyError` with git's own last line."""
    result = run_bytes(*arguments, cwd=cwd, check=check, timeout=timeout)
    return result.decode("utf-8", errors="replace")


def run_bytes(
    *arguments: str, cwd: Path | str | None = None, check: bool = True, timeout: float = 600, stdin: bytes | None = None
) -> bytes:
    """As `run`, but the raw bytes: file names and blobs need not be text."""
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        done = subprocess.run(
            ["git", *settings, *arguments], cwd=cwd, env=environment(transport=arguments[0] in _TRANSPORT),
            capture_output=True, timeout=timeout, input=stdin, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise StudyError("git is not on PATH (or the working directory is gone); install git and try again") from None
    except subprocess.TimeoutExpired:
        raise StudyError(f"git {arguments[0]} took longer than {timeout:g} s in {cwd or '.'}") from None
    if check and done.returncode != 0:
        said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
        raise StudyError(
            f"git {' '.join(arguments[:3])} failed in {cwd or '.'}: {said[-1] if said else done.returncode}"
        )
    return done.stdout


def commit_all(folder: Path, message: str) -> str:
    """Make `folder` a repository (if it is none), commit everything in it and return the commit id."""
    if not (folder / ".git").exists():
        run("init", "--quiet", cwd=folder)
    run("add", "--all", cwd=folder)
    run("commit", "--quiet", "--allow-empty", "--message", message, cwd=folder)
    return head(folder)


def head(folder: Path | str) -> str:
    """The commit id that HEAD names."""
    return run("rev-parse", "HEAD", cwd=folder).strip()


# --- questions about somebody else's work tree --------------------------------------------------------------------

#: With the settings of their user a work tree is clean or not: file modes, line ends, filters and what is ignored are
#: theirs to say. What would run a program of the repository's choice, or change how a difference is written, is not.
_AS_ITS_USER = (
    "core.fsmonitor=false", f"core.hooksPath={os.devnull}", "safe.directory=*", "gc.auto=0", "maintenance.auto=false",
    "diff.noprefix=false", "diff.mnemonicPrefix=false", "diff.algorithm=default", "diff.context=3",
)  # fmt: skip
#: Bytes of one answer that are kept; the digest is that of the whole.
LARGEST_ANSWER = 16 * 2**20


@dataclass(frozen=True)
class Answer:
    """What git printed, the SHA-256 of all of it, or in one line why there is no answer."""

    output: bytes = b""
    sha256: str = ""
    failed: str = ""
    #: Whether the output was too long to be kept whole.
    cut: bool = False

    def text(self) -> str:
        """The output; bytes that are no text are kept as Python keeps them in file names."""
        return os.fsdecode(self.output)


def ask(questions: Mapping[K, tuple[Path, Sequence[str]]], seconds: float) -> dict[K, Answer]:
    """Put questions (a work tree and git's arguments) to git, side by side, as the user of the work tree would.

    The user's own configuration counts. Nothing is fetched, locked or written, hooks and monitors stay off, and a
    damaged `.git` never makes git answer for the repository around it. All of them together have `seconds`; whoever has
    not answered by then is ended with everything it started. Raises nothing that git causes: see `Answer.failed`.
    """
    began, late, answers = time.monotonic(), threading.Event(), {}
    running: dict[K, tuple[subprocess.Popen[bytes], IO[bytes] | None]] = {}
    for key, (folder, words) in questions.items():
        try:
            running[key] = _started(folder, words)
        except FileNotFoundError:
            gone = "" if folder.is_dir() else f" ({folder} is gone)"
            answers[key] = Answer(failed=f"git {words[0]}: git is not on PATH{gone}")
        except OSError as error:
            answers[key] = Answer(failed=f"git {words[0]}: {error}")

    def stop() -> None:
        late.set()
        for process, _ in running.values():
            end(process)

    clock = threading.Timer(max(0.0, seconds - (time.monotonic() - began)), stop)
    clock.daemon = True
    try:
        clock.start()
        for key, (process, errors) in running.items():
            answers[key] = _answer(process, errors, questions[key][1][0], seconds, late)
    finally:
        clock.cancel()
        for process, errors in running.values():
            end(process)
            for stream in (process.stdout, errors):
                if stream is not None:
                    stream.close()
    return answers


def _started(folder: Path, words: Sequence[str]) -> tuple[subprocess.Popen[bytes], IO[bytes] | None]:
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")}  # fmt: skip
    clean |= {
        "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
    } | _NO_TRANSPORT  # fmt: skip
    settings = [word for setting in _AS_ITS_USER for word in ("-c", setting)]
    try:
        errors: IO[bytes] | None = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the answer is there
    except OSError:
        errors = None
    process = subprocess.Popen(
        ["git", *settings, *words], cwd=folder, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if errors is None else errors, process_group=0,
    )  # fmt: skip
    return process, errors


def _answer(
    process: subprocess.Popen[bytes], errors: IO[bytes] | None, command: str, seconds: float, late: threading.Event
) -> Answer:
    digest, kept, size = hashlib.sha256(), [], 0
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    while chunk := process.stdout.read(2**16):
        digest.update(chunk)
        size += len(chunk)
        if size <= LARGEST_ANSWER:
            kept.append(chunk)
    code = process.wait()
    if late.is_set() and code != 0:
        return Answer(failed=f"git {command} took longer than {seconds:.2g} s")
    if code != 0:
        said: list[bytes] = []
        if errors is not None:
            errors.seek(0)
            said = errors.read(2**16).strip().splitlines()
        return Answer(failed=f"git {command} failed: {os.fsdecode(said[-1]) if said else code}")
    return Answer(b"".join(kept), digest.hexdigest(), cut=size > LARGEST_ANSWER)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started (filters, for one)."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
