"""The page holds everything, needs nothing from outside, and takes no mark-up from a record."""

import json
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from traceability.audit.tables import AUDIT
from traceability.cli import app
from traceability.stores import tracking

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
