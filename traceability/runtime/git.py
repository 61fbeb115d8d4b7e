"""git, called so that it gives the same answer on every machine.

No shell, no user or system configuration, no hooks, no signing, no prompts; author and dates fixed where commits are
made, so that the same files always give the same commit id, also on a machine with no git identity. Only commands that
are there to talk to another repository do: a repository under study may name, as the place of objects that it lacks, a
program of its own.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from traceability.errors import StudyError

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
