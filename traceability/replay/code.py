"""The recorded code: the recorded commit of the recorded repository in a clean folder, with its submodules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from traceability import redaction
from traceability.errors import StudyError
from traceability.replay.program import source
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime import bounded, git
from traceability.stores import record_fields

#: A commit with more files, or with more bytes in them, is not laid out on disk.
FILES, BYTES = 200_000, 20 * 2**30
_SECONDS = 900.0
_SETTINGS = ("protocol.file.allow=always", "safe.directory=*", f"core.hooksPath={os.devnull}", "core.autocrlf=false",
             "gc.auto=0")  # fmt: skip
#: The transports that a recorded address may ask for; `ext::` and the like would run a command.
_TRANSPORTS = "git:http:https:ssh"
#: Without them git-lfs fetches the files and leaves their pointers: it is installed per user or repository.
_LFS = ("-c", "filter.lfs.clean=git-lfs clean -- %f", "-c", "filter.lfs.smudge=git-lfs smudge -- %f")
_POINTER = b"version https://git-lfs.github.com/spec/"


def local(address: str) -> bool:
    """Whether an address names a folder of this machine, so that nothing is asked of a network."""
    return Path(address).is_absolute() or urlsplit(address).scheme == "file" or Path(address).is_dir()


def check(record: Record) -> None:
    """Whether the record names code at all; only a full commit id counts, because a branch moves.

    Stops with a reason of the stage `code_restored`; nothing is fetched.
    """
    if not record.repository:
        raise Stopped("no_repository", "no repository address in the record")
    if not record_fields.COMMIT.fullmatch(record.commit):
        raise Stopped("no_commit", f"no full commit id in the record ('{record.commit}')")
    if record.dirty:
        raise Stopped("dirty_tree", f"{record.commit[:12]} had uncommitted changes when it ran")


def restore(record: Record, target: Path) -> None:
    """Check out the recorded commit in `target`, with submodules and large files.

    The host is asked for the commit by its id, which also finds one that no branch holds any more, and only where it
    refuses that for everything that it has. Stops with one of the reasons of the stage `code_restored`.
    """
    check(record)
    try:
        _restored(record, target, local(record.repository))
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _restored(record: Record, target: Path, files: bool) -> None:
    address = str(Path(record.repository).resolve()) if Path(record.repository).is_dir() else record.repository
    target.mkdir(parents=True, exist_ok=True)
    kind = ["--object-format=sha256"] if len(record.commit) == 64 else []
    git.run("init", "--quiet", *kind, cwd=target)
    git.run("remote", "add", "--", "origin", address, cwd=target)
    asked = _transport("ls-remote", "--quiet", "origin", "HEAD", cwd=target, files=files)
    if asked.status != 0:
        raise Stopped("repository_unreachable", redaction.text(f"{record.repository}: {_said(asked)}"))
    reference = "refs/replayed/commit"
    fetched = _transport("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"{record.commit}:{reference}",
                         cwd=target, files=files)  # fmt: skip
    if fetched.status != 0:
        _transport("fetch", "--quiet", "--tags", "origin", "+refs/*:refs/replayed/*", cwd=target, files=files)
    try:
        found = git.run("rev-parse", "--verify", "--quiet", f"{record.commit}^{{commit}}", cwd=target).strip()
    except StudyError:
        found = ""
    if found != record.commit:
        said = f"{record.repository} has no commit {record.commit[:12]} ({_said(fetched)})"
        raise Stopped("commit_missing", redaction.text(said))
    _bounded(target, record.commit)
    try:
        git.run("checkout", "--quiet", "--detach", record.commit, cwd=target)
    except StudyError as error:
        raise Stopped("commit_missing", str(error)) from None
    _submodules(target, files)
    _large_files(target, files)


def _transport(*words: str, cwd: Path, files: bool) -> bounded.Ended:
    """git talking to another repository; its helpers end with it, and nobody is asked for a password.

    Without `files` no folder of this machine is read: a repository from elsewhere may name one as its submodule.
    """
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    environment = git.environment(
        {"GIT_ALLOW_PROTOCOL": _TRANSPORTS + (":file" if files else ""), "GIT_NO_LAZY_FETCH": "1",
         "GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}, transport=True,
    )  # fmt: skip
    if shutil.which("git") is None:
        raise StudyError("git is not on PATH; install it and try again")
    return bounded.run(["git", *settings, *words], cwd=cwd, environment=environment, timeout=_SECONDS)


def _said(ended: bounded.Ended) -> str:
    return f"no end within {_SECONDS:g} s" if ended.status is None else ended.last_line


def _bounded(folder: Path, commit: str) -> None:
    """Refuse a commit whose files are too many or too large: a few hundred bytes can stand for any number of them."""
    words = ["git", "ls-tree", "-r", "-l", "-z", commit]
    files = size = 0
    with subprocess.Popen(words, cwd=folder, env=git.environment(), stdout=subprocess.PIPE) as listing:
        rest = b""
        while listing.stdout and (chunk := listing.stdout.read(65536)):
            *lines, rest = (rest + chunk).split(b"\0")
            files += len(lines)
            for line in lines:
                said = line.partition(b"\t")[0].split()[-1:]
                size += int(said[0]) if said and said[0].isdigit() else 0
            if files > FILES or size > BYTES:
                listing.kill()
                raise Stopped(
                    "commit_missing", f"commit {commit[:12]} has more than {FILES} files or {BYTES // 2**30} GiB"
                )


def _submodules(target: Path, files: bool) -> None:
    """Fetch the submodules that the commit pins. Stops with `submodule_missing`."""
    if not (target / ".gitmodules").is_file():
        return
    done = _transport("submodule", "--quiet", "update", "--init", "--recursive", "--depth=1", cwd=target, files=files)
    if done.status != 0:
        # A host that gives no commit by its id needs the whole history.
        done = _transport("submodule", "--quiet", "update", "--init", "--recursive", cwd=target, files=files)
    if done.status != 0:
        raise Stopped("submodule_missing", redaction.text(_said(done)))


def _large_files(target: Path, files: bool) -> None:
    """Fetch what git-lfs keeps elsewhere, where git-lfs is installed. Stops with `large_files_missing`."""
    attributes = (source.read(path, target) or "" for path in target.rglob(".gitattributes"))
    if not any(re.search(r"(?m)^[^#\n]*\bfilter=lfs\b", text) for text in attributes):
        return
    said = "git-lfs is not installed"
    if pointers(target) and shutil.which("git-lfs"):
        done = _transport(*_LFS, "lfs", "pull", cwd=target, files=files)
        said = "" if done.status == 0 else f"git lfs pull: {_said(done)}"
    left = pointers(target)
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        raise Stopped("large_files_missing", f"{', '.join(left[:3])}{more}: only pointers of git-lfs are here ({said})")


def pointers(folder: Path) -> list[str]:
    """Files of the work tree that hold only a pointer of git-lfs."""
    found = []
    for path in sorted(folder.rglob("*")):
        if ".git" not in path.relative_to(folder).parts and not path.is_symlink() and path.is_file():
            with path.open("rb") as stream:
                if stream.read(len(_POINTER)) == _POINTER:
                    found.append(path.relative_to(folder).as_posix())
    return found
