"""The page holds everything, needs nothing from outside, and takes no mark-up from a record."""

import dataclasses
import json
from html.parser import HTMLParser

import pytest
from support.records import source, write_run
from typer.testing import CliRunner

from traceability import __version__
from traceability.audit import page, survey
from traceability.audit.advice import LEVELS
from traceability.audit.rows import About, Collected
from traceability.audit.tables import AUDIT
from traceability.cli import app
from traceability.stores import readers, tracking
from traceability.stores.scope import Scope

HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)> <!-- "'


class Seen(HTMLParser):
    """Tags and attributes of a page, and the text of its scripts."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.scripts, self._inside = [], [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._inside = tag == "script"
        if self._inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.scripts[-1] += data


@pytest.fixture
def uri(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = tracking.client(uri)
    experiment = client.create_experiment(HOSTILE, artifact_location=(tmp_path / "a").as_uri())
    run_id = client.create_run(experiment, run_name=HOSTILE).info.run_id
    client.log_param(run_id, "data_path", HOSTILE)
    client.set_tag(run_id, "argv", HOSTILE + "\tsecond\nline")
    client.create_run("0", run_name="plain")
    return uri


def test_the_page(uri, tmp_path):
    done = CliRunner().invoke(app, ["audit", uri, "--output", str(tmp_path / "a.html")])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "a.html").read_text()
    seen = Seen()
    seen.feed(text)
    assert "img" not in seen.tags
    assert len(seen.scripts) == 2
    assert not [found for found in seen.attributes if found[1] in ("src", "href") or found[1].startswith("on")]
    policy = next(value for tag, name, value in seen.attributes if tag == "meta" and value and "default-src" in value)
    assert policy.startswith("default-src 'none'"), "the browser itself allows no request"
    data = json.loads(seen.scripts[0])
    assert {row[2] for row in data["runs"]} == {HOSTILE, "plain"}
    assert "{{" not in text


def test_table_and_json_say_the_same(uri, tmp_path):
    for name in ("a.tsv", "a.json"):
        assert CliRunner().invoke(app, ["audit", uri, "--output", str(tmp_path / name)]).exit_code == 0
    rows = AUDIT.rows(tmp_path / "a.tsv")
    whole = json.loads((tmp_path / "a.json").read_text())
    assert len(rows) == 5 * len(whole["runs"]) == 10
    states = {(run["run_id"], item): found["state"] for run in whole["runs"] for item, found in run["items"].items()}
    assert {(row["run_id"], row["item"]): row["state"] for row in rows} == states
    assert whole["summary"]["levels"]["nothing known"] == 1
    assert len((tmp_path / "a.tsv").read_text().splitlines()) == 11, "no cell breaks a line"


def test_many_runs_are_judged_by_several_processes_in_the_same_order(tmp_path, monkeypatch):
    runs = [write_run(tmp_path / "m", n, tags=source("fit.py"), params={"seed": str(n)}) for n in range(25)]
    monkeypatch.setattr(survey, "_MANY", 10)
    monkeypatch.setattr(survey, "PAGE", 4)
    with readers.opened(str(tmp_path / "m")) as store:
        advanced = []
        several = list(survey.rows(store, Scope(), progress=advanced.append, processes=2))
        alone = list(survey.rows(store, Scope()))
    assert several == alone and {row.run_id for row in several} == set(runs)
    assert sum(advanced) == 25 and max(advanced) == 4


def test_a_fault_in_a_process_that_judges_is_not_swallowed(tmp_path, monkeypatch):
    write_run(tmp_path / "m", 1, tags=source("fit.py"))
    monkeypatch.setattr(survey, "_MANY", 1)
    with readers.opened(str(tmp_path / "m")) as store:
        (run,) = store.runs(Scope())
        monkeypatch.setattr(store, "runs", lambda _scope: iter([dataclasses.replace(run, params=3)]))
        with pytest.raises((TypeError, AttributeError)):
            list(survey.rows(store, Scope(), processes=2))


def test_the_page_says_what_was_audited_when_and_by_what_and_leads_to_each_run(tmp_path):
    runs = [write_run(tmp_path / "m", n, tags=source("fit.py"), params={"a": str(n)}) for n in range(250)]
    with readers.opened(str(tmp_path / "m")) as store:
        found = Collected.of(survey.rows(store, Scope()))
    about = About("https://mlflow.example.org", "server", "2026-01-02T03:04:05+00:00", "experiment <b>",
                  ("3 runs deleted",), "https://mlflow.example.org")  # fmt: skip
    text = "".join(page.pieces(found, about))
    assert "2026-01-02 03:04:05 UTC" in text and f"traceability {__version__}" in text
    assert "https://mlflow.example.org (server)" in text and "3 runs deleted" in text
    assert "experiment &lt;b&gt;" in text and "experiment <b>" not in text
    assert "What to do first" in text and "TRACEABILITY_CONTEXT=1" in text
    assert text.count('<rect class="bar"') == len(LEVELS), "the distribution of levels is a picture"
    seen = Seen()
    seen.feed(text)
    data = json.loads(seen.scripts[0])
    assert [row[0] for row in data["runs"]] == runs[::-1], "whole ids, newest first"
    assert data["pages"] == ["https://mlflow.example.org/#/experiments/3/runs/"]
    assert len(data["entries"]) < 10, "what many runs share stands once"
    assert len(text) < 60_000 + 120 * len(runs)
