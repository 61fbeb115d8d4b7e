"""The two roads to a corpus end to end: git (bundles, mirrors) and GitHub search, on servers that misbehave."""

from __future__ import annotations

import datetime
import http.server
import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts import fetch_project, list_projects, scan_corpus, scan_project, take_observations, verify_observations
from traceability import git
from traceability.corpus import batches, fetching, listing, observations, tables
from traceability.errors import StudyError

CODE = "import mlflow\nmlflow.log_metric('a', 1)\n"


@pytest.fixture
def upstream(tmp_path: Path) -> tuple[Path, str, str]:
    """A repository of two commits: its folder, the first commit, the last."""
    folder = tmp_path / "upstream" / "one+project"
    folder.mkdir(parents=True)
    (folder / "train.py").write_text(CODE)
    first = git.commit_all(folder, "first")
    (folder / "train.py").write_text("print('no longer tracked')\n")
    return folder, first, git.commit_all(folder, "second")


def test_a_bundle_is_fetched_at_an_older_commit(tmp_path: Path, upstream: tuple[Path, str, str]) -> None:
    folder, first, _ = upstream
    git.run("bundle", "create", "--quiet", str(tmp_path / "one+project.bundle"), "--all", cwd=folder)
    found = fetching.fetch("one/project", first, f"{tmp_path}/{{owner}}+{{name}}.bundle", tmp_path / "got")
    assert found.path == str(tmp_path / "got")
    assert git.run("show", f"{first}:train.py", cwd=found.path) == CODE


@pytest.mark.parametrize("keep", [0, 30, 0.5, 0.98])
def test_a_bundle_that_is_cut_or_none_is_a_project_that_cannot_be_had(
    tmp_path: Path, upstream: tuple[Path, str, str], keep: float
) -> None:
    folder, first, _ = upstream
    bundle = tmp_path / "one+project.bundle"
    git.run("bundle", "create", "--quiet", str(bundle), "--all", cwd=folder)
    content = bundle.read_bytes()
    bundle.write_bytes(content[: int(keep * len(content)) if keep < 1 else int(keep)])
    template = f"{tmp_path}/{{owner}}+{{name}}.bundle"
    found = fetching.fetch("one/project", first, template, tmp_path / "got", pause=lambda _seconds: None)
    assert found.path == ""
    assert found.detail
    assert not (tmp_path / "got").exists()


def test_a_mirror_on_this_machine_is_read_where_it_lies(tmp_path: Path, upstream: tuple[Path, str, str]) -> None:
    folder, first, _ = upstream
    found = fetching.fetch("one/project", first, f"file://{folder.parent}/{{owner}}+{{name}}", tmp_path / "got")
    assert found.path == str(folder)
    assert not (tmp_path / "got").exists()


def test_a_server_that_limits_and_then_has_nothing_is_left_after_the_tries(tmp_path: Path) -> None:
    answers: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.append(429 if len(answers) < 2 else 404)
            self.send_error(answers[-1])

        def log_message(self, *_: object) -> None: ...

    with serving(Handler) as url:
        pauses: list[float] = []
        gone = fetching.fetch("one/other", "1" * 40, url + "/{repository}.git", tmp_path / "none", pause=pauses.append)
    assert gone.path == ""
    assert "not found" in gone.detail
    assert len(pauses) == 2
    assert min(pauses) > 40  # a limit is waited for longer than a hiccup
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["../evil", "a/..", "a/b/c", "-x/y", "a/b;c", "a"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StudyError, match="no repository name"):
        fetching.fetch(name, "0" * 40, "https://example.org/{repository}", tmp_path)


def test_templates_that_run_programs_or_name_unknown_parts_are_refused() -> None:
    with pytest.raises(StudyError, match="no address"):
        fetching.address("ext::sh -c x {name}", "a/b")
    with pytest.raises(StudyError, match="unknown part"):
        fetching.address("https://x/{repo}", "a/b")


