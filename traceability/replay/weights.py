"""Digests of weights, read from archives without unpickling anything and without believing the sizes they state."""

from __future__ import annotations

import hashlib
import io
import math
import stat
import zipfile
from pathlib import Path

import numpy as np

from traceability.runtime.files import sha256_arrays

#: Largest content, unpacked, that is read of one archive; larger weights are weights that cannot be read.
LARGEST = 2 * 2**30


class _Unreadable(ValueError):
    pass


def model_digest(model: Path | None) -> str:
    """A digest of the weights of the logged model in folder `model`; empty where they cannot be read safely.

    Keras archives hold HDF5, skops archives hold NPY members. The names in a skops archive are memory addresses, so
    only the contents count there.
    """
    if model is None:
        return ""
    keras, skops = model / "data" / "model.keras", model / "model.skops"
    try:
        if keras.is_file():
            with zipfile.ZipFile(keras) as archive:
                return sha256_arrays(_hdf5(_member(archive, "model.weights.h5", LARGEST)))
        if skops.is_file():
            contents = sorted(sha256_arrays({"": array}) for array in _arrays(skops).values())
            return hashlib.sha256("\n".join(contents).encode()).hexdigest()
    except Exception:  # whatever is wrong with somebody's archive, its weights are not known
        return ""
    return ""


def output_digest(folder: Path | None) -> str:
    """Digest of weights.npz in the folder that the program was given as --output; empty if there is none.

    Equal to `runtime.files.sha256_npz`.
    """
    path = folder / "weights.npz" if folder else None
    try:
        if path is None or not stat.S_ISREG(path.lstat().st_mode):
            return ""
        return sha256_arrays({name.removesuffix(".npy"): array for name, array in _arrays(path).items()})
    except Exception:  # as above: a program of somebody else wrote it
        return ""


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The NPY members of a ZIP archive."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        left, found = LARGEST, {}
        for name in names:
            data = _member(archive, name, left)
            left -= len(data)
            found[name] = _array(data)
    return found


def _member(archive: zipfile.ZipFile, name: str, largest: int) -> bytes:
    """One member, unpacked; the size that the archive states is checked first and its content after."""
    if archive.getinfo(name).file_size > largest:
        raise _Unreadable(name)
    with archive.open(name) as stream:
        data = stream.read(largest + 1)
    if len(data) > largest:
        raise _Unreadable(name)
    return data


def _array(data: bytes) -> np.ndarray:
    """An array in NPY format; its header must not ask for more than is there."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, kind = readers[version](stream)
    if kind.hasobject or math.prod(shape) * kind.itemsize > len(data):
        raise _Unreadable("header")
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))


def _hdf5(data: bytes) -> dict[str, np.ndarray]:
    import h5py

    arrays: dict[str, np.ndarray] = {}
    left = LARGEST

    def keep(name: str, item: object) -> None:
        nonlocal left
        # The optimiser's moments are not the model.
        if not isinstance(item, h5py.Dataset) or name.startswith("optimizer"):
            return
        left -= item.nbytes
        if left < 0 or item.external or item.is_virtual:  # content of other files
            raise _Unreadable(name)
        arrays[name] = item[()]

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(keep)
    return arrays
