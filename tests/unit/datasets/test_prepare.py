"""The prepared data sets are the study's: its splits give the published figures, and their bytes never change."""

from __future__ import annotations

import hashlib
import json
import os
import re
import runpy
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import ROOT

from traceability.datasets import tables
from traceability.errors import StudyError
from traceability.runtime import arrays
from traceability.study.registry import all_tables

TABLE = ROOT / "config" / "datasets.tsv"
FILES = ("data.npz", "splits.npz", "dataset.json")


def _prepare(
    folder: Path, dataset: str, table: Path = TABLE, mirror: str = "", cache: str = "", folders: list[str] | None = None
) -> Path:
    """Run the rule's script for one data set; the folder it wrote."""
    main = runpy.run_path(str(ROOT / "scripts" / "prepare_dataset.py"))["main"]
    target = folder / dataset
    main(table, dataset, *(target / name for name in FILES), mirror=mirror, folders=folders or [], cache=cache,
         timeout_seconds=5, attempts=1)  # fmt: skip
    return target


def _read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def test_diabetes_gives_the_published_metrics(tmp_path: Path) -> None:
    """The seed notebook printed these with scikit-learn 1.2.2; the same split and data must give them to 1e-9."""
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    folder = _prepare(tmp_path, "diabetes")
    data, split = _read(folder / "data.npz"), _read(folder / "splits.npz")
    model = LinearRegression().fit(data["inputs"][split["train"]], data["targets"][split["train"]])
    truth, guess = data["targets"][split["evaluation"]], model.predict(data["inputs"][split["evaluation"]])
    assert mean_squared_error(truth, guess) == pytest.approx(2900.19362849348, rel=1e-9)
    assert mean_absolute_error(truth, guess) == pytest.approx(42.79409467959994, rel=1e-9)
    assert r2_score(truth, guess) == pytest.approx(0.4526027629719197, rel=1e-9)


def test_diabetes_split_is_the_seed_studys_in_its_order(tmp_path: Path) -> None:
    from sklearn.model_selection import train_test_split

    split = _read(_prepare(tmp_path, "diabetes") / "splits.npz")
    train, evaluation = train_test_split(np.arange(442), test_size=0.2, random_state=42)
    assert split["train"].tolist() == train.tolist()
    assert split["evaluation"].tolist() == evaluation.tolist()


def test_digits_evaluation_set_keeps_the_shares_of_the_classes(tmp_path: Path) -> None:
    folder = _prepare(tmp_path, "digits")
    data, split = _read(folder / "data.npz"), _read(folder / "splits.npz")
    assert data["inputs"].shape == (1797, 8, 8)
    assert len(split["evaluation"]) == 360
    everyone, chosen = Counter(data["targets"].tolist()), Counter(data["targets"][split["evaluation"]].tolist())
    for digit, count in everyone.items():
        assert abs(chosen[digit] - count * 360 / 1797) < 1


@pytest.mark.parametrize("dataset", ["diabetes", "digits"])
def test_every_instance_is_in_exactly_one_part(tmp_path: Path, dataset: str) -> None:
    folder = _prepare(tmp_path, dataset)
    split = _read(folder / "splits.npz")
    size = len(_read(folder / "data.npz")["inputs"])
    assert sorted(np.concatenate(list(split.values())).tolist()) == list(range(size))


