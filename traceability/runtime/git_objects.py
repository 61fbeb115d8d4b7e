"""Files of a commit, straight from a repository's objects: nothing is checked out, fetched or run.

Any repository may be read so, also one that means harm: names that lead out of a folder, links and submodules are left
out, an object that is not there is None, and what is larger than a limit is not loaded.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import StudyError
from traceability.runtime import git

#: Where git starts no program of the repository's.
_REFUSED = ("-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-c", "safe.directory=*")
#: Entries of a tree that are listed.
MOST_FILES = 1_000_000
_FILES = (b"100644", b"100755", b"100664")


@dataclass(frozen=True)
class Blob:
    """A file of a commit that was asked for: its bytes, None where they are not there or too many; `size` is -1 then,
    or the number of bytes."""

    key: str
    content: bytes | None
    size: int


def holds(repository: Path, commit: str) -> bool:
    """Whether the repository has this commit."""
    return git.run("cat-file", "-t", commit, cwd=repository, check=False).strip() == "commit"


def tree(repository: Path, commit: str) -> dict[str, str]:
    """The object id of each regular file of a commit, by path. Raises `StudyError` where git cannot list it."""
    listed = git.run_bytes("ls-tree", "-r", "-z", "--full-tree", commit, cwd=repository)
    found: dict[str, str] = {}
    for entry in listed.split(b"\0"):
        about, _, name = entry.partition(b"\t")
        words = about.split()
        if len(words) == 3 and words[0] in _FILES and _plain(name):
            found[os.fsdecode(name)] = words[2].decode("ascii")
        if len(found) > MOST_FILES:
            raise StudyError(f"{repository}: commit {commit[:12]} has more than {MOST_FILES} files")
    return found


def _plain(name: bytes) -> bool:
    """Whether a path stays below the folder that it is written in."""
    parts = name.split(b"/")
    return all(part not in (b"", b".", b"..") and part.lower() != b".git" for part in parts)


def blobs(repository: Path, keys: Iterable[str], largest: int) -> Iterator[Blob]:
    """The content of each object, in the order of `keys`, of at most `largest` bytes each."""
    wanted = list(dict.fromkeys(keys))
    sizes = _sizes(repository, wanted)
    loaded = [key for key in wanted if 0 <= sizes.get(key, -1) <= largest]
    contents = _contents(repository, loaded)
    for key in wanted:
        size = sizes.get(key, -1)
        yield Blob(key, next(contents) if 0 <= size <= largest else None, size)


def _sizes(repository: Path, keys: list[str]) -> dict[str, int]:
    """Sizes in bytes of the objects that are there."""
    found: dict[str, int] = {}
    start = 0
    while start < len(keys):
        # git ends where it would have to fetch, so it is asked again for those after it.
        lines = "".join(f"{key}\n" for key in keys[start:]).encode("ascii")
        words = (*_REFUSED, "cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)")
        answers = (
            git.run_bytes(*words, cwd=repository, stdin=lines, check=False).decode("ascii", "replace").splitlines()
        )
        for answer in answers:
            parts = answer.split()
            if len(parts) == 3 and parts[1] == "blob" and parts[2].isdigit():
                found[parts[0]] = int(parts[2])
        start += len(answers) + (len(answers) < len(keys) - start)
    return found


def _contents(repository: Path, keys: list[str]) -> Iterator[bytes]:
    """The content of objects that are there, one after the other."""
    if not keys:
        return
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{key}\n" for key in keys).encode("ascii"))
        asked.seek(0)
        words = ["git", *_REFUSED, "cat-file", "--batch"]
        process = subprocess.Popen(
            words, cwd=repository, env=git.environment(), stdin=asked, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            for key in keys:
                header = process.stdout.readline().split()
                if len(header) != 3 or not header[2].isdigit():
                    raise StudyError(f"{repository}: object {key[:12]} is damaged")
                content = process.stdout.read(int(header[2]))
                process.stdout.read(1)
                yield content
        finally:
            git.end(process)
            if process.stdout is not None:
                process.stdout.close()
            process.wait()


class Folder:
    """A folder that holds chosen files of one commit after another; only what differs is written again.

    `largest` is the size in bytes up to which a file is written. A file that is larger, or not there, is left out.
    """

    def __init__(self, repository: Path, root: Path, largest: int) -> None:
        self.repository, self.root, self._largest = repository, root, largest
        self._now: dict[str, str] = {}
        #: Files that were wanted and are not there or too large, by path, after `show`.
        self.left_out: dict[str, int] = {}

    def show(self, wanted: dict[str, str], empty: Iterable[str] = ()) -> None:
        """Make the folder hold the files `wanted` (path: object id) and, without content, the paths `empty`."""
        files = wanted | {path: "" for path in empty if path not in wanted}
        for path in self._now.keys() - files.keys():
            self._remove(path)
        changed: dict[str, list[str]] = {}
        for path, key in files.items():
            if self._now.get(path) != key:
                changed.setdefault(key, []).append(path)
        self.left_out = {path: size for path, size in self.left_out.items() if self._now.get(path) == files.get(path)}
        self._now = dict(files)
        for path in changed.pop("", []):
            self._write(path, b"")
        for blob in blobs(self.repository, changed, self._largest):
            for path in changed[blob.key]:
                if blob.content is None:
                    self.left_out[path] = blob.size
                    self._remove(path)
                else:
                    self._write(path, blob.content)

    def _remove(self, path: str) -> None:
        with contextlib.suppress(OSError):  # it was left out
            (self.root / path).unlink(missing_ok=True)

    def _write(self, path: str, content: bytes) -> None:
        target = self.root / path
        try:
            if target.is_dir():  # it held files of the commit before
                shutil.rmtree(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError:  # a name that this file system does not take, or a file where a folder has to be
            self.left_out[path] = len(content)
