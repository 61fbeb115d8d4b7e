"""Files are written whole or not at all, and digests see every bit."""

import numpy as np
import pytest

from traceability.runtime import files


def test_a_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path):
    files.write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), files.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_the_digest_of_arrays_sees_type_shape_name_and_one_bit(tmp_path):
    base = {"w": np.arange(4, dtype="float32")}
    flipped = {"w": base["w"].copy()}
    flipped["w"].view("uint32")[1] ^= 1
    variants = [base, flipped, {"v": base["w"]}, {"w": base["w"].reshape(2, 2)}, {"w": base["w"].astype("float64")}]
    assert len({files.sha256_arrays(arrays) for arrays in variants}) == len(variants)
    np.savez(tmp_path / "w.npz", **base)
    assert files.sha256_npz(tmp_path / "w.npz") == files.sha256_arrays(base)


def test_an_npz_with_a_pickle_is_refused_not_loaded(tmp_path):
    np.savez(tmp_path / "w.npz", w=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        files.sha256_npz(tmp_path / "w.npz")