@pytest.mark.parametrize("dataset", ["diabetes", "digits"])
def test_preparing_twice_gives_the_same_bytes(tmp_path: Path, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _prepare(tmp_path / "one", dataset)
    # A ZIP file carries local times; another zone stands for another day.
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    old = os.umask(0o077)
    try:
        second = _prepare(tmp_path / "two", dataset)
    finally:
        os.umask(old)
        monkeypatch.undo()
        time.tzset()
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    with zipfile.ZipFile(first / "data.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("dataset", ["diabetes", "digits"])
def test_the_description_holds_the_digests_of_what_lies_beside_it(tmp_path: Path, dataset: str) -> None:
    folder = _prepare(tmp_path, dataset)
    description = json.loads((folder / "dataset.json").read_text())
    for name in ("data.npz", "splits.npz"):
        content = (folder / name).read_bytes()
        assert description["files"][name] == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for key, array in _read(folder / name).items():
            said = description["arrays"][key]
            assert said["shape"] == list(array.shape)
            assert said["dtype"] == array.dtype.name
            assert said["sha256"] == hashlib.sha256(array.tobytes()).hexdigest()
    assert description["evaluation"] == "fixed"
    assert description["source_files"] and all(file["sha256"] for file in description["source_files"])


def test_a_remote_data_set_is_fetched_split_in_halves_and_read_back(tmp_path: Path, mirror: Any, table: Path) -> None:
    cache = tmp_path / "cache"
    folder = _prepare(tmp_path, "tiny", table, mirror.url, str(cache))
    data, split = _read(folder / "data.npz"), _read(folder / "splits.npz")
    assert (data["inputs"].shape, data["inputs"].dtype) == ((30, 4, 4), np.uint8)
    assert data["targets"].tolist() == [*(i % 3 for i in range(20)), *(i % 3 for i in range(10))]
    assert [split[name].tolist() for name in ("train", "validation", "evaluation")] == [
        list(range(20)), list(range(20, 25)), list(range(25, 30)),
    ]  # fmt: skip
    assert sorted(path.name for path in (cache / "tiny").iterdir()) == sorted(mirror.files)
    description = json.loads((folder / "dataset.json").read_text())
    assert {file["name"]: file["content_sha256"] for file in description["source_files"]} == {
        name: mirror.sha256(name) for name in mirror.files
    }
    again = _prepare(tmp_path / "again", "tiny", table, mirror.url, str(cache))
    assert len(mirror.requests) == 4
    assert all((again / name).read_bytes() == (folder / name).read_bytes() for name in FILES)


def test_a_failed_download_leaves_no_data_and_says_what_is_missing(tmp_path: Path, mirror: Any, table: Path) -> None:
    mirror.files["test-labels.gz"] += b"tail"
    folder = _prepare(tmp_path, "tiny", table, mirror.url, str(tmp_path / "cache"))
    assert re.search(
        r"test-labels\.gz from http\S+ is damaged, or has something else behind its content",
        json.loads((folder / "dataset.json").read_text())["missing"],
    )
    assert _read(folder / "data.npz")["inputs"].size == 0
    assert len(list((tmp_path / "cache" / "tiny").iterdir())) == 3


def _change(table: Path, old: str, new: str) -> None:
    text = table.read_text()
    assert text.count(old) == 1
    table.write_text(text.replace(old, new))


def test_labels_that_belong_to_other_images_are_refused(tmp_path: Path, mirror: Any, table: Path) -> None:
    mirror.files["train-labels.gz"], old = mirror.files["test-labels.gz"], mirror.sha256("train-labels.gz")
    _change(table, old, mirror.sha256("train-labels.gz"))
    with pytest.raises(StudyError, match=r"train-labels\.gz: uint8 of shape \(10,\); expected one uint8 label for"):
        _prepare(tmp_path, "tiny", table, mirror.url, str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("\t30\t", "\t31\t"), "30 instances, but its row in the table of data sets says 31"),
        (("\t5\t", "\t4\t"), "test data has 5 instances, but its row says 4"),
        (("a,b,c", "a,b"), "targets from 0 to 2, but its row in the table of data sets names 2 classes"),
        (("\tidx\t", "\tidy\t"), "no loader 'idy'; did you mean 'idx'?"),
    ],
)
def test_data_that_are_not_what_the_table_says_are_refused(
    tmp_path: Path, mirror: Any, table: Path, change: tuple[str, str], says: str
) -> None:
    _change(table, *change)
    with pytest.raises(StudyError) as error:
        _prepare(tmp_path, "tiny", table, mirror.url, str(tmp_path / "cache"))
    assert says in str(error.value)
    assert not (tmp_path / "tiny").exists()


def test_summary_has_one_row_per_data_set_with_its_fixed_evaluation_set(tmp_path: Path) -> None:
    descriptions = [_prepare(tmp_path, name) / "dataset.json" for name in ("diabetes", "digits")]
    main = runpy.run_path(str(ROOT / "scripts" / "summarise_datasets.py"))["main"]
    main(descriptions, tmp_path / "datasets.tsv")
    frame = tables.DATASETS.read(tmp_path / "datasets.tsv").set_index("dataset")
    assert frame["instances"].to_dict() == {"diabetes": 442, "digits": 1797}
    assert frame["evaluation"].to_dict() == {"diabetes": 89, "digits": 360}
    assert frame["train"].to_dict() == {"diabetes": 353, "digits": 1437}
    assert frame["input_shape"].to_dict() == {"diabetes": "10", "digits": "8x8"}
    assert set(frame["evaluation_set"]) == {"fixed"}
    assert ("datasets", tables.DATASETS) in list(all_tables())


def test_objects_that_would_need_pickle_are_refused_and_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        arrays.write_npz(tmp_path / "data.npz", {"inputs": np.array([{}, None], dtype=object)})
    assert list(tmp_path.iterdir()) == []


def test_layout_and_byte_order_do_not_change_file_or_digest(tmp_path: Path) -> None:
    plain = np.arange(12, dtype="<i4").reshape(3, 4)
    for number, variant in enumerate((plain, plain.astype(">i4"), np.asfortranarray(plain))):
        arrays.write_npz(tmp_path / f"{number}.npz", {"x": variant})
        assert arrays.sha256_array(variant) == hashlib.sha256(plain.tobytes()).hexdigest()
    assert len({(tmp_path / f"{number}.npz").read_bytes() for number in range(3)}) == 1
