"""Small disks that can be filled without an administrator: a tmpfs per folder, in a mount namespace of this process.

Whoever may not make one (no Linux, namespaces forbidden) gets the reason. The calls are those of `unshare -rm` and
`mount -t tmpfs`, made by this process itself: its children, so every service it starts, see the same disks, and when
the last of them ends the disks are gone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

from traceability.errors import StudyError

MIB = 2**20
_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_ARGUMENTS: dict[str, list[Any]] = {
    "unshare": [ctypes.c_int],
    "mount": [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p],
}
_REMOUNT, _RECURSIVE, _PRIVATE = 0x20, 0x4000, 1 << 18


def enter() -> None:
    """Give this process, which must have one thread, a mount namespace of its own in which it may mount.

    The administrator needs no user namespace, and in one could not lend PostgreSQL the account `nobody`; anybody else
    keeps the own user id in it. Raises `StudyError` with the reason where the system refuses.
    """
    if sys.platform != "linux":
        raise StudyError(f"no namespaces on {sys.platform}")
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _NEW_MOUNTS if user == 0 else _NEW_MOUNTS | _NEW_USER)
    if user != 0:
        try:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        except OSError as error:
            raise StudyError(f"user namespace: {error}") from None
    _call("mount", None, b"/", None, _RECURSIVE | _PRIVATE, None)


def _call(name: str, *arguments: object) -> None:
    """A call of the C library. Raises `StudyError` when it fails."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.argtypes = _ARGUMENTS[name]
    if function(*arguments) != 0:
        raise StudyError(f"{name}: {os.strerror(ctypes.get_errno())}")


def mount(folder: Path, mib: int) -> None:
    """An empty disk of that size at `folder`, open to every account. Raises `StudyError` where it may not be."""
    folder.mkdir(parents=True, exist_ok=True)
    _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={mib}m,mode=0777".encode())


def resize(folder: Path, wanted: int) -> None:
    """Give a disk another size in bytes; a smaller one than what it holds is refused."""
    _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", _REMOUNT, f"size={wanted}".encode())


def size(folder: Path) -> int:
    """Size of a disk in bytes."""
    status = os.statvfs(folder)
    return status.f_blocks * status.f_frsize


def fill(folder: Path, spare: int) -> None:
    """Take away all room but `spare` bytes: what writes on meets ENOSPC."""
    status = os.statvfs(folder)
    resize(folder, (status.f_blocks - status.f_bfree) * status.f_frsize + spare)
