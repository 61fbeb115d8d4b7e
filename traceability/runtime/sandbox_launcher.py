"""Limit this process and become another program: `python sandbox_launcher.py SETTINGS WORD...`, SETTINGS being JSON.

Runs with the standard library alone, before the first line of the other program, so that no limit comes too late. With
`root` in the settings it also builds a file system of its own, as the first process of new user, mount, process and
network namespaces (`unshare`), and gives up every capability before it begins.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import socket
import struct
import sys
from pathlib import Path
from typing import Any

_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS and IFF_UP of Linux
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_DROP_BOUNDING, _NO_NEW_PRIVILEGES, _PARENT_DEATH, _KILL = 24, 38, 1, 9
_BASIC_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def main(settings: str, *words: str) -> None:
    """Replace this process by `words`.

    Settings: loopback (bool), file_bytes and memory_bytes (0: no limit), and `root`: seen (paths to read), devices,
    writable (the one folder to write) and begin (the folder to start in).
    """
    wanted = json.loads(settings)
    if wanted["loopback"]:
        # A network of one's own has a loopback that is down; programs that talk to themselves (a notebook and its
        # kernel) need it, and it leads nowhere else.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            fcntl.ioctl(handle, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    if "root" in wanted:
        _own_root(wanted["root"])
        _give_up_capabilities()
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: wanted["file_bytes"]}
    if wanted["memory_bytes"]:
        limits[resource.RLIMIT_DATA] = wanted["memory_bytes"]
    for what, wished in limits.items():
        hard = resource.getrlimit(what)[1]
        most = wished if hard == resource.RLIM_INFINITY else min(wished, hard)
        resource.setrlimit(what, (most, most))
    if "root" in wanted:
        _be_the_first_process()
    os.execvp(words[0], words)  # noqa: S606 - no shell is wanted


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    data = None if options is None else options.encode()
    _checked(_libc().mount(*words, ctypes.c_ulong(flags), data), f"mount {target}")


def _own_root(about: dict[str, Any]) -> None:
    """Build a root of nothing but what the program may see, and change into it."""
    root = f"{about['writable']}/.root"
    Path(root).mkdir(exist_ok=True)
    _mount(None, "/", None, _REC | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "mode=755,size=16m")
    for name in ("proc", "dev", "tmp"):
        Path(f"{root}/{name}").mkdir()
    _mount("tmpfs", f"{root}/tmp", "tmpfs", _NOSUID | _NODEV, "mode=1777")  # noqa: S108 - of its own
    for path in about["seen"]:
        _bind(path, root)
        _read_only(f"{root}{path}")
    _bind(about["writable"], root)
    _mount("proc", f"{root}/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    _mount("tmpfs", f"{root}/dev", "tmpfs", _NOSUID, "mode=755")
    for name in _BASIC_DEVICES:
        with contextlib.suppress(OSError):
            _bind(f"/dev/{name}", root)
    for path in about["devices"]:
        with contextlib.suppress(OSError):
            _bind(path, root)
    Path(f"{root}/dev/shm").mkdir()  # noqa: S108 - of its own
    _mount("tmpfs", f"{root}/dev/shm", "tmpfs", _NOSUID | _NODEV, "mode=1777")  # noqa: S108
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        Path(f"{root}/dev/{name}").symlink_to(f"/proc/self/fd/{number}")
    Path(f"{root}/dev/fd").symlink_to("/proc/self/fd")
    Path(f"{root}/.old").mkdir()
    _checked(_libc().pivot_root(os.fsencode(root), os.fsencode(f"{root}/.old")), "pivot_root")
    os.chdir("/")
    _checked(_libc().umount2(b"/.old", _DETACH), "umount")
    _mount(None, "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    os.chdir(about["begin"])


def _bind(path: str, root: str) -> None:
    target = Path(f"{root}{path}")
    if Path(path).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(path, str(target), None, _BIND | _REC)


def _read_only(target: str) -> None:
    """Make a mount and all below it read-only."""
    attributes = struct.pack("QQQQ", 1, 0, 0, 0)  # MOUNT_ATTR_RDONLY is set
    mount_setattr, recursive, here = 442, 0x8000, -100
    done = _libc().syscall(
        mount_setattr, here, os.fsencode(target), recursive, ctypes.c_char_p(attributes), len(attributes)
    )
    if done != 0:  # before Linux 5.12; flags that the mount came with must be kept
        kept = os.statvfs(target).f_flag & (_NOSUID | _NODEV | _NOEXEC)
        _mount(None, target, None, _REMOUNT | _BIND | _RDONLY | kept)


def _give_up_capabilities() -> None:
    """Drop what the first process of a user namespace may do, for good: it could undo the read-only mounts."""
    libc = _libc()
    for number in range(64):
        if libc.prctl(_DROP_BOUNDING, number, 0, 0, 0) != 0:
            break
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
    header = struct.pack("Ii", 0x20080522, 0)
    _checked(libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24))), "capset")


def _be_the_first_process() -> None:
    """Go on in a child; this process, the first of its tree, buries what ends and passes the child's status on."""
    child = os.fork()
    if child == 0:
        os.setsid()
        _libc().prctl(_PARENT_DEATH, _KILL, 0, 0, 0)
        return
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


if __name__ == "__main__":
    main(*sys.argv[1:])
