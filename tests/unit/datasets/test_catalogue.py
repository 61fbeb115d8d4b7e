"""The table of data sets: the committed one is the study's, and a slip in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import ROOT

from traceability.datasets import catalogue
from traceability.datasets.loaders import LOADERS
from traceability.datasets.settings import Section
from traceability.errors import StudyError
from traceability.study import configuration

TABLE = ROOT / "config" / "datasets.tsv"


def test_the_committed_table_covers_the_default_configuration() -> None:
    entries = catalogue.read(TABLE)
    assert set(Section().names) <= set(entries)
    assert {entry.loader for entry in entries.values()} == set(LOADERS)
    for entry in entries.values():
        assert entry.licence and entry.citation


def test_fashion_mnist_is_the_official_release_by_the_digests_of_its_content() -> None:
    entry = catalogue.find(TABLE, "fashion_mnist")
    assert {file.name: file.sha256 for file in entry.files} == {
        "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }
    assert (entry.size, entry.evaluation, len(entry.classes)) == (70_000, 5_000, 10)


def test_an_unknown_data_set_names_the_nearest() -> None:
    with pytest.raises(StudyError, match="no data set 'digit'; did you mean 'digits'"):
        catalogue.find(TABLE, "digit")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("licence", "license", "column 'licence' is missing"),
        ("\tregression\t", "\tregresion\t", ":2: 'task' is 'regresion'; expected one of regression, classification"),
        ("\t360\t", "\t1797\t", ":3: 'evaluation' is '1797'; expected less than the size, 1797"),
        ("\t89\trandom\t42", "\t89\trandom\t", ":2: 'split_seed' is ''; expected a number"),
        ("c59f468a", "c59f468", "'files' is 'train-images"),
        ("train-images-idx3", "../train-images-idx3", "'files' is '../train-images"),
        ("https://raw", "file:///raw", "'url' is 'file:///raw"),
        ("\tMIT\t", "\t\t", ":4: 'licence' is ''; expected a value"),
        ("\ndigits\t", "\ndiabetes\t", ":3: data set 'diabetes' is there twice"),
        ("\ndigits\t", "\n../digits\t", ":3: 'name' is '../digits'"),
    ],
)
def test_a_slip_in_the_table_names_line_and_column(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = TABLE.read_text()
    assert old in text
    path = tmp_path / "datasets.tsv"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(StudyError) as error:
        catalogue.read(path)
    assert str(error.value).startswith(str(path))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "value", ["https://host/folder/", "file:///srv/{file}", "host/{file}"], ids=["no file", "no web", "no scheme"]
)
def test_a_mirror_that_cannot_work_is_refused_by_the_configuration(value: str) -> None:
    with pytest.raises(StudyError, match=r"'datasets\.mirror' is"):
        configuration.check({"datasets": {"mirror": value}})


def test_a_mirror_template_passes_the_configuration() -> None:
    value = "http://host/{dataset}/{file}"
    assert configuration.check({"datasets": {"mirror": value}})["datasets"]["mirror"] == value