def project_row(repository: str, commit: str) -> dict[str, object]:
    return {
        "repository": repository, "commit": commit, "frame": "MLPROJECT_ROOT", "implies_tracking": 0,
        "listed": "2026-11-23", "committed": "2024-01-15", "licence": "none", "cluster": repository, "selected": 1,
        "owner": repository.partition("/")[0], "kind": "personal", "commits": 2, "authors": 1, "months": 1, "tags": 0,
        "ci": 0, "tests": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "template", "said"),
    [
        (("one/project", "abc123"), "https://example.org/{repository}", "'abc123' is not a full commit id"),
        (("one", "0" * 40), "https://example.org/{repository}", "'one' is no repository name"),
        (("one/project", "0" * 40), "https://example.org/{repo}", "unknown part"),
    ],
)
def test_a_project_that_cannot_be_asked_for_is_found_before_any_is_fetched(
    tmp_path: Path, row: tuple[str, str], template: str, said: str
) -> None:
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row("a/first", "1" * 40), project_row(*row)], projects)
    with pytest.raises(StudyError, match=said):
        batches.count(projects, 20, template)


def test_projects_that_can_be_asked_for_are_counted_in_batches(tmp_path: Path) -> None:
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row(f"one/project-{number}", "1" * 40) for number in range(5)], projects)
    assert [batches.count(projects, size, "https://example.org/{repository}") for size in (2, 5, 6)] == [3, 1, 1]


def test_from_table_to_published_observations_and_back(tmp_path: Path, upstream: tuple[Path, str, str]) -> None:
    folder, first, _ = upstream
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row("gone/away", "1" * 40), project_row("one/project", first)], projects)
    template = f"file://{folder.parent}/{{owner}}+{{name}}"
    fetched, repositories = tmp_path / "fetched.tsv", tmp_path / "repositories"
    fetch_project.main(projects, 0, 2, template, repositories, fetched)
    outputs = {name: tmp_path / "scan" / name for name in observations.SCAN_TABLES}
    scan_project.main(fetched, repositories, outputs)
    published = tmp_path / "published"
    scan_corpus.main(list(outputs.values()), projects, published)
    usage = tables.USAGE.read(published / "usage.tsv").set_index("repository")
    assert list(usage["status"]) == ["unavailable", "scanned"]  # gone is a row, not a failure
    assert usage.loc["one/project", "log_metric"] == 1

    taken = {name: tmp_path / "results" / name for name in (*observations.SCAN_TABLES, "provenance.json")}
    take_observations.main(published, projects, taken)
    assert taken["calls.parquet"].read_bytes() == (published / "calls.parquet").read_bytes()
    verify_observations.main(projects, published, 2, 1, template, tmp_path / "verified.tsv")
    verdicts = tables.VERIFIED.read(tmp_path / "verified.tsv").set_index("repository")["verdict"]
    assert dict(verdicts) == {"gone/away": "gone", "one/project": "same"}

    changed = (published / "usage.tsv").read_text().replace("one/project", "two/project")
    (published / "usage.tsv").write_text(changed)
    with pytest.raises(StudyError, match=r"usage\.tsv: sha256 is"):
        take_observations.main(published, projects, taken)


def test_a_published_row_that_a_fresh_scan_does_not_give_is_found(
    tmp_path: Path, upstream: tuple[Path, str, str]
) -> None:
    from traceability.corpus import scanning

    folder, first, last = upstream
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row("one/project", first)], projects)
    place = scanning.Place("one/project", str(folder), first)
    observations.write(tmp_path / "published", scanning.scan_places([place]).frames(), projects, "2026-11-24")
    other = scanning.scan_places([scanning.Place("one/project", str(folder), last)]).frames()
    said = observations.differences(tmp_path / "published", other)
    assert any("usage.tsv differs" in line for line in said)


