"""The report of a whole study in a real browser: it opens on the findings, and every link and picture is there."""

from __future__ import annotations

import json
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.browser import Browser, found
from support.studies import snakemake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(found() is None, reason="no Chromium on this machine: the report is not opened"),
]


@pytest.fixture(scope="module")
def report(quick_study: tuple[Path, float], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked report of the quick study."""
    folder = tmp_path_factory.mktemp("report")
    built = snakemake(quick_study[0], "--report", str(folder / "report.zip"))
    assert built.returncode == 0, built.stderr[-3000:]
    assert "docutils" not in built.stderr and "System Message" not in built.stderr
    with zipfile.ZipFile(folder / "report.zip") as archive:
        archive.extractall(folder)
    (page,) = folder.glob("*/report.html")
    return page


def click(browser: Browser, text: str) -> None:
    """Click the link that says `text`."""
    script = """(() => {
        const link = [...document.querySelectorAll('a')].find(one => one.textContent.trim() === %s);
        if (link) link.click();
        return Boolean(link);
    })()"""
    assert browser.evaluate(script % json.dumps(text)), f"no link says '{text}'"
    time.sleep(0.2)


def test_it_opens_on_the_findings_and_its_links_lead_to_results(report: Path) -> None:
    with Browser() as browser:
        browser.open(report)
        said = browser.evaluate("document.body.innerText")
        assert "The same code gives another model each time" in said
        # The page does not scroll there: what does not fit is never seen.
        top = browser.evaluate("[...document.querySelectorAll('p')].find(one => one.innerText.startsWith('What can'))"
                               ".getBoundingClientRect().top")  # fmt: skip
        assert top > 0, "the first page is longer than a screen"
        links = browser.evaluate("[...document.querySelectorAll('a')].map(one => one.href)")
        shown = [link for link in links if link.startswith("javascript:app.showResultInfo")]
        assert len(shown) >= 6
        for link in shown:
            name = link.partition("('")[2].partition("'")[0]
            assert browser.evaluate(f"{json.dumps(name)} in results"), f"{link}: no such result"
        click(browser, "arms.svg")
        assert "Spread of repeated runs" in browser.evaluate("document.body.innerText"), "its caption is shown"
        assert browser.errors == []


def test_every_category_lists_its_results_and_every_file_is_there(report: Path) -> None:
    with Browser() as browser:
        browser.open(report)
        results = browser.evaluate("results")
        categories = browser.evaluate("categories")
        assert {name for parts in categories.values() for names in parts.values() for name in names} == set(results)
        for category, parts in categories.items():
            for part, names in parts.items():
                browser.open(report)
                click(browser, category)
                if len(parts) > 1 or part != "Other":
                    click(browser, part)
                rows = browser.evaluate("document.querySelectorAll('table a[iconname=\"information-circle\"]').length")
                # Of two forms that share a category equally the report shows one at a time.
                forms = Counter(results[name]["labels"].get("form") for name in names).values()
                at_once = len(names) // 2 if len(forms) == 2 and len(set(forms)) == 1 else len(names)
                assert rows == at_once, f"{category}, {part}: {rows} of {at_once} results are listed"
                files = browser.evaluate("[...document.querySelectorAll('table a[download]')].map(one => one.href)")
                assert all(Path(link.removeprefix("file://")).is_file() for link in files)
        for name, about in results.items():
            assert (report.parent / about["data_uri"]).is_file(), name
            assert len(about["caption"]) > 40, f"{name}: no caption"
        assert browser.errors == []


def test_every_figure_is_drawn(report: Path) -> None:
    with Browser() as browser:
        browser.open(report)
        widths = browser.evaluate("""Promise.all(
            Object.values(results).filter(one => one.mime_type === 'image/svg+xml').map(one => new Promise(done => {
                const image = new Image();
                image.onload = () => done([one.name, image.naturalWidth]);
                image.onerror = () => done([one.name, 0]);
                image.src = one.data_uri;
            })))""")
        assert len(widths) >= 15
        assert [name for name, width in widths if width < 100] == []
        assert browser.errors == []


def test_long_tables_open_as_pages_that_sort_and_search(report: Path) -> None:
    with Browser() as browser:
        browser.open(report)
        results = browser.evaluate("results")
        for name in pages_of_tables(results):
            table = f"{name.replace('/tables/', '/').removesuffix('.html')}.tsv"
            if table in results:  # a published table is in the report as a page alone
                labels = results[table]["labels"]
                assert results[name]["labels"] == {**labels, "form": f"{labels['form']}, sortable"}
        page = report.parent / results["results/tables/statistics/arms.html"]["data_uri"]
        browser.open(page)
        shown = "[...document.querySelectorAll('table.dataTable tbody tr')].map(one => one.cells[%d].innerText)"
        headings = browser.evaluate("[...document.querySelectorAll('thead th')].map(one => one.innerText.trim())")
        wait_for(browser, f"({shown % 0}).length === 25")
        mean, metric = headings.index("mean"), headings.index("metric")
        for down in (False, True):
            browser.evaluate(f"document.querySelectorAll('thead th')[{mean}].click()")
            found = [float(value) for value in browser.evaluate(shown % mean) if value]
            assert found == sorted(found, reverse=down) and len(set(found)) > 1
        search(browser, "[type=search]", "test_accuracy")
        assert {value[:13] for value in browser.evaluate(shown % metric)} == {"test_accuracy"}
        search(browser, "[type=search]", "no such thing")
        assert browser.evaluate("document.querySelector('tbody').innerText").startswith("No matching records")
        search(browser, "[type=search]", "")
        search(browser, "tfoot input[placeholder=metric]", "loss")
        assert all("loss" in value for value in browser.evaluate(shown % metric))
        exact = browser.evaluate(f"document.querySelector('tbody tr').cells[{mean}].firstChild.title")
        lines = (report.parent / results["results/statistics/arms.tsv"]["data_uri"]).read_text().splitlines()
        assert any(line.split("\t")[mean] == exact for line in lines), "the pointer shows what the file holds"
        assert browser.errors == []


def test_every_page_of_a_long_table_is_drawn_and_listed(report: Path) -> None:
    with Browser() as browser:
        browser.open(report)
        results = browser.evaluate("results")
        (listed,) = (about["data_uri"] for about in results.values() if about["name"] == "index.html")
        browser.open(report.parent / listed)
        links = browser.evaluate("[...document.querySelectorAll('li a')].map(one => one.href)")
        assert len(links) == len(pages_of_tables(results)) >= 10
        for link in links:
            browser.open(Path(link.removeprefix("file://")))
            wait_for(browser, "document.querySelectorAll('table.dataTable tbody tr').length === 25")
            assert "undefined" not in browser.evaluate("document.querySelector('thead').innerText")
        assert browser.errors == []


def pages_of_tables(results: dict[str, Any]) -> list[str]:
    """The pages of long tables, by name."""
    return [name for name, about in results.items() if about["labels"].get("form", "").endswith(", sortable")]


def wait_for(browser: Browser, condition: str, patience: float = 20) -> None:
    """Wait until the page's program has done its work."""
    deadline = time.monotonic() + patience
    while not browser.evaluate(condition):
        assert time.monotonic() < deadline, f"not so after {patience} s: {condition}"
        time.sleep(0.1)


def search(browser: Browser, field: str, text: str) -> None:
    """Type `text` into a field of the page, in place of what is there."""
    browser.evaluate(f"(() => {{ const one = document.querySelector('{field}'); one.focus(); one.select(); }})()")
    if text:
        browser.call("Input.insertText", text=text)
    else:
        browser.evaluate(f"document.querySelector('{field}').value = ''")
    browser.evaluate(f"document.querySelector('{field}').dispatchEvent(new KeyboardEvent('keyup', {{key: 'a'}}))")
    time.sleep(0.8)
