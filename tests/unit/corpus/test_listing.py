"""GitHub's search on a server on loopback that limits, fails, cuts answers short and sends elsewhere."""

from __future__ import annotations

import datetime
import http.server
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts import list_projects
from traceability.corpus import listing, tables
from traceability.errors import StudyError

Serving = Callable[[type[http.server.BaseHTTPRequestHandler]], AbstractContextManager[str]]


@dataclass
class Hub:
    """What the loopback GitHub holds, how it answers, and what it was asked."""

    repositories: dict[str, str]  # name -> day of creation
    troubles: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, authorization
    gone: set[str] = field(default_factory=set)


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
def hub(serving: Serving) -> Iterator[tuple[Hub, str]]:
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
    hub: tuple[Hub, str],
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
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
    hub: tuple[Hub, str], serving: Serving, monkeypatch: pytest.MonkeyPatch
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


def test_silence_and_half_an_answer_end_in_one_line(hub: tuple[Hub, str], serving: Serving) -> None:
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
