"""The small files of a logged model that are safe to read, copied from where a run's artifacts really lie.

Nothing is unpickled, no link is followed out of the place, and no address is opened but the server that the user named.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from traceability.stores.artifacts import Artifacts

#: Files that say what the model is and needs, with the largest size in bytes that is believed of them.
DESCRIPTIONS = dict.fromkeys(("MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml"), 2**20)
#: Archives of weights that can be read without pickle.
WEIGHTS = dict.fromkeys(("data/model.keras", "model.skops"), 2**30)


def collect(artifacts: Artifacts, places: Sequence[str], target: Path, within: Path | None = None) -> Path | None:
    """Copy the model of the first of `places` that holds one to `target`; None where none can be seen.

    `places` are addresses of model folders. With `within` only files that really lie below that folder count, whatever
    links say: what a replayed program left is read so.
    """
    for place in places:
        if within is None:
            found = _from_store(artifacts, place, target)
        else:
            folder = artifacts.local(place)
            found = folder is not None and _from_folder(folder, target, within)
        if found:
            return target
    return None


def _from_store(artifacts: Artifacts, place: str, target: Path) -> bool:
    """Copy what the store, or the server that the user named, hands out itself."""
    if not artifacts.save(place, "MLmodel", target / "MLmodel", DESCRIPTIONS["MLmodel"]):
        return False
    for name, largest in (DESCRIPTIONS | WEIGHTS).items():
        if name != "MLmodel":
            artifacts.save(place, name, target / name, largest)
    return True


def _from_folder(folder: Path, target: Path, within: Path) -> bool:
    for name, largest in (DESCRIPTIONS | WEIGHTS).items():
        with contextlib.suppress(OSError):
            _copy(folder / name, target / name, largest, within)
    return (target / "MLmodel").is_file()


def _copy(source: Path, target: Path, largest: int, within: Path) -> None:
    """Copy a regular file of at most `largest` bytes. Raises `OSError` for anything else."""
    if not source.resolve().is_relative_to(within.resolve()):
        raise OSError(f"{source} lies elsewhere")
    # Not waiting: a pipe without a writer would hold the replay up.
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > largest:
            raise OSError(f"{source} is no regular file of at most {largest} bytes")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
