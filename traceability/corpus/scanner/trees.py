"""The files of a project: a folder, or a commit of a git repository. Only regular files inside it are ever read."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from traceability.corpus.scanner.sources import Problem
from traceability.errors import StudyError
from traceability.runtime import git

#: No file larger than this is read, whatever it is.
MAX_FILE_BYTES = 64_000_000
#: A tree with more files is not a project.
MAX_FILES = 500_000
_SHA = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path in the project (with /), its size in bytes and what the tree calls it."""

    path: str
    size: int
    key: str


class Tree(Protocol):
    """What the scanner needs of a place that holds a project."""

    entries: list[Entry]
    refused: list[tuple[str, Problem]]

    def read(self, entry: Entry) -> bytes | Problem:
        """The file's bytes, or why they cannot be had."""

    def __enter__(self) -> Tree: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Folder:
    """A project in a folder. Symbolic links, devices and pipes are refused by name, never followed or opened."""

    def __init__(self, root: Path, wanted: Callable[[str], bool]) -> None:
        if not root.is_dir():
            raise StudyError(f"{root}: no such folder; give the folder of a project, or a bare git repository")
        self.root = root
        self.entries: list[Entry] = []
        self.refused: list[tuple[str, Problem]] = []
        for path, status in self._walk():
            if not wanted(path):
                continue
            if stat.S_ISREG(status.st_mode):
                self.entries.append(Entry(path, status.st_size, path))
            else:
                kind = "symlink" if stat.S_ISLNK(status.st_mode) else "special_file"
                self.refused.append((path, Problem(kind, "not followed")))
            if len(self.entries) > MAX_FILES:
                raise StudyError(f"{root}: more than {MAX_FILES} files; scan its projects one by one")
        self.entries.sort(key=lambda entry: entry.path)
        self.refused.sort(key=lambda row: row[0])

    def _walk(self) -> Iterator[tuple[str, os.stat_result]]:
        pending = [""]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(self.root / folder) as found:
                    for item in found:
                        path = f"{folder}/{item.name}".lstrip("/")
                        if item.is_dir(follow_symlinks=False):
                            if item.name != ".git":
                                pending.append(path)
                        else:
                            yield path, item.stat(follow_symlinks=False)
            except OSError as error:
                self.refused.append((folder, Problem("unreadable_folder", error.strerror or type(error).__name__)))

    def read(self, entry: Entry) -> bytes | Problem:
        if entry.size > MAX_FILE_BYTES:
            return Problem("too_large", f"{entry.size} bytes; at most {MAX_FILE_BYTES} are read")
        try:
            # The file may have been exchanged since it was listed: never follow a link, never wait for a pipe.
            handle = os.open(self.root / entry.key, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as stream:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return Problem("special_file", "not followed")
                return stream.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            return Problem("unreadable", error.strerror or type(error).__name__)

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Commit:
    """A project at a commit of a git repository (bare or not): blobs are read through git, nothing is checked out."""

    def __init__(self, repository: Path, commit: str, wanted: Callable[[str], bool]) -> None:
        if commit != "HEAD" and not _SHA.match(commit):
            raise StudyError(f"{repository}: '{commit}' is no full commit id (40 hexadecimal digits)")
        self.repository = repository
        self.commit = git.run(
            "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", cwd=repository, check=False
        ).strip()
        if not self.commit:
            raise StudyError(f"{repository}: commit {commit} is not in the repository; fetch it first")
        self.entries: list[Entry] = []
        self.refused: list[tuple[str, Problem]] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._list(wanted)

    def _list(self, wanted: Callable[[str], bool]) -> None:
        # Sizes are asked for while reading: `ls-tree --long` would fail on a blob that a mirror lacks.
        listing = git.run_bytes("ls-tree", "-r", "-z", "--full-tree", self.commit, cwd=self.repository)
        for line in listing.split(b"\0"):
            if not line:
                continue
            head, _, raw = line.partition(b"\t")
            mode, kind, oid = head.decode("ascii").split(" ")
            path = raw.decode("utf-8", errors="replace")
            if path.startswith("/") or any(
                step in ("..", ".", "") or step.lower() == ".git" for step in path.split("/")
            ):
                self.refused.append((path, Problem("path_refused", "leads outside the project")))
            elif not wanted(path):
                continue
            elif kind != "blob" or mode == "120000":
                self.refused.append((path, Problem("symlink" if mode == "120000" else "submodule", "not followed")))
            else:
                self.entries.append(Entry(path, -1, oid))
            if len(self.entries) > MAX_FILES:
                raise StudyError(f"{self.repository}: more than {MAX_FILES} files at {self.commit}")

    def read(self, entry: Entry) -> bytes | Problem:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise StudyError(f"{self.repository}: read outside its `with` block")
        size = self._ask(process, "info", entry.key)
        if isinstance(size, Problem):
            return size
        if size > MAX_FILE_BYTES:
            return Problem("too_large", f"{size} bytes; at most {MAX_FILE_BYTES} are read")
        size = self._ask(process, "contents", entry.key)
        if isinstance(size, Problem):
            return size
        data = process.stdout.read(size)
        process.stdout.read(1)
        return data if len(data) == size else Problem("unavailable", "the repository ended early")

    def _ask(self, process: subprocess.Popen[bytes], what: str, oid: str) -> int | Problem:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - opened with pipes below
        try:
            process.stdin.write(f"{what} {oid}\n".encode())
            process.stdin.flush()
        except OSError:
            return Problem("unavailable", "git ended")
        head = process.stdout.readline().split()
        if len(head) != 3:
            return Problem("unavailable", "not in this copy of the repository")
        return int(head[2])

    def __enter__(self) -> Commit:
        extra = {"GIT_NO_LAZY_FETCH": "1"}
        try:
            self._process = subprocess.Popen(
                ["git", "-c", "safe.directory=*", "cat-file", "--batch-command"], cwd=self.repository,
                env=git.environment(extra), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except FileNotFoundError:
            raise StudyError("git is not on PATH; install git and try again") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None


def is_bare(folder: Path) -> bool:
    """Whether `folder` is a git directory by itself (HEAD, objects and refs at its top)."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
