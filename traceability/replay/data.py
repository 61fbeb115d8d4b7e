"""Are the data those that the record names? As far as the record says anything about them."""

from __future__ import annotations

from pathlib import Path

from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime.files import sha256_file, sha256_tree
from traceability.stores import record_fields

UNVERIFIED, SHA256, DIGEST = "data_unverified", "sha256", "mlflow_digest"


def verify_before(record: Record, folder: Path) -> str:
    """Check recorded data files before anything runs; `data_unverified` when the record names none.

    A path is relative to the restored code `folder`. Stops with `data_missing` or `data_changed`.
    """
    place, wanted = _named(record)
    if not place:
        return UNVERIFIED
    path = folder / place
    if not path.exists():
        raise Stopped("data_missing", f"'{place}' is not there")
    if not wanted:
        return UNVERIFIED
    if path.is_dir():
        found = sha256_tree((file for file in path.rglob("*") if file.is_file()), path)
    else:
        found = sha256_file(path)
    if found != wanted.lower().removeprefix("sha256:"):
        raise Stopped("data_changed", f"'{place}' has sha256 {found[:12]}, the record says {wanted[:12]}")
    return SHA256


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
