"""The pages of long tables: every cell as the file has it, nothing of it as HTML, each column with its meaning."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from traceability.errors import StudyError
from traceability.paper import pages
from traceability.study.plain_tables import Column, cells
from traceability.study.registry import Table, all_tables

#: Any text that a cell of a TSV can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)
NUMBERS = Table(
    "paper/numbers.tsv",
    'Values, "all" of them',
    (Column("name", "str", '<b>who</b> & "what"'), Column("value", "float", "how much (s)", nullable=True)),
)


def held(page: str) -> list[list[str]]:
    """The rows of a page as its program reads them, text for text."""
    (found,) = re.findall(r'"data_json": (".*"),?$', page, re.MULTILINE)
    return [[html.unescape(cell) for cell in row] for row in json.loads(json.loads(found))]


def test_a_page_of_results_holds_every_row_as_the_file_does(study: Any) -> None:
    study.put_arms(*({"arm": f"arm{i}", "mean": 0.1 + i / 3} for i in range(200)))
    folder = study.root / "results"
    pages.write([folder / "statistics" / "arms.tsv"], folder / "tables")
    page = (folder / "tables" / "statistics" / "arms.html").read_text(encoding="utf-8")
    header, lines = cells(folder / "statistics" / "arms.tsv")
    assert len(lines) == 200
    assert held(page) == lines
    assert "200 rows" in page and "results/statistics/arms.tsv" in page
    assert re.findall(r"<dt>(.*?)</dt>", page) == header


@example_settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(TEXT, st.floats(allow_nan=False).map(repr) | st.integers().map(str) | st.just("")),
        min_size=1, max_size=30,
    )
)  # fmt: skip
def test_no_value_is_altered_and_none_is_html(rows: list[tuple[str, str]]) -> None:
    page = pages.text(NUMBERS, NUMBERS.column_names, rows)
    assert held(page) == [list(row) for row in rows]
    (data,) = re.findall(r'"data_json": (".*"),?$', page, re.MULTILINE)
    assert "<" not in data and ">" not in data


def test_text_of_tables_and_declarations_is_no_html() -> None:
    page = pages.text(NUMBERS, NUMBERS.column_names, [["</script><script>alert(1)</script>", "1.5"]])
    assert "alert(1)</script>" not in page
    assert "<b>who" not in page
    assert "<dd>&lt;b&gt;who&lt;/b&gt; &amp; &quot;what&quot;</dd>" in page


def test_only_declared_fractions_are_shown_rounded() -> None:
    table = Table("paper/numbers.tsv", "", (*NUMBERS.columns, Column("n", "int", "count")), open=True)
    page = pages.text(table, ["name", "value", "n", "loss", "note"], [["1.25", "0.123456", "12345", "0.25", "a"]])
    (targets,) = re.findall(r'"targets": \[([\d, ]+)\]', page)
    assert targets == "1, 3", "the declared one, and a column of the run that holds nothing else"
    assert "a column of this run alone" in page


def test_every_declared_table_can_be_a_page_that_explains_its_columns() -> None:
    for _, table in all_tables():
        page = pages.text(table, table.column_names, [[""] * len(table.columns)])
        meanings = [html.unescape(text) for text in re.findall(r"<dd>(.*?)</dd>", page, re.DOTALL)]
        assert meanings == [column.meaning for column in table.columns], table.name


def test_pages_load_nothing_but_the_program_beside_them(study: Any) -> None:
    study.put_arms(*({"arm": f"arm{i}"} for i in range(30)))
    folder = study.root / "results"
    pages.write([folder / "statistics" / "arms.tsv"], folder / "tables")
    page = (folder / "tables" / "statistics" / "arms.html").read_text(encoding="utf-8")
    assert re.findall(r'\bsrc="?([^" >]+)', page) == ["../itables.js"]
    assert not re.search(r"<link|@import|\bimport\b.*\bfrom\b", page)
    program = (folder / "tables" / "itables.js").read_text(encoding="utf-8")
    assert not re.search(r"</?script|^\s*(im|ex)port ", program, re.MULTILINE), "a classic script"
    version = re.search(r"window\.(_itables_\w+)", page)
    assert version and version[1] in program, "page and program speak of the same version"


def test_long_is_what_has_more_rows_than_are_shown_at_once(study: Any) -> None:
    folder = study.root / "results"
    study.put_arms(*({"arm": f"arm{i}"} for i in range(pages.ROWS_AT_ONCE)))
    study.put_shares(*({"function": f"f{i}"} for i in range(pages.ROWS_AT_ONCE + 1)))
    written = pages.write(folder.glob("statistics/*.tsv"), folder / "tables")
    assert [(page.path, page.rows) for page in written] == [("statistics/corpus_shares.html", pages.ROWS_AT_ONCE + 1)]
    index = (folder / "tables" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<a href="(.*?)"', index) == ["statistics/corpus_shares.html"]
    assert "no table" in pages.index([])


def test_a_file_that_is_no_declared_table_is_named(study: Any) -> None:
    path = study.root / "results" / "statistics" / "unknown.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a\tb\n1\t2\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"unknown\.tsv: statistics/unknown\.tsv is not declared"):
        pages.write([path], study.root / "pages")
    with pytest.raises(StudyError, match="column 'value' is missing"):
        pages.text(NUMBERS, ["name"], [["a"]])


def test_every_table_that_a_rule_puts_into_the_report_is_looked_at(root: Path, tmp_path: Path) -> None:
    """The workflow finds them by names that Snakemake does not promise."""
    pattern = re.compile(r'report\(\s*ensure\(\s*"results/([^"]+\.tsv)"')
    said = {name for path in (root / "rules").glob("*.smk") for name in pattern.findall(path.read_text())}
    said |= {f"figures/{name}" for path in (root / "rules").glob("figures*.smk")
             for name in re.findall(r'"results/figures/(\w+\.tsv)"', path.read_text())}  # fmt: skip
    assert len(said) > 50
    words = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--directory", str(tmp_path)]
    words += [
        "--configfile",
        str(root / "config" / "quick.yaml"),
        "--dry-run",
        "--cores",
        "1",
        "--forcerun",
        "write_pages",
    ]
    done = subprocess.run([*words, "tables"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (job,) = re.findall(r"rule write_pages:\n    input: (.*)\n", done.stdout + done.stderr)
    given_ones = {name.removeprefix("results/") for name in job.split(", ")}
    assert said - given_ones <= {"replay/third_party.tsv"}, "made only where the configuration names projects"
    assert given_ones <= {table.name for _, table in all_tables()}
