"""Processes that end when they should: with the workflow that started them, or with their parent."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from traceability.errors import StudyError

if TYPE_CHECKING:
    import psutil


def end_with_workflow(poll_seconds: float = 1.0) -> None:
    """End this process when any Snakemake process above it ends.

    After SIGKILL of Snakemake its jobs would go on running, and the next run would start the same work beside them.
    A thread looks once per `poll_seconds`; a process that was started by hand (no Snakemake above it) is left alone.
    """
    import psutil  # here, because an environment that only observes a run (the libraries of 2024) has none

    above = [process for process in psutil.Process().parents() if _is_snakemake(process)]
    if not above:
        return

    def watch() -> None:
        # is_running() compares start times too, so a reused process id does not deceive.
        while all(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in above):
            time.sleep(poll_seconds)
        os._exit(1)

    def guarded() -> None:
        try:
            watch()
        except psutil.NoSuchProcess:
            os._exit(1)

    threading.Thread(target=guarded, daemon=True, name="end-with-workflow").start()


def _is_snakemake(process: psutil.Process) -> bool:
    import psutil

    with contextlib.suppress(psutil.Error):
        return any("snakemake" in Path(word).name for word in process.cmdline()[:4])
    return False


def die_with_parent() -> None:
    """End this process when its parent ends, by the kernel's hand; without Linux a thread watches the parent's id.

    The child of a fork server ends with the process that asked for it: the server itself lives as long as any child.
    """
    asking = multiprocessing.parent_process()
    if asking is not None:
        sentinel = asking.sentinel

        def outlived() -> None:
            multiprocessing.connection.wait([sentinel])
            os._exit(1)

        threading.Thread(target=outlived, daemon=True, name="die-with-parent").start()
    parent = os.getppid()
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the request took effect
            os._exit(1)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="die-with-parent").start()


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the operating system's lock on `path`; it goes with the process, however that ends.

    The file is removed at the end, because no rule declares it. Raises `StudyError` when another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StudyError(
                    f"{path}: another process is doing this work; wait for it or end it, then run again"
                ) from None
            # Opened before another process removed it: the lock would be on a file that nobody else can find.
            if not _is_still(path, stream.fileno()):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_still(path: Path, opened: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(opened))
    except FileNotFoundError:
        return False


#: A socket's name has at most 107 characters; what is added to the folder is shorter than the rest.
_SHORT = 40


def short_folder() -> Path:
    """A temporary folder of this machine whose path leaves room for the name of a socket, whatever TMPDIR says.

    Clusters give each job a TMPDIR with a long path. Where no folder is short enough, it is TMPDIR's.
    """
    usual = tempfile.gettempdir()
    for folder in filter(None, (usual, os.environ.get("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp")):  # noqa: S108 - last resorts
        if len(folder) <= _SHORT and os.access(folder, os.W_OK | os.X_OK):
            return Path(folder)
    return Path(usual)


def short_sockets() -> None:
    """Let the fork servers of this process have their sockets in `short_folder()`; before the first one is started."""
    usual, tempfile.tempdir = tempfile.gettempdir(), str(short_folder())
    try:
        multiprocessing.util.get_temp_dir()
    finally:
        tempfile.tempdir = usual


#: A folder younger than this may not be locked by its owner yet.
_SETTLED_SECONDS = 60


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A temporary folder that goes at the end; those that killed processes of this user left behind go first.

    Its process holds the operating system's lock on it, so a folder without a lock has no process any more.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{prefix}-*"):
        with contextlib.suppress(OSError):
            seen = old.lstat()
            if seen.st_uid == os.getuid() and time.time() - seen.st_mtime > _SETTLED_SECONDS:
                with _locked(old):
                    shutil.rmtree(old)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}-") as name, _locked(Path(name)):
        yield Path(name)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock on a folder. Raises `OSError` where another process holds it, or it is no folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