def test_a_project_of_which_the_published_scan_lacked_a_file_may_differ(
    tmp_path: Path, upstream: tuple[Path, str, str]
) -> None:
    from traceability.corpus import scanning

    folder, first, _ = upstream
    projects, published = tmp_path / "projects.tsv", tmp_path / "published"
    tables.PROJECTS.write([project_row("one/project", first)], projects)
    lacking = tmp_path / "lacking"
    shutil.copytree(folder, lacking)
    for line in git.run("ls-tree", "-r", first, cwd=lacking).splitlines():
        blob = line.split()[2]
        (lacking / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    place = scanning.Place("one/project", str(lacking), first)
    observations.write(published, scanning.scan_places([place]).frames(), projects, "2026-11-24")
    verify_observations.main(projects, published, 1, 1, folder.as_uri(), tmp_path / "verified.tsv")
    (row,) = tables.VERIFIED.read(tmp_path / "verified.tsv").to_dict("records")
    assert row["verdict"] == "incomplete"
    assert "usage.tsv differs" in row["detail"]


# -- GitHub's search -------------------------------------------------------------------------------------------------


@dataclass
class Hub:
    """What the loopback GitHub holds, how it answers, and what it was asked."""

    repositories: dict[str, str]  # name -> day of creation
    troubles: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, authorization
    gone: set[str] = field(default_factory=set)


class serving:
    """A server on loopback for the length of a block."""

    def __init__(self, handler: object) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def hub_handler(hub: Hub) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.asked.append((self.path, self.headers.get("Authorization", "")))
            if hub.troubles:
                status, headers, body = hub.troubles.pop(0)
                cut = headers.pop("cut", None)
                self.answer(status, body, headers, int(cut) if cut else None)
                return
            parts = urlsplit(self.path)
            if parts.path == "/search/repositories":
                self.search(parse_qs(parts.query))
            else:
                name = "/".join(parts.path.split("/")[2:4])
                known = name in hub.repositories and name not in hub.gone
                self.answer(200 if known else 404, json.dumps({"sha": "ab" * 20} if known else {}))

        def search(self, query: dict[str, list[str]]) -> None:
            start, end = query["q"][0].split("created:")[1].split("..")
            found = sorted(name for name, day in hub.repositories.items() if start <= day <= end)
            page, size = int(query["page"][0]), int(query["per_page"][0])
            items = [
                {"full_name": name, "default_branch": "main", "owner": {"type": "User"},
                 "created_at": hub.repositories[name]}
                for name in found[:1000][(page - 1) * size : page * size]
            ]  # fmt: skip
            self.answer(200, json.dumps({"total_count": len(found), "items": items}))

        def answer(self, status: int, body: str, headers: dict[str, str] | None = None, cut: int | None = None) -> None:
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[:cut])

        def log_message(self, *_: object) -> None: ...

    return Handler


