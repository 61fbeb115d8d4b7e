"""Tables are declared, checked and kept."""

import pandas as pd
import pytest

from traceability.errors import StudyError
from traceability.study.registry import Column, Table, all_tables

TABLE = Table(
    "results/x.tsv",
    "a table",
    (Column("name", "str", "a name"), Column("share", "float", "a share", nullable=True, minimum=0, maximum=1)),
    key=("name",),
)


def test_a_table_keeps_its_values_through_a_file(tmp_path):
    frame = pd.DataFrame({"share": [0.1 + 0.2, None], "name": ["NA", "b"]})
    TABLE.write(frame, tmp_path / "x.tsv")
    back = TABLE.read(tmp_path / "x.tsv")
    assert list(back.columns) == ["name", "share"]
    assert back["name"].tolist() == ["NA", "b"], "only an empty cell is missing"
    assert back["share"][0] == 0.1 + 0.2
    assert TABLE.rows(tmp_path / "x.tsv")[1] == {"name": "b", "share": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name\n", "x.tsv: column 'share' is missing (expected: name, share)"),
        ("name\tshare\na\t2\n", "x.tsv: column 'share' fails"),
        ("name\tshare\tmore\na\t1\t1\n", "x.tsv: column 'more' is not declared"),
        ("name\tshare\na\t1\na\t1\n", "x.tsv"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line_that_names_file_and_column(tmp_path, text, expected):
    (tmp_path / "x.tsv").write_text(text)
    with pytest.raises(StudyError) as caught:
        TABLE.read(tmp_path / "x.tsv")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_declared_table_explains_every_column():
    tables = list(all_tables())
    assert len(tables) > 4
    names = [table.name for _, table in tables]
    assert len(names) == len(set(names))
    for _, table in tables:
        assert all(column.meaning.strip() for column in table.columns), table.name
        assert set(table.key) <= set(table.column_names), table.name
