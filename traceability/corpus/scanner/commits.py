"""A project at a commit of a git repository: read through git, which may be given a repository that means harm.

git is told where the repository is, so that it looks into no other one; a repository that keeps its objects or its
settings elsewhere, or holds links or pipes, is refused before git sees it; every answer of git has a deadline, every
list an end; and git ends with the scanner.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from traceability.corpus.scanner.sources import Problem
from traceability.corpus.scanner.trees import MAX_FILE_BYTES, MAX_FILES, Entry
from traceability.errors import StudyError
from traceability.runtime import git

#: Seconds that git may take until it says something, and for the whole list of files.
ANSWER_SECONDS, LIST_SECONDS = 20.0, 120.0
#: Entries that a repository's own folder may have.
MAX_OBJECTS = 5_000_000
_SHA = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
_HEAD = re.compile(rb"^(?:ref: refs/[^\n]+|[0-9a-f]{40,64})\n?$")
#: What leads to another repository, or to objects that are not in this one.
_ELSEWHERE = ("commondir", "objects/info/alternates", "gitdir")
_SETTINGS = ("safe.directory=*", "core.fsmonitor=false", f"core.hooksPath={os.devnull}", "core.alternateRefsCommand=")
_C = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """End this process when its parent ends, by the kernel's hand (on Linux)."""
    if _C is not None:
        _C.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def is_bare(folder: Path) -> bool:
    """Whether `folder` is a git directory by itself (HEAD, objects and refs at its top, HEAD naming a commit)."""
    try:
        if (folder / "HEAD").is_symlink() or not (folder / "HEAD").is_file():
            return False
        with (folder / "HEAD").open("rb") as stream:
            named = _HEAD.match(stream.read(300)) is not None
    except OSError:
        return False
    return named and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def repository_of(folder: Path) -> Path:
    """The git directory of `folder` itself. Raises `StudyError` where there is none, or where it leads elsewhere."""
    inner = folder / ".git"
    if inner.is_symlink() or inner.is_file():
        raise StudyError(f"{folder}: its .git leads to a repository elsewhere; name the folder of that one")
    found = inner if inner.is_dir() else folder
    if not is_bare(found):
        raise StudyError(f"{folder}: no git repository; give the folder of one, or leave --commit out")
    for name in _ELSEWHERE:
        if os.path.lexists(found / name):
            raise StudyError(f"{folder}: {name} leads to objects of another repository; clone it with all of its own")
    pending, seen = [found], 0
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                seen += 1
                if entry.is_dir(follow_symlinks=False):
                    pending.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False):
                    raise StudyError(f"{folder}: {entry.name} in its git folder is a link, a pipe or a device")
                if seen > MAX_OBJECTS:
                    raise StudyError(f"{folder}: more than {MAX_OBJECTS} files in its git folder")
    return found.resolve()


