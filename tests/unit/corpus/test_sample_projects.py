"""From a listing to a table of projects, with real repositories that come as bundles."""

from __future__ import annotations

import datetime
import logging
from pathlib import Path

import pytest
from support import ROOT

from scripts import fetch_project, sample_projects
from traceability.corpus import fetching, sampling, settings, tables
from traceability.errors import StudyError
from traceability.runtime import git

QUERY = "topic:mlflow-project"
TRAIN = "import mlflow\nmlflow.log_metric('a', 1)\n"
FILES = {"train.py": TRAIN, "model.py": "SIZE = 3\n", "README.md": "A pipeline\n", "LICENSE": "MIT License\n"}
FRAMES = [
    {"frame": QUERY, "meaning": "GitHub's search for the topic", "implies_tracking": 0, "stratum": "open"},
    {"frame": "mlflow in:name", "meaning": "GitHub's search for the word", "implies_tracking": 1, "stratum": "open"},
]


def add_commits(folder: Path, commits: list[tuple[str, str, dict[str, str]]]) -> str:
    """Add commits (day, address of the author, all files) to a bare repository, made if need be; the last one's id."""
    parent = ""
    if folder.is_dir():
        parent = f"from {git.head(folder)}\n"
    else:
        folder.mkdir(parents=True)
        git.run("init", "--quiet", "--bare", cwd=folder)
    stream = ""
    for day, who, files in commits:
        seconds = int(datetime.datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())
        stream += f"commit refs/heads/main\ncommitter A <{who}> {seconds} +0000\ndata 1\nx\n{parent}deleteall\n"
        stream += "".join(f"M 100644 inline {name}\ndata {len(text)}\n{text}\n" for name, text in files.items())
        parent = ""  # the branch goes on by itself
    git.run_bytes("fast-import", "--quiet", cwd=folder, stdin=stream.encode())
    return git.head(folder)


