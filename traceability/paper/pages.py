"""Long tables as pages for a browser, in which a reader sorts, searches and turns pages; they need no network.

A page holds each cell as its TSV has it. What is shown of a number with a fraction is rounded, and the cell under the
pointer says the whole. DataTables does the work, as itables brings it; the pages share one copy of it, `itables.js`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.runtime.files import replacing
from traceability.study import registry
from traceability.study.plain_tables import Column, cells
from traceability.study.registry import Table

#: Rows that a page shows at once; a table is long, and gets a page, when it has more of them.
ROWS_AT_ONCE = 25
LIBRARY, INDEX = "itables.js", "index.html"
#: Numbers with a fraction are shown to four digits, and whole from 1000 on; sorting and searching go by the file.
ROUNDED = """function (data, type) {
    if (data === '' || isNaN(data)) return data;
    if (type === 'sort' || type === 'type') return Number(data);
    if (type !== 'display') return data;
    const number = Number(data);
    const shown = Math.abs(number) < 1000 ? Number(number.toPrecision(4)) : Math.round(number);
    return '<span title="' + data + '">' + shown + '</span>';
}"""
_STYLE = """
body { font-family: system-ui, sans-serif; font-size: 14px; color: #222; background: #fff; margin: 1.5em; }
h1 { font-size: 1.3em; }
h2 { font-size: 1.1em; margin-top: 2em; }
table.dataTable td { max-width: 32em; overflow-wrap: anywhere; vertical-align: top; }
table.dataTable tfoot input { width: 0; min-width: 100%; box-sizing: border-box; }
table.dataTable thead span[title] { text-decoration: underline dotted; cursor: help; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.3em 1.5em; }
dt { font-family: ui-monospace, monospace; }
dd { margin: 0; }
"""


@dataclass(frozen=True)
class Page:
    """A page that was written: of which table, and with how many rows."""

    table: Table
    path: str
    rows: int


def write(paths: Iterable[Path], folder: Path) -> list[Page]:
    """Write a page for each long table of `paths` (results/<chapter>/<table>.tsv) below `folder`, and a list of them.

    Raises `StudyError` for a table that is not declared or does not have the declared columns.
    """
    declared = {table.name: table for _, table in registry.all_tables()}
    pages = []
    for path in sorted(paths):
        name = "/".join(path.parts[-2:])
        if name not in declared:
            raise StudyError(f"{path}: {name} is not declared; declare it in its tables.py")
        header, lines = cells(path)
        if len(lines) > ROWS_AT_ONCE:
            page = Page(declared[name], str(Path(name).with_suffix(".html")), len(lines))
            _write(folder / page.path, text(page.table, header, lines))
            pages.append(page)
    _write(folder / INDEX, index(pages))
    _write(folder / LIBRARY, library())
    return pages


def text(table: Table, header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """The page of one table, whose cells are given as the file has them."""
    import pandas as pd
    from itables import to_html_datatable
    from itables.javascript import JavascriptFunction

    columns = {column.name: column for column in table.columns}
    missing = [name for name in columns if name not in header]
    if missing:
        raise StudyError(f"{table.name}: column '{missing[0]}' is missing; remove the file and run its rule again")
    titles = [{"targets": i, "title": _heading(name, columns)} for i, name in enumerate(header)]
    fractions = [i for i, name in enumerate(header) if _has_fractions(name, columns, [line[i] for line in lines])]
    sizes: list[int | str | Mapping[str, Any]] = [ROWS_AT_ONCE, 100, {"label": "all", "value": -1}]
    data = to_html_datatable(
        pd.DataFrame(lines, columns=list(header), dtype="object"), connected=False, table_id="table",
        # Every row and column, whatever their number.
        maxBytes=0, maxRows=0, maxColumns=0, showIndex=False, display_logo_when_loading=False,
        pageLength=ROWS_AT_ONCE, lengthMenu=sizes,
        column_filters="footer", classes="display compact", style="width:max-content;margin:0",
        text_in_header_can_be_selected=False,
        columnDefs=[*titles, *([{"targets": fractions, "render": JavascriptFunction(ROUNDED)}] if fractions else [])],
    )  # fmt: skip
    meanings = "".join(f"<dt>{escape(name)}</dt><dd>{escape(_meaning(name, columns))}</dd>\n" for name in header)
    body = (
        f"<p>{escape(table.meaning)}</p>\n"
        f"<p>{len(lines)} rows, as in <code>results/{escape(table.name)}</code>. A click on a heading sorts, a second "
        "one the other way round; the field at the top right searches every column, those below the table one each. "
        "Numbers with a fraction are shown rounded: the pointer on one shows what the file holds.</p>\n"
        f"{data}\n<h2>What the columns mean</h2>\n<dl>\n{meanings}</dl>\n"
        f'<p><a href="../{INDEX}">All long tables</a></p>'
    )
    return _page(table.name, body, library=f"../{LIBRARY}")


def index(pages: Sequence[Page]) -> str:
    """The list of all pages."""
    items = "".join(
        f'<li><a href="{escape(page.path)}">{escape(page.table.name)}</a> ({page.rows} rows): '
        f"{escape(page.table.meaning)}</li>\n"
        for page in pages
    )
    found = f"<ul>\n{items}</ul>" if pages else "<p>This run has no table that is so long.</p>"
    return _page("Long tables", f"<p>Every table with more than {ROWS_AT_ONCE} rows, as a page.</p>\n{found}")


def library() -> str:
    """DataTables and its style, as one classic script: browsers load no module from a file."""
    from itables.javascript import generate_init_offline_itables_html
    from itables.options import dt_bundle

    html = generate_init_offline_itables_html(dt_bundle)
    scripts = re.findall(r"<script>\n(.*?)</script>", html, re.DOTALL)
    if len(scripts) != 1:
        raise StudyError(f"itables: its offline program has {len(scripts)} scripts, expected 1; see the pages' tests")
    return str(scripts[0])


def _has_fractions(name: str, columns: Mapping[str, Column], found: Sequence[str]) -> bool:
    """Whether a column holds numbers with a fraction: as declared, or, if nobody declared it, as its cells are."""
    if name in columns:
        return columns[name].kind == "float"
    return all(re.fullmatch(r"-?\d+\.\d+(e-?\d+)?|", cell) for cell in found)


def _meaning(name: str, columns: Mapping[str, Column]) -> str:
    return columns[name].meaning if name in columns else "a column of this run alone"


def _heading(name: str, columns: Mapping[str, Column]) -> str:
    return f'<span title="{escape(_meaning(name, columns))}">{escape(name)}</span>'


def _page(title: str, body: str, library: str = "") -> str:
    script = f'<script src="{library}"></script>\n' if library else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n{script}</head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _write(path: Path, content: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(content, encoding="utf-8")
