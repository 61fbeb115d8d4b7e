"""Of the runs that a replayed program leaves, the right one is compared, or none is."""

import io
import sqlite3
import zipfile

import h5py
import numpy as np
import pytest

from traceability.replay import results, weights
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime.files import sha256_npz
from traceability.stores.record_fields import Run


def run(run_id, name="", parent="", params=None, metrics=("score",)):
    tags = {"mlflow.parentRunId": parent} if parent else {}
    return Run(run_id, name=name, tags=tags, params=params or {}, metrics=dict.fromkeys(metrics, 0.5))


def record(**about):
    return Record("recorded", "mlflow", metrics={"score": 0.5}, **about)


PARENT = run("p", "all folds", params={"seed": "7"})
CHILDREN = [run(f"c{n}", f"fold {n}", parent="p") for n in range(3)]


@pytest.mark.parametrize(
    ("about", "chosen"),
    [
        ({"name": "all folds"}, "p"),
        ({}, "p"),
        ({"name": "fold 1", "parent": "old"}, "c1"),
        ({"name": "renamed since", "parent": "old", "position": 2, "siblings": 3}, "c2"),
    ],
)
def test_nested_runs_are_told_apart(about, chosen):
    assert results._chosen(record(**about), [PARENT, *CHILDREN]).run_id == chosen


def test_nameless_children_are_told_by_their_position_or_not_at_all():
    # MLflow makes up names such as these; they say nothing.
    children = [run(f"c{n}", f"quick-fox-{n}", parent="p") for n in range(3)]
    known = record(parent="old", position=1, siblings=3)
    assert results._chosen(known, [PARENT, *children]).run_id == "c1"
    for unknown in (record(parent="old"), record(parent="old", position=1, siblings=4)):
        with pytest.raises(Stopped) as stopped:
            results._chosen(unknown, [PARENT, *children])
        assert stopped.value.code == "result_ambiguous"


def test_runs_of_a_loop_are_told_by_their_parameters():
    runs = [run(f"r{n}", params={"rate": str(n)}) for n in range(3)]
    assert results._chosen(record(params={"rate": "1"}), runs).run_id == "r1"
    with pytest.raises(Stopped, match="3 of 3 replayed runs could be the recorded one"):
        results._chosen(record(params={"loss": "mse"}), runs)


def test_a_nested_record_is_not_compared_with_a_run_that_is_not_nested():
    with pytest.raises(Stopped, match="none of the replayed runs is"):
        results._chosen(record(parent="old"), [PARENT])


def test_a_store_that_is_none_a_link_or_a_pipe(tmp_path):
    import os

    other = tmp_path / "other.db"
    sqlite3.connect(other).close()
    (tmp_path / "link.db").symlink_to(other)
    os.mkfifo(tmp_path / "pipe.db")
    (tmp_path / "text.db").write_text("no database")
    for name in ("none.db", "link.db", "pipe.db", "text.db"):
        with pytest.raises(Stopped) as stopped:
            results.counterpart(record(), tmp_path / name, tmp_path / "scratch")
        assert stopped.value.code == "no_result", name


def header(shape):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue()


def archive(path, members, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", **how) as opened:
        for name, data in members.items():
            opened.writestr(name, data)


def test_weights_that_ask_for_more_than_there_is_are_weights_that_cannot_be_read(tmp_path, monkeypatch):
    archive(tmp_path / "header" / "model.skops", {"a.npy": header((10**11,))})
    assert weights.model_digest(tmp_path / "header") == ""
    monkeypatch.setattr(weights, "LARGEST", 2**20)
    zeros = header((2**18,)) + bytes(2**21)
    archive(tmp_path / "zip" / "model.skops", {"a.npy": zeros}, compression=zipfile.ZIP_DEFLATED)
    assert (tmp_path / "zip" / "model.skops").stat().st_size < 10_000
    assert weights.model_digest(tmp_path / "zip") == ""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("layer", shape=(10**9,), dtype="f8", chunks=True)
    archive(tmp_path / "shape" / "data" / "model.keras", {"model.weights.h5": stream.getvalue()})
    assert weights.model_digest(tmp_path / "shape") == ""


def test_weights_are_never_read_from_other_files(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(range(16)))
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("layer", shape=(16,), dtype="u1", external=[(str(secret), 0, 16)])
    archive(tmp_path / "m" / "data" / "model.keras", {"model.weights.h5": path.read_bytes()})
    assert weights.model_digest(tmp_path / "m") == ""


def test_digests_of_honest_weights(tmp_path):
    np.savez(tmp_path / "weights.npz", a=np.arange(3.0), b=np.ones((2, 2), dtype="f4"))
    assert weights.output_digest(tmp_path) == sha256_npz(tmp_path / "weights.npz")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "weights.npz").symlink_to(tmp_path / "weights.npz")
    assert weights.output_digest(tmp_path / "link") == ""
    objects = io.BytesIO()
    np.save(objects, np.array([{}]), allow_pickle=True)
    archive(tmp_path / "objects" / "weights.npz", {"a.npy": objects.getvalue()})
    assert weights.output_digest(tmp_path / "objects") == ""
