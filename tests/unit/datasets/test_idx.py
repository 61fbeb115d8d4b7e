"""The IDX reader gives back what was written, and nothing else passes for an array."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from traceability.datasets import idx
from traceability.errors import StudyError

Encode = Callable[[np.ndarray], bytes]

ARRAYS = st.sampled_from(["u1", "i1", ">i2", ">i4", ">f4", ">f8", "<i4", "<f8"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(array=ARRAYS)
def test_every_array_comes_back_bit_for_bit(array: np.ndarray, encode: Encode, tmp_path: Path) -> None:
    path = tmp_path / "array.gz"
    path.write_bytes(gzip.compress(encode(array)))
    found = idx.read(path)
    assert found.shape == array.shape
    assert found.dtype == array.dtype.newbyteorder("=")
    assert found.tobytes() == array.astype(array.dtype.newbyteorder("=")).tobytes()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=60), zipped=st.booleans(), prefix=st.sampled_from([b"", b"\0\0\x08", b"\0\0\x0e\x02"]))
def test_arbitrary_bytes_give_an_array_or_one_line(noise: bytes, zipped: bool, prefix: bytes, tmp_path: Path) -> None:
    path = tmp_path / "noise.gz"
    path.write_bytes(gzip.compress(prefix + noise) if zipped else prefix + noise)
    try:
        array = idx.read(path)
    except StudyError as error:
        assert str(error).startswith(str(path))
        assert "\n" not in str(error)
    else:
        assert array.nbytes < 60


def _header(*lengths: int, code: int = 0x08) -> bytes:
    return bytes([0, 0, code, len(lengths)]) + b"".join(length.to_bytes(4, "big") for length in lengths)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(_header(3, 2, 2) + bytes(11), "declares 3 x 2 x 2 of 1 bytes = 12 bytes, but 11 follow", id="few"),
        pytest.param(_header(3, 2, 2) + bytes(13), "= 12 bytes, but more follow", id="many"),
        pytest.param(_header(2**32 - 1, 28, 28) + bytes(99), "more than is plausible", id="huge"),
        pytest.param(_header(0, *[2**32 - 1] * 3), "more than is plausible", id="empty but huge"),
        pytest.param(_header(*[1] * 255) + bytes(1), "more than is plausible", id="255 dimensions"),
        pytest.param(_header(5, 5)[:9], "header ends after 5 of the 8 bytes", id="cut header"),
        pytest.param(_header(4, code=0x0A) + bytes(4), "begins 00 00 0a 01", id="unknown type"),
        pytest.param(b"", "begins with nothing", id="empty"),
        pytest.param(b"\x89PNG....", "not an IDX file", id="another format"),
    ],
)
def test_a_header_that_does_not_fit_the_bytes_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(StudyError) as error:
        idx.read(path)
    assert str(error.value).startswith(str(path))
    assert says in str(error.value)


def test_memory_follows_the_bytes_and_not_the_header(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(_header(idx.MAXIMUM_BYTES) + bytes(10)))
    tracemalloc.start()
    with pytest.raises(StudyError, match="10 follow"):
        idx.read(path)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_cut_gzip_file_is_named(encode: Encode, tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    whole = gzip.compress(encode(np.arange(256, dtype=np.uint8)))
    path.write_bytes(whole[:-9])
    with pytest.raises(StudyError, match=r"images\.gz: not a whole gzip file"):
        idx.read(path)