@pytest.fixture
def hub() -> Iterator[tuple[Hub, str]]:
    start = datetime.date(2020, 1, 1)
    names = {f"owner{n % 7}/p{n:04}": (start + datetime.timedelta(days=n // 3)).isoformat() for n in range(2500)}
    held = Hub(names)
    with serving(hub_handler(held)) as url:
        yield held, url


DAY = datetime.date(2026, 11, 23)


def test_more_than_a_thousand_results_come_by_slices_of_days(
    hub: tuple[Hub, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, url = hub
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    held.repositories = dict(list(held.repositories.items())[:1203])
    held.gone = {"owner0/p0000"}
    list_projects.main(["topic:mlflow-project", "topic:mlflow-projects"], url, tmp_path / "listed.tsv")
    rows = tables.LISTED.read(tmp_path / "listed.tsv").set_index("repository")
    assert sorted(rows.index) == sorted(held.repositories)
    assert rows.loc["owner0/p0000", "status"] == "gone"
    assert (rows["status"] == "listed").sum() == 1202
    assert set(rows["query"]) == {"topic:mlflow-project"}  # found twice, kept once


def test_limits_failures_and_cut_answers_are_waited_for_as_the_headers_say(hub: tuple[Hub, str]) -> None:
    held, url = hub
    held.repositories = {"a/b": "2024-05-05"}
    held.troubles = [
        (403, {"Retry-After": "7"}, "secondary"),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 30)}, ""),
        (502, {}, "bad gateway"),
        (200, {"cut": "20"}, json.dumps({"total_count": 1, "items": []})),
    ]
    pauses: list[float] = []
    rows = listing.list_projects(["mlflow"], url, pause=pauses.append, today=DAY)
    assert [row["repository"] for row in rows] == ["a/b"]
    assert pauses[0] == 7
    assert 25 <= pauses[1] <= 32
    assert len(pauses) == 4


def test_the_token_goes_to_github_only_and_is_written_nowhere(
    hub: tuple[Hub, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held, url = hub
    held.repositories = {"a/b": "2024-05-05"}
    monkeypatch.setenv("GITHUB_TOKEN", "tok-secret")
    other = Hub({"a/b": "2024-05-05"})
    with serving(hub_handler(other)) as elsewhere, caplog.at_level("DEBUG"):
        held.troubles = [(302, {"Location": f"{elsewhere}/search/repositories?q=created:2008-01-01..2026-11-23"
                                            "&page=1&per_page=100"}, "")]  # fmt: skip
        list_projects.main(["mlflow"], url, tmp_path / "listed.tsv")
    assert held.asked[0][1] == "Bearer tok-secret"
    assert [authorization for _, authorization in other.asked] == [""]
    assert "tok-secret" not in (tmp_path / "listed.tsv").read_text() + caplog.text


def test_a_refused_token_or_query_is_one_line(hub: tuple[Hub, str]) -> None:
    held, url = hub
    held.troubles = [(401, {}, "bad credentials")]
    with pytest.raises(StudyError, match="GITHUB_TOKEN"):
        listing.list_projects(["mlflow"], url, pause=lambda _: None, today=DAY)
    held.troubles = [(422, {}, "bad query")]
    with pytest.raises(StudyError, match="check the query"):
        listing.list_projects(["mlflow"], url, pause=lambda _: None, today=DAY)
    with pytest.raises(StudyError, match="no web address"):
        listing.list_projects(["mlflow"], "file:///etc/passwd", today=DAY)


def test_a_lasting_redirect_keeps_its_question_and_a_circle_ends(
    hub: tuple[Hub, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, url = hub
    monkeypatch.setenv("GITHUB_TOKEN", "tok-secret")
    held.repositories = {"a/b": "2024-05-05"}
    other = Hub({"a/b": "2024-05-05"})
    with serving(hub_handler(other)) as elsewhere:
        question = "/search/repositories?q=created:2008-01-01..2026-11-23&page=1&per_page=100"
        for status in (301, 307, 308):
            held.troubles = [
                (status, {"Location": url + question}, ""),
                (status, {"Location": elsewhere + question}, ""),
            ]
            rows = listing.list_projects(["mlflow"], url, pause=lambda _: None, today=DAY)
            assert [row["status"] for row in rows] == ["listed"]
    assert {authorization for _, authorization in held.asked} == {"Bearer tok-secret"}
    assert {authorization for _, authorization in other.asked} == {""}
    held.troubles, held.asked = [(301, {"Location": url + question}, "")] * 100, []
    with pytest.raises(StudyError, match="TooManyRedirects after 6 tries"):
        listing.list_projects(["mlflow"], url, pause=lambda _: None, today=DAY)
    assert len(held.asked) == listing.ATTEMPTS * 6


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "90000"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}]
)
def test_a_wait_longer_than_an_hour_is_refused(hub: tuple[Hub, str], headers: dict[str, str]) -> None:
    held, url = hub
    pauses: list[float] = []
    held.troubles = [(403, dict(headers), "no JSON")]
    with pytest.raises(StudyError, match=r"asked to wait \d+ s; try again later, or set GITHUB_TOKEN"):
        listing.list_projects(["mlflow"], url, pause=pauses.append, today=DAY)
    assert pauses == []


def test_silence_and_half_an_answer_end_in_one_line(hub: tuple[Hub, str]) -> None:
    held, url = hub
    held.troubles = [(200, {}, '{"total_count": 1, "it')] * listing.ATTEMPTS
    with pytest.raises(StudyError, match="JSONDecodeError after 6 tries"):
        listing.list_projects(["mlflow"], url, pause=lambda _: None, today=DAY)
    held.troubles = [(status, {}, "") for status in (500, 502, 503, 504, 500, 502)]
    with pytest.raises(StudyError, match="status 502 after 6 tries"):
        listing.list_projects(["mlflow"], url, pause=lambda _: None, today=DAY)
    with serving(hub_handler(held)) as closed:
        pass
    with pytest.raises(StudyError, match="ConnectionError after 6 tries"):
        listing.list_projects(["mlflow"], closed, pause=lambda _: None, today=DAY)


@pytest.mark.parametrize("status", [404, 409, 410, 451])
def test_a_repository_that_went_between_two_questions_is_a_row(hub: tuple[Hub, str], status: int) -> None:
    held, url = hub
    held.repositories = {"a/b": "2024-05-05"}
    with listing.GitHub(url) as asked:
        held.troubles = [(status, {}, "")]
        assert asked.get("/repos/a/b/commits/main") is None


@pytest.mark.parametrize("address", ["file:///etc/passwd", "https://", "https://host:port"])
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(StudyError, match="no web address"):
        listing.list_projects(["mlflow"], address, today=DAY)
