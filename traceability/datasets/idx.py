"""Reading IDX, the array format of the MNIST family: a magic number, the lengths as big-endian integers, the values."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from traceability.errors import StudyError

#: Code of the value type in the third byte of the magic number, as the format's author lists them.
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
#: No array of this study is near this size; a header that declares more is damaged or hostile.
MAXIMUM_BYTES = 1 << 30
_BLOCK = 1 << 20


def read(path: Path | str) -> NDArray[np.generic]:
    """The array in a gzip-compressed IDX file, with the file's shape and type, in the machine's byte order.

    Memory follows the bytes that are there, not the header. Raises `StudyError` naming the file when it is not gzip,
    is cut short, has an unknown type, or holds more or fewer bytes than its header declares.
    """
    try:
        with gzip.open(path, "rb") as stream:
            return _parse(cast("BinaryIO", stream), path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise StudyError(f"{path}: not a whole gzip file ({error}); remove it and run again") from None


def _parse(stream: BinaryIO, path: Path | str) -> NDArray[np.generic]:
    magic = _take(stream, 4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
        raise StudyError(
            f"{path}: not an IDX file: it begins {magic.hex(' ') or 'with nothing'}, expected 00 00 <type>"
        )
    dtype, rank = np.dtype(TYPES[magic[2]]), magic[3]
    header = _take(stream, 4 * rank)
    if len(header) < 4 * rank:
        raise StudyError(f"{path}: the IDX header ends after {len(header)} of the {4 * rank} bytes of its lengths")
    shape = tuple(int.from_bytes(header[at : at + 4], "big") for at in range(0, 4 * rank, 4))
    declared = math.prod(shape) * dtype.itemsize
    described = f"{' x '.join(map(str, shape)) or 'one value'} of {dtype.itemsize} bytes"
    # Counted without the zeros: NumPy refuses a shape of huge lengths even where one 0 makes it empty.
    if math.prod(max(length, 1) for length in shape) * dtype.itemsize > MAXIMUM_BYTES or rank > 32:
        raise StudyError(f"{path}: the IDX header declares {described} in {rank} dimensions, more than is plausible")
    values = _take(stream, declared + 1)
    if len(values) != declared:
        found = "more" if len(values) > declared else f"{len(values)}"
        raise StudyError(f"{path}: the IDX header declares {described} = {declared} bytes, but {found} follow")
    return np.frombuffer(values, dtype=dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _take(stream: BinaryIO, count: int) -> bytes:
    """Up to `count` bytes, in blocks: a single large read would reserve the whole count at once."""
    parts = []
    while count > 0 and (part := stream.read(min(count, _BLOCK))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
