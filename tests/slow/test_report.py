"""The report of a whole study in a real browser: it opens on the findings, and every link and picture is there."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

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
                assert rows == len(names), f"{category}, {part}: {rows} of {len(names)} results are listed"
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