class _Git:
    """A git that answers within bounds; a context manager, at whose end it is gone."""

    def __init__(self, repository: Path, *words: str, talks: bool = False) -> None:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        extra = {"GIT_NO_LAZY_FETCH": "1", "GIT_CEILING_DIRECTORIES": str(repository.parent)}
        self.repository = repository
        try:
            self.process = subprocess.Popen(
                ["git", f"--git-dir={repository}", *settings, *words], cwd=repository, env=git.environment(extra),
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, start_new_session=True, bufsize=0,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the kernel, which takes no lock
            )  # fmt: skip
        except FileNotFoundError:
            raise StudyError("git is not on PATH; install git and try again") from None
        self.held = b""

    def more(self, deadline: float) -> bytes:
        """What git says next; nothing at its end. Raises `StudyError` after the deadline."""
        assert self.process.stdout is not None  # noqa: S101 - opened with a pipe above
        ready, _, _ = select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise StudyError(f"{self.repository}: git gives no answer")
        return os.read(self.process.stdout.fileno(), 1 << 20)

    def line(self) -> bytes:
        """The next line, without its end."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while b"\n" not in self.held:
            data = self.more(deadline)
            if not data:
                return b""
            self.held += data
        line, _, self.held = self.held.partition(b"\n")
        return line

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes; fewer where git ends early."""
        parts, have = [self.held], len(self.held)
        while have < size:
            data = self.more(time.monotonic() + ANSWER_SECONDS)
            if not data:
                break
            parts.append(data)
            have += len(data)
        whole = b"".join(parts)
        self.held = whole[size:]
        return whole[:size]

    def stop(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            self.process.wait(0.05)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> _Git:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Commit:
    """A project at a commit of a git repository (bare or not): blobs are read through git, nothing is checked out."""

    def __init__(self, repository: Path, commit: str, wanted: Callable[[str], bool]) -> None:
        if commit != "HEAD" and not _SHA.match(commit):
            raise StudyError(f"{repository}: '{commit}' is no full commit id (40 hexadecimal digits)")
        self.repository = repository
        self.folder = repository_of(repository)
        with _Git(self.folder, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}") as asked:
            self.commit = asked.line().decode("ascii", errors="replace").strip()
        if not self.commit:
            raise StudyError(f"{repository}: commit {commit} is not in the repository; fetch it first")
        self.entries: list[Entry] = []
        self.refused: list[tuple[str, Problem]] = []
        self._git: _Git | None = None
        self._list(wanted)

    def _list(self, wanted: Callable[[str], bool]) -> None:
        for listed, line in enumerate(self._lines()):
            head, _, raw = line.partition(b"\t")
            mode, kind, oid = head.decode("ascii").split(" ")
            path = raw.decode("utf-8", errors="replace")
            if path.startswith("/") or any(
                step in ("..", ".", "") or step.lower() == ".git" for step in path.split("/")
            ):
                self.refused.append((path, Problem("path_refused", "leads outside the project")))
            elif not wanted(path):
                pass
            elif kind != "blob" or mode == "120000":
                self.refused.append((path, Problem("symlink" if mode == "120000" else "submodule", "not followed")))
            else:
                self.entries.append(Entry(path, -1, oid))
            if listed >= MAX_FILES:
                raise StudyError(f"{self.repository}: more than {MAX_FILES} files at {self.commit}")

    def _lines(self) -> Iterator[bytes]:
        """What `ls-tree` says, entry by entry: a tree of trees can stand for more entries than memory holds."""
        # Sizes are asked for while reading: `ls-tree --long` would fail on a blob that a mirror lacks.
        deadline = time.monotonic() + LIST_SECONDS
        with _Git(self.folder, "ls-tree", "-r", "-z", "--full-tree", self.commit) as asked:
            held = b""
            while True:
                data = asked.more(min(deadline, time.monotonic() + ANSWER_SECONDS))
                if not data:
                    break
                *lines, held = (held + data).split(b"\0")
                yield from lines
            if asked.process.wait(ANSWER_SECONDS) != 0 or held:
                raise StudyError(f"{self.repository}: git cannot list the files of {self.commit}")

    def read(self, entry: Entry) -> bytes | Problem:
        if self._git is None:
            raise StudyError(f"{self.repository}: read outside its `with` block")
        try:
            size = self._ask("info", entry.key)
            if isinstance(size, Problem):
                return size
            if size > MAX_FILE_BYTES:
                return Problem("too_large", f"{size} bytes; at most {MAX_FILE_BYTES} are read")
            size = self._ask("contents", entry.key)
            if isinstance(size, Problem):
                return size
            data = self._git.exactly(size)
            self._git.exactly(1)
        except StudyError:  # a file of the repository was exchanged for one that never ends: no other is waited for
            self._git.stop()
            return Problem("unavailable", "git gives no answer")
        return data if len(data) == size else Problem("unavailable", "the repository ended early")

    def _ask(self, what: str, oid: str) -> int | Problem:
        assert self._git is not None and self._git.process.stdin is not None  # noqa: S101 - opened with pipes
        try:
            self._git.process.stdin.write(f"{what} {oid}\n".encode())
        except (OSError, ValueError):
            return Problem("unavailable", "git ended")
        head = self._git.line().split()
        if len(head) != 3:
            return Problem("unavailable", "not in this copy of the repository")
        return int(head[2])

    def __enter__(self) -> Commit:
        self._git = _Git(self.folder, "cat-file", "--batch-command", talks=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._git is not None:
            self._git.stop()
            self._git = None
