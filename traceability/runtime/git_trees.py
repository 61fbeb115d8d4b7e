"""Trees of many commits of one repository, each folder read once however many commits share it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from traceability.runtime import git

_REFUSED = ("-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-c", "safe.directory=*")
_FOLDER, _FILES = b"40000", (b"100644", b"100755", b"100664")
#: Deepest folder that is read, and most entries of all folders that are kept in mind.
_DEEPEST, _MOST = 60, 2_000_000

#: Name -> object id, and whether it is a folder.
Entries = dict[str, tuple[str, bool]]


class Trees:
    """A git that answers about folders for the length of a block. What is not there is an empty folder."""

    def __init__(self, repository: Path, is_file: Callable[[str], bool], is_folder: Callable[[str], bool]) -> None:
        """`files` gives the files whose name `is_file` takes, below folders whose names `is_folder` takes."""
        self._repository, self._is_file, self._is_folder = repository, is_file, is_folder
        self._process: subprocess.Popen[bytes] | None = None
        self._entries: dict[str, Entries] = {}
        self._files: dict[str, dict[str, str]] = {}
        self._kept = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            ["git", *_REFUSED, "cat-file", "--batch"], cwd=self._repository, env=git.environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            git.end(self._process)
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            self._process.wait()
            self._process = None

    def files(self, commit: str) -> dict[str, str]:
        """Object ids by path of the chosen files of a commit."""
        return self._below(f"{commit}^{{tree}}", 0)

    def kind(self, commit: str, path: str) -> str:
        """`file`, `folder`, or empty where the commit has nothing under this path."""
        *above, last = path.split("/")
        entries = self._listed(f"{commit}^{{tree}}")
        for part in above:
            key, folder = entries.get(part, ("", False))
            if not folder:
                return ""
            entries = self._listed(key)
        if last not in entries:
            return ""
        return "folder" if entries[last][1] else "file"

    def _below(self, name: str, depth: int) -> dict[str, str]:
        known = self._files.get(name)
        if known is not None:
            return known
        found: dict[str, str] = {}
        for entry, (key, folder) in self._listed(name).items():
            if folder and depth < _DEEPEST and self._is_folder(entry):
                found |= {f"{entry}/{path}": inner for path, inner in self._below(key, depth + 1).items()}
            elif not folder and self._is_file(entry):
                found[entry] = key
        self._files[name] = found
        return found

    def _listed(self, name: str) -> Entries:
        known = self._entries.get(name)
        if known is None:
            if self._kept > _MOST:
                self._entries.clear()
                self._files.clear()
                self._kept = 0
            known = self._entries[name] = _parsed(self._content(name))
            self._kept += len(known) + 1
        return known

    def _content(self, name: str) -> bytes:
        """The bytes of a tree; none where it is not there, or git has ended."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(f"{name}\n".encode("ascii"))
            process.stdin.flush()
        except (OSError, ValueError):
            return b""
        header = process.stdout.readline().split()
        if len(header) != 3 or not header[2].isdigit():
            return b""
        content = process.stdout.read(int(header[2]))
        process.stdout.read(1)
        return content if header[1] == b"tree" else b""


def _parsed(content: bytes) -> Entries:
    """The regular files and folders of a tree object; names that lead elsewhere are left out."""
    found: Entries = {}
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].partition(b" ")
        at = end + 21
        if name in (b"", b".", b"..") or b"/" in name or name.lower() == b".git":
            continue
        if mode == _FOLDER or mode in _FILES:
            found[os.fsdecode(name)] = (content[end + 1 : at].hex(), mode == _FOLDER)
    return found