class Upstream:
    """Repositories, offered as bundles in one folder, and the listing that names them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundles = folder / "bundles"
        self.bundles.mkdir()
        self.template = f"{self.bundles}/{{owner}}+{{name}}.bundle"
        self.rows: dict[str, dict[str, object]] = {}
        tables.SAMPLING_FRAMES.write(FRAMES, folder / "frames.tsv")

    def offer(self, name: str, commits: list[tuple[str, str, dict[str, str]]], tag: str = "") -> None:
        """Put commits on a repository and list it."""
        folder = self.folder / "upstream" / name.replace("/", "+")
        commit = add_commits(folder, commits)
        if tag:
            git.run("tag", "--annotate", "--message", "x", tag, cwd=folder)
        git.run("bundle", "create", "--quiet", str(self.bundles / f"{folder.name}.bundle"), "--all", cwd=folder)
        self.add_row(name, commit)

    def add_row(self, name: str, commit: str, status: str = "listed", fork: int = 0, query: str = QUERY) -> None:
        """Add a row to the listing."""
        self.rows[name] = {
            "repository": name, "commit": commit, "status": status, "query": query, "listed": "2026-11-20",
            "branch": "main", "fork": fork, "owner_type": "User", "licence": "none", "created": "2021-01-01",
        }  # fmt: skip

    def sample(self, queries: tuple[str, ...] = (QUERY,)) -> Path:
        """Run the script."""
        listing, table = self.folder / "listed.tsv", self.folder / "projects.tsv"
        tables.LISTED.write(list(self.rows.values()), listing)
        sample_projects.main(
            listing, self.folder / "frames.tsv", list(queries), self.template, self.folder / "histories", table
        )
        return table


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    """A project with a history, a later copy of its code, a stranger, a fork, and two that are gone."""
    made = Upstream(tmp_path)
    made.offer("one/first", [
        ("2021-03-01", "a@x", {"train.py": TRAIN}), ("2021-04-01", "b@x", FILES),
        ("2021-05-01", "c@x", FILES | {"test_train.py": "import train\n"}),
    ], tag="v1")  # fmt: skip
    made.offer("two/copy", [("2022-01-01", "d@x", FILES | {"README.md": "My own work\n"})])
    made.offer("six/alone", [("2020-01-01", "e@x", {"other.py": "import mlflow\n", "README.md": "Homework 1\n"})])
    made.offer("four/fork", [("2023-01-01", "f@x", FILES)])
    made.rows["four/fork"]["fork"] = 1
    made.add_row("five/gone", "", status="gone")
    made.add_row("three/vanished", "1" * 40)
    return made


def test_a_listing_becomes_a_table_that_can_be_fetched(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        table = upstream.sample()
    rows = tables.PROJECTS.read(table).set_index("repository")
    assert list(rows.index) == ["one/first", "six/alone", "two/copy"]
    assert dict(rows["cluster"]) == {"one/first": "one/first", "six/alone": "six/alone", "two/copy": "one/first"}
    assert list(rows["selected"]) == [1, 1, 0]
    first = rows.loc["one/first"]
    assert (first["commits"], first["authors"], first["months"], first["tags"], first["tests"]) == (3, 3, 3, 1, 1)
    assert (first["committed"], first["listed"], first["licence"]) == ("2021-05-01", "2026-11-20", "MIT")
    assert (first["frame"], first["implies_tracking"], first["owner"]) == (QUERY, 0, "one")
    assert list(rows["kind"]) == ["organisation", "education", "personal"]

    assert "6 listed; left out: 1 gone, 1 forks" in caplog.text
    assert "left out: three/vanished: " in caplog.text
    assert "3 of 4 repositories are there, 1 are left out" in caplog.text
    assert not (tmp_path / "histories" / "four+fork").exists()

    fetch_project.main(table, 0, 20, upstream.template, tmp_path / "repositories", tmp_path / "fetched.tsv")
    fetched = tables.FETCHED.read(tmp_path / "fetched.tsv")
    assert list(fetched["repository"]) == list(rows.index) and fetched["path"].notna().all()


def test_what_was_fetched_is_not_fetched_again(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    before = upstream.sample().read_bytes()
    for bundle in upstream.bundles.iterdir():
        bundle.unlink()
    tried: list[str] = []
    monkeypatch.setattr(fetching, "fetch", lambda name, commit, *_, **__: (
        tried.append(name) or fetching.Fetched(name, commit, "", "not there")
    ))  # fmt: skip
    assert upstream.sample().read_bytes() == before
    assert tried == ["three/vanished"]


def test_a_later_commit_is_fetched_with_its_history(upstream: Upstream) -> None:
    upstream.sample()
    upstream.offer("one/first", [("2024-06-01", "a@x", FILES)])
    rows = tables.PROJECTS.read(upstream.sample()).set_index("repository")
    assert rows.loc["one/first", "commit"] == upstream.rows["one/first"]["commit"]
    assert (rows.loc["one/first", "commits"], rows.loc["one/first", "committed"]) == (4, "2024-06-01")


@pytest.mark.parametrize("configured", [True, False])
def test_a_query_that_is_no_frame_is_one_line_before_anything_is_fetched(
    upstream: Upstream, tmp_path: Path, configured: bool
) -> None:
    if not configured:
        upstream.rows["one/first"]["query"] = "topic:mlops"
    with pytest.raises(StudyError, match=r"frames\.tsv: no row for 'topic:mlops'; add one") as raised:
        upstream.sample((QUERY, "topic:mlops") if configured else (QUERY,))
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "histories").exists()


def test_the_default_queries_are_frames() -> None:
    where = ROOT / "config" / "frames.tsv"
    sampling.check_frames(settings.Section().queries, set(tables.SAMPLING_FRAMES.read(where)["frame"]), where)


def test_the_frame_of_a_project_is_the_query_that_gave_it(upstream: Upstream) -> None:
    upstream.rows["six/alone"]["query"] = "mlflow in:name"
    rows = tables.PROJECTS.read(upstream.sample()).set_index("repository")
    assert list(rows["frame"]) == [QUERY, "mlflow in:name", QUERY]
    assert list(rows["implies_tracking"]) == [0, 1, 0]


def test_nothing_at_all_is_a_failure_not_an_empty_table(upstream: Upstream, tmp_path: Path) -> None:
    upstream.template = str(tmp_path / "nowhere" / "{owner}+{name}")
    with pytest.raises(StudyError, match="none of 4 listed repositories could be had; check"):
        upstream.sample()
    assert not (tmp_path / "projects.tsv").exists()


def test_a_mirror_with_a_cut_history_is_taken_and_named(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mirror = tmp_path / "mirror" / "one+first"
    source = (tmp_path / "upstream" / "one+first").as_uri()
    git.run("clone", "--quiet", "--bare", "--depth=2", source, str(mirror))
    upstream.template = f"file://{mirror.parent}/{{owner}}+{{name}}"
    with caplog.at_level(logging.WARNING):
        rows = tables.PROJECTS.read(upstream.sample())
    assert list(rows["commits"]) == [2]
    assert "one/first: early commits are missing" in caplog.text
