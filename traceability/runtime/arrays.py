"""NPZ files whose bytes depend on the arrays alone."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from traceability.runtime.files import replacing

#: The earliest time a ZIP entry can carry.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def canonical(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """`array` in row-major order and little-endian numbers, so that its bytes are the same on every machine."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def sha256_array(array: NDArray[np.generic]) -> str:
    """Hexadecimal SHA-256 of the array's canonical bytes (shape and type are recorded beside it)."""
    return hashlib.sha256(canonical(array).tobytes()).hexdigest()


def write_npz(path: Path | str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write named arrays, whole or not at all, so that equal arrays give equal files.

    Time stamps, system and permissions of the entries are fixed. The entries are not compressed, because the bytes
    of a deflate stream differ between releases of zlib. Object arrays are refused with `ValueError`: they would need
    pickle.
    """
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, canonical(array), version=(1, 0), allow_pickle=False)
