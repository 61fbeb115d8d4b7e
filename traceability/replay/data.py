"""Are the data those that the record names? As far as the record says anything about them."""

from __future__ import annotations

import stat
from pathlib import Path

from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime.files import sha256_file, sha256_tree
from traceability.stores import record_fields

#: Files of a folder that are read.
_FILES = 1_000_000
UNVERIFIED, SHA256, DIGEST = "data_unverified", "sha256", "mlflow_digest"


def verify_before(record: Record, folder: Path, directory: str = "") -> tuple[str, Path | None]:
    """Check recorded data files before anything runs; `data_unverified` when the record names none.

    A path is relative to `directory` in the restored code `folder`, else to `folder`. The second value is the place
    whose digest was found right, where it lies outside. Stops with `data_missing` or `data_changed`.
    """
    place, wanted = _named(record)
    if not place:
        return UNVERIFIED, None
    path = next((path for path in (folder / directory / place, folder / place) if path.exists()), folder / place)
    try:
        regular = path.is_dir() or stat.S_ISREG(path.stat().st_mode)
    except OSError:
        regular = False
    if not regular:
        raise Stopped("data_missing", f"'{place}' is no file and no folder here")
    if not wanted:
        return UNVERIFIED, None
    try:
        found = _digest(path)
    except OSError as error:
        raise Stopped("data_missing", f"'{place}' cannot be read ({error.strerror or error})") from None
    if found != wanted.lower().removeprefix("sha256:"):
        raise Stopped("data_changed", f"'{place}' has sha256 {found[:12]}, the record says {wanted[:12]}")
    return SHA256, None if path.resolve().is_relative_to(folder.resolve()) else path


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's regular files. Raises `OSError`."""
    if not path.is_dir():
        return sha256_file(path)
    files = [file for file in path.rglob("*") if stat.S_ISREG(file.stat().st_mode)]
    if len(files) > _FILES:
        raise OSError(f"more than {_FILES} files")
    return sha256_tree(files, path)


def _named(record: Record) -> tuple[str, str]:
    """Place and SHA-256 of the data, empty where the record does not say it.

    A place that a human added goes before all others: it says where the data are now. A digest in a tag belongs to the
    place in a tag, if there is one; what a parameter calls `data` may be something else.
    """
    helped = any(f"option:{name}" in record.added for name in record_fields.DATA_PLACES)
    parameter = record_fields.first(record.params, record_fields.DATA_PLACES) or ""
    place = parameter if helped or not record.data else record.data
    return place, record.data_sha256 or record_fields.first(record.params, record_fields.DATA_DIGESTS) or ""


def verify_after(record: Record, replayed: tuple[tuple[str, str], ...], so_far: str) -> str:
    """Compare MLflow's data set digests, which only the running program can compute.

    A training set that was drawn without a recorded seed counts as changed: it is another one than the record names.
    Stops with `data_changed`.
    """
    here, there = dict(replayed), dict(record.datasets)
    both = sorted(here.keys() & there.keys())
    for name in both:
        if here[name] != there[name]:
            raise Stopped("data_changed", f"data set '{name}' has digest {here[name]}, the record says {there[name]}")
    return so_far if so_far == SHA256 or not both else DIGEST
