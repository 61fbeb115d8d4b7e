"""A disk that gets full for one set-up: a small tmpfs, else a limit on the size of the files its writers may make."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import psutil

from traceability.errors import StudyError
from traceability.runtime import services
from traceability.storage import disks, stores
from traceability.storage.stores import Store

#: Size of the artifact that does not fit, and the space that is left on the disk.
LARGE_BYTES, ROOM_FOR_ARTIFACTS = 4 * disks.MIB, 2 * disks.MIB
#: Space that is left for records: enough for a few hundred points.
ROOM_FOR_RECORDS = 64 * 1024
#: Limit on the size of a table's file, which PostgreSQL soon exceeds.
POSTGRESQL_FILE = 256 * 1024
NO_WAY = "neither a small disk nor prlimit on this system: a full disk cannot be shown"


class FullDisk:
    """The disk below the records or the artifacts of a set-up: `fill` it, and `free` it again.

    With `small_disks` (`disks.mount`) everything on it meets ENOSPC. Without, RLIMIT_FSIZE is set for the processes
    that write: the call fails likewise, on one file instead of all. So it always is for an object store.
    """

    def __init__(self, store: Store, artifacts: bool, small_disks: bool) -> None:
        self.store, self.artifacts = store, artifacts
        in_postgresql = store.postgresql is not None and not artifacts
        self.means = "tmpfs" if small_disks and not (artifacts and store.objects) else "RLIMIT_FSIZE"
        self._folder = store.folder.with_name(stores.POSTGRESQL) if in_postgresql else store.folder
        self._size = 0

    @property
    def limit_of_client(self) -> int:
        """Largest file, in bytes, that the client itself may make; 0 where it is not the client that writes."""
        if self.means == "tmpfs" or self.store.server or (self.store.postgresql and not self.artifacts):
            return 0
        if self.artifacts:
            return max(self.store.size() if self.store.backend == "sqlite" else 0, disks.MIB) + disks.MIB
        return self.store.size() + ROOM_FOR_RECORDS if self.store.backend == "sqlite" else 16 * 1024

    def fill(self) -> None:
        """From now on there is no room. Raises `StudyError` where this machine has no way to do so."""
        if self.means == "tmpfs":
            self._size = disks.size(self._folder)
            disks.fill(self._folder, ROOM_FOR_ARTIFACTS if self.artifacts else ROOM_FOR_RECORDS)
        elif not self.limit_of_client:
            self._limit(free=False)

    def free(self) -> None:
        """There is room again."""
        if self.means == "tmpfs":
            disks.resize(self._folder, self._size)
        elif not self.limit_of_client:
            self._limit(free=True)

    def _limit(self, free: bool) -> None:
        """Limit the size of files that the running services may make."""
        if sys.platform != "linux":
            raise StudyError(NO_WAY)
        store = self.store
        size = POSTGRESQL_FILE if store.postgresql is not None else store.size() + ROOM_FOR_RECORDS
        limit = "unlimited" if free else str(ROOM_FOR_ARTIFACTS if self.artifacts else size)
        server = store.server.service if store.server else None
        limited: list[tuple[services.Service | None, str | None]] = [(server, None)]
        if store.postgresql is not None and not self.artifacts:
            limited.append((store.postgresql.service, store.postgresql.user))
        if store.objects is not None and self.artifacts:
            limited = [(store.objects.service, None)]
        for service, user in limited:
            if service is not None:
                _limit_tree(service.pid, limit, user)


def _limit_tree(main: int, limit: str, user: str | None) -> None:
    """Limit a service's processes, as the account they belong to: to change another's takes an administrator."""
    account = {"user": user, "extra_groups": []} if user else {}
    with contextlib.suppress(psutil.NoSuchProcess):  # what has ended is started afresh, without a limit
        for process in [psutil.Process(main), *psutil.Process(main).children(recursive=True)]:
            words = ["prlimit", "--pid", str(process.pid), f"--fsize={limit}:"]
            try:
                done = subprocess.run(words, capture_output=True, text=True, check=False, **account)  # type: ignore[call-overload]
            except FileNotFoundError:
                raise StudyError(
                    "neither a small disk nor prlimit on this system: a full disk cannot be shown"
                ) from None
            if done.returncode and process.is_running():
                raise StudyError(f"prlimit: {done.stderr.strip()}; a full disk cannot be shown on this machine")
