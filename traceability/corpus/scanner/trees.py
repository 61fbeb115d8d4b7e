"""The files of a project in a folder. Only regular files inside it are ever read, whatever is exchanged meanwhile."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from traceability.corpus.scanner.ignoring import Selection
from traceability.corpus.scanner.sources import Problem
from traceability.errors import StudyError

#: No file larger than this is read, whatever it is.
MAX_FILE_BYTES = 64_000_000
#: A tree with more files is not a project.
MAX_FILES = 500_000


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
    """A project in a folder. Symbolic links, devices and pipes are refused by name, never followed or opened.

    Every folder on the way to a file is opened by its name in the one above, and never through a link: a folder that is
    exchanged for a link while the project is read leads nowhere.
    """

    def __init__(
        self, root: Path, wanted: Callable[[str], bool], selection: Selection | None = None, hashing: bool = False
    ) -> None:
        """`selection` leaves files and folders out; with `hashing` the git object id of every file read is kept."""
        if not root.is_dir():
            raise StudyError(f"{root}: no such folder; give the folder of a project, or a bare git repository")
        self.root = root
        self.selection = selection
        self.hashes: dict[str, str] | None = {} if hashing else None
        self.entries: list[Entry] = []
        self.refused: list[tuple[str, Problem]] = []
        self._folder: tuple[str, int] | None = None  # the one that is open
        self._top = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._list(wanted)
        except BaseException:
            self._close()
            raise
        self.entries.sort(key=lambda entry: entry.path)
        self.refused.sort(key=lambda row: row[0])

    def _list(self, wanted: Callable[[str], bool]) -> None:
        for path, status in self._walk():
            if not wanted(path):
                continue
            if stat.S_ISREG(status.st_mode):
                self.entries.append(Entry(path, status.st_size, path))
            else:
                kind = "symlink" if stat.S_ISLNK(status.st_mode) else "special_file"
                self.refused.append((path, Problem(kind, "not followed")))
            if len(self.entries) > MAX_FILES:
                raise StudyError(f"{self.root}: more than {MAX_FILES} files; scan its projects one by one")

    def _walk(self) -> Iterator[tuple[str, os.stat_result]]:
        pending = [""]
        while pending:
            folder = pending.pop()
            try:
                names = self._names(folder)
            except OSError as error:
                if error.errno != errno.ENOENT:  # what has vanished since is no problem
                    self.refused.append((folder, Problem("unreadable_folder", error.strerror or type(error).__name__)))
                continue
            if self.selection is not None and self.selection.is_environment(folder, names):
                continue
            if self.selection is not None and ".gitignore" in names:
                self._read_ignored(folder)
            for name, is_folder in sorted(names.items()):
                path = f"{folder}/{name}".lstrip("/")
                if self.selection is not None and self.selection.leaves_out(path, is_folder):
                    continue
                if is_folder:
                    if name != ".git":
                        pending.append(path)
                    continue
                try:
                    yield path, os.stat(name, dir_fd=self._open(folder), follow_symlinks=False)
                except OSError as error:
                    if error.errno != errno.ENOENT:
                        self.refused.append((path, Problem("unreadable", error.strerror or type(error).__name__)))

    def _names(self, folder: str) -> dict[str, bool]:
        """Names in a folder, and whether each is a folder itself (a link is none)."""
        names: dict[str, bool] = {}
        with os.scandir(self._open(folder)) as found:
            for item in found:
                try:
                    names[item.name] = item.is_dir(follow_symlinks=False)
                except OSError:  # it has vanished
                    continue
        return names

    def _read_ignored(self, folder: str) -> None:
        data = self.read(Entry(f"{folder}/.gitignore".lstrip("/"), 0, ""))
        if self.selection is not None and isinstance(data, bytes):
            self.selection.add(folder, data[:100_000].decode("utf-8", errors="replace"))

    def _open(self, folder: str) -> int:
        """A handle of a folder below the root, reached through folders alone. Raises OSError."""
        if not folder:
            return self._top
        if self._folder is not None and self._folder[0] == folder:
            return self._folder[1]
        handle = self._top
        try:
            for step in folder.split("/"):
                inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
                if handle != self._top:
                    os.close(handle)
                handle = inner
        except OSError:
            if handle != self._top:
                os.close(handle)
            raise
        if self._folder is not None:
            os.close(self._folder[1])
        self._folder = (folder, handle)
        return handle

    def read(self, entry: Entry) -> bytes | Problem:
        if entry.size > MAX_FILE_BYTES:
            return Problem("too_large", f"{entry.size} bytes; at most {MAX_FILE_BYTES} are read")
        folder, _, name = entry.path.rpartition("/")
        try:
            # The file may have been exchanged since it was listed: never follow a link, never wait for a pipe.
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._open(folder))
            with os.fdopen(handle, "rb") as stream:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    return Problem("special_file", "not followed")
                # What is asked for is set aside at once: never more than the file has.
                data = stream.read(min(status.st_size, MAX_FILE_BYTES) + 1)
        except OSError as error:
            return Problem("unreadable", error.strerror or type(error).__name__)
        if self.hashes is not None:
            head = b"blob %d\0" % len(data)
            self.hashes[entry.path] = hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
        return data

    def _close(self) -> None:
        if self._folder is not None:
            os.close(self._folder[1])
            self._folder = None
        if self._top >= 0:
            os.close(self._top)
            self._top = -1

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __del__(self) -> None:
        if hasattr(self, "_top"):
            self._close()
