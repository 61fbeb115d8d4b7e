"""Small files of a store that others wrote: read within bounds, never followed out of the store, never executed.

A store may hold anything: links, pipes and devices in the place of files, values of any length, YAML that takes all
memory when it is loaded. Each such thing costs its own value or its own run, and is counted.
"""

from __future__ import annotations

import contextlib
import operator
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from traceability.stores.notes import Notes

#: Longest value of a parameter or tag, and largest file of requirements, in bytes; MLflow's own limits are smaller.
LARGEST = 2**20
#: Deepest nesting of a meta.yaml; MLflow writes two levels.
DEEPEST = 20
#: Nearly all values are shorter, in bytes.
_SHORT = 16384
_POINTER = b"version https://git-lfs.github.com/spec/"
_NAME = operator.attrgetter("name")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SUSPICIOUS_STARTS = (b" ", b"\t", b"-", b"?", b"%", b"!", b'"', b"'", b"[", b"{", b"|", b">")
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class Unreadable(Exception):
    """A file that is there but cannot be used; the reason is one of the kinds of `notes.KINDS`."""


@contextlib.contextmanager
def _opened(path: str | Path) -> Iterator[int]:
    """A descriptor of the regular file `path`, which is no link. Raises `Unreadable`, or `FileNotFoundError`."""
    try:
        handle = os.open(path, _OPEN)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except (OSError, ValueError):
        raise Unreadable("link" if Path(path).is_symlink() else "unreadable_file") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unreadable("special_file")
        yield handle
    except OSError:
        raise Unreadable("unreadable_file") from None
    finally:
        os.close(handle)


def read(path: str | Path, limit: int = LARGEST) -> bytes:
    """The content of the regular file `path`, which is no link. Raises `Unreadable`, or `FileNotFoundError`."""
    with _opened(path) as handle:
        content = _at_most(handle, limit + 1)
    if len(content) > limit:
        raise Unreadable("long_value")
    if is_pointer(content):
        raise Unreadable("lfs_pointer")
    return content


def copy(path: str | Path, target: BinaryIO, limit: int) -> None:
    """Copy the regular file `path`, which is no link, piece by piece. Raises as `read` does."""
    with _opened(path) as handle:
        if os.fstat(handle).st_size > limit:
            raise Unreadable("long_value")
        length, piece = 0, os.read(handle, 2**20)
        if is_pointer(piece):
            raise Unreadable("lfs_pointer")
        while piece:
            length += target.write(piece)
            if length > limit:  # it grew
                raise Unreadable("long_value")
            piece = os.read(handle, 2**20)


def tail(path: str | Path, limit: int) -> bytes:
    """The last `limit` bytes of a file, from the begin of a line. Raises `Unreadable`, or `FileNotFoundError`."""
    with _opened(path) as handle:
        size = os.fstat(handle).st_size
        if size <= limit:
            return _at_most(handle, limit)
        os.lseek(handle, size - limit, os.SEEK_SET)
        return _at_most(handle, limit).partition(b"\n")[2]


def _at_most(handle: int, limit: int) -> bytes:
    content = os.read(handle, min(limit, 65536))
    while content and len(content) < limit and (more := os.read(handle, limit - len(content))):
        content += more
    return content


def is_pointer(content: bytes) -> bool:
    """Whether `content` is that of a Git LFS pointer: the real file was not fetched."""
    return content.startswith(_POINTER)


def mapping(folder: str | Path, name: str = "meta.yaml") -> dict[str, Any]:
    """The mapping in the YAML file `name` of `folder`. Raises `Unreadable`, or `FileNotFoundError`."""
    return parsed(read(f"{folder}/{name}"))


def parsed(content: bytes) -> dict[str, Any]:
    """The mapping that the YAML `content` holds; nothing deep, and no alias. Raises `Unreadable`."""
    if not _harmless(content):
        raise Unreadable("unreadable_file")
    try:
        found = yaml.load(content, Loader=_LOADER)  # noqa: S506 - a safe loader
    except Exception:  # whatever a constructor makes of a strange scalar: the file cannot be used
        raise Unreadable("unreadable_file") from None
    if not isinstance(found, dict):
        raise Unreadable("unreadable_file")
    return found


def _harmless(content: bytes) -> bool:
    """Whether YAML is neither deep nor repeats itself by aliases: either takes the stack or all memory to load."""
    flat = not any(line.startswith(_SUSPICIOUS_STARTS) for line in content.split(b"\n"))
    if flat and b"*" not in content and content.count(b"[") + content.count(b"{") < DEEPEST:
        return True
    depth = 0
    try:
        for event in yaml.parse(content, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent):
                return False
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return False
    except Exception:  # no YAML
        return False
    return True


def values(folder: str, notes: Notes) -> Iterator[tuple[str, str]]:
    """Names and texts of the files below `folder`, in order; a name holds a slash where MLflow made a folder of it."""
    for name, path in files(folder, notes):
        try:
            yield name, _value(path).decode("utf-8", "replace")
        except Unreadable as reason:
            notes.add(str(reason), path)
        except FileNotFoundError:
            continue


def _value(path: str) -> bytes:
    """As `read`, for a path that was just seen to be a regular file: there are hundreds of thousands of them."""
    try:
        handle = os.open(path, _OPEN)
        try:
            content = os.read(handle, _SHORT)
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise
    except OSError:
        raise Unreadable("unreadable_file") from None
    if len(content) == _SHORT:
        return read(path)
    if content.startswith(_POINTER):
        raise Unreadable("lfs_pointer")
    return content


def files(folder: str, notes: Notes, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names (with their folders) and paths of the regular files below `folder`; links are not followed."""
    if prefix.count("/") > DEEPEST:
        notes.add("unreadable_file", folder)
        return
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=_NAME)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        notes.add("unreadable_file", folder)
        return
    for entry in entries:
        if entry.is_file(follow_symlinks=False):
            yield _shown(prefix + entry.name), entry.path
        elif entry.is_dir(follow_symlinks=False):
            yield from files(entry.path, notes, f"{prefix}{entry.name}/")
        else:
            notes.add("link" if entry.is_symlink() else "special_file", entry.path)


def _shown(name: str) -> str:
    # A file's name that is no UTF-8 has surrogates in Python, which nothing can print.
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def folders(folder: str | Path, notes: Notes | None = None) -> list[str]:
    """Paths of the folders right below `folder`, in order; linked ones are counted, not followed."""
    found = []
    try:
        with os.scandir(folder) as listed:
            for entry in listed:
                if entry.is_dir(follow_symlinks=False):
                    found.append(entry.path)
                elif notes is not None and entry.is_symlink():
                    notes.add("link", entry.path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        if notes is not None:
            notes.add("unreadable_file", str(folder))
        return []
    return sorted(found)


def head(path: str | Path, length: int) -> bytes:
    """The first `length` bytes of a file. Raises `Unreadable`, or `FileNotFoundError`."""
    with _opened(path) as handle:
        return _at_most(handle, length)
