"""Limit this process and become another program: `python sandbox_launcher.py SETTINGS WORD...`, SETTINGS being JSON.

Runs with the standard library alone, before the first line of the other program, so that no limit comes too late.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import socket
import struct
import sys

_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS and IFF_UP of Linux


def main(settings: str, *words: str) -> None:
    """Replace this process by `words`; settings: loopback (bool), file_bytes and memory_bytes (0: no limit)."""
    wanted = json.loads(settings)
    if wanted["loopback"]:
        # A network of one's own has a loopback that is down; programs that talk to themselves (a notebook and its
        # kernel) need it, and it leads nowhere else.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            fcntl.ioctl(handle, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: wanted["file_bytes"]}
    if wanted["memory_bytes"]:
        limits[resource.RLIMIT_DATA] = wanted["memory_bytes"]
    for what, wished in limits.items():
        hard = resource.getrlimit(what)[1]
        most = wished if hard == resource.RLIM_INFINITY else min(wished, hard)
        resource.setrlimit(what, (most, most))
    os.execvp(words[0], words)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
