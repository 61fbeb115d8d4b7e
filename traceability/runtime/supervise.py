"""Run a command and end it, with everything it started, as soon as the process that asked for it is gone.

Run by path, with the standard library alone:
`python supervise.py [--user NAME] [--signal N] [--remove FOLDER] command ...`.
Standard input is a pipe whose other end the asking process holds: it is read to its end, so that any death of that
process, SIGKILL included, stops the command. Stopping: the signal (default SIGTERM) to the command's process group,
and after `GRACE_SECONDS` SIGKILL to every descendant, also to those that left the group. `--remove` names the command's
temporary folder, which goes too when the asking process died and can no longer remove it.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE_SECONDS = 5.0


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends (Linux), so that none can be lost from sight."""
    if sys.platform == "linux":
        pr_set_child_subreaper = 36
        ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def descendants(root: int) -> list[int]:
    """Process ids below `root`, from /proc; empty where there is none."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # the second field, the name, is in brackets and may hold spaces
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found, todo = [], [root]
    while todo:
        todo += (below := children.get(todo.pop(), []))
        found += below
    return found


def stop(child: subprocess.Popen[bytes], first: int) -> None:
    """End the command's group with `first`, then whatever is left with SIGKILL."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, first)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.02)
    for _ in range(100):
        left = descendants(os.getpid())
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        for process in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return
        time.sleep(0.02)


def main() -> int:
    """Return the command's exit code, or 0 when it was stopped because the asking process closed the pipe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", default=None)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--remove", default=None)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the pipe ends this process
    asking = os.getppid()
    adopt_orphans()
    extra = {"user": options.user, "extra_groups": []} if options.user else {}
    child = subprocess.Popen(
        options.command,
        stdin=subprocess.DEVNULL,
        # Not the pipe of the process id, which nobody reads to its end: a command that fills it would stand still.
        stdout=2,
        process_group=0,
        preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)],  # noqa: PLW1509  # no threads here
        **extra,
    )
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    os.dup2(2, 1)  # the reader of the process id may go
    while child.poll() is None:
        readable, _, _ = select.select([sys.stdin], [], [], 0.1)
        if readable and not os.read(0, 1024):
            stop(child, options.signal)
            if options.remove and os.getppid() != asking:
                shutil.rmtree(options.remove, ignore_errors=True)
            return 0
    code = child.returncode
    stop(child, options.signal)  # what a command killed from outside left behind
    return code


if __name__ == "__main__":
    sys.exit(main())
