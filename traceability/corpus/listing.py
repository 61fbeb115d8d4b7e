"""Lists repositories by GitHub's search, on request only, and pins each to the commit its default branch stands at.

GitHub gives at most 1,000 results for a query: a query with more is cut into slices of creation dates until each slice
has fewer. Rate limits are obeyed as the response headers say them. The token is read from the environment, goes into
one header and nowhere else: not into logs, tables, messages, or to another host after a redirect. PyGithub asks; what
it does not do (redirects of a search, limits told by 429, cut answers) is in this module (docs/decisions/011).
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import github
import requests
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, RequestsResponse

from traceability.errors import StudyError

log = logging.getLogger("corpus")

MOST_RESULTS = 1000
PAGE = 100
FIRST_DAY = datetime.date(2008, 1, 1)  # no repository on GitHub is older
ATTEMPTS = 6
LONGEST_WAIT = 3700.0
_REDIRECTS = 5


def _follow(self: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass) -> RequestsResponse:
    """The answer at the end of all redirects; requests takes the token to no other host, and not from https to http."""
    self.session.max_redirects = _REDIRECTS
    answer = self.session.get(
        f"{self.protocol}://{self.host}:{self.port}{self.url}", headers=self.headers, timeout=self.timeout
    )
    answer.encoding = "utf-8"  # JSON is; requests would guess where the header is silent
    return RequestsResponse(answer)


class _Plain(HTTPRequestsConnectionClass):
    getresponse = _follow


class _Secure(HTTPSRequestsConnectionClass):
    getresponse = _follow


class _Bearer(github.Auth.Token):
    """A token in the form that GitHub's documentation asks for, fine-grained ones included."""

    token_type = "Bearer"  # noqa: S105 - the word before the token


class GitHub:
    """The two questions that are asked of GitHub's interface, with patience."""

    def __init__(self, url: str, token: str | None = None, pause: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc.rpartition("@")[2]
        self.pause = pause
        self._github = github.Github(
            base_url=url.rstrip("/"), auth=_Bearer(token) if token else None, user_agent="traceability-study",
            api_version="2022-11-28", retry=None, seconds_between_requests=None,
        )  # fmt: skip
        kind = _Secure if parts.scheme == "https" else _Plain
        self._connection = kind(str(parts.hostname), parts.port, timeout=60, retry=0)

    def __enter__(self) -> GitHub:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._github.close()

    def get(self, path: str, parameters: dict[str, Any] | None = None) -> Any:
        """The JSON answer to a question; None where the thing is gone (404, 409, 410, 451).

        Raises `StudyError` when GitHub refuses the question or stays silent after `ATTEMPTS` tries.
        """
        said = "no answer"
        for attempt in range(ATTEMPTS):
            try:
                status, headers, body = self._github.requester.requestJson(
                    "GET", path, parameters, {"Accept": "application/vnd.github+json"}, cnx=self._connection
                )
                if status == 200:
                    return json.loads(body)
                said = f"status {status}"
            except (requests.RequestException, ValueError) as error:  # silence, a cut answer, half a JSON document
                said = type(error).__name__
                self.pause(min(2.0**attempt, 60.0))
                continue
            if status in (404, 409, 410, 451):
                return None
            wait = _wait(status, headers, body, attempt)
            if wait is None:
                hint = "set GITHUB_TOKEN to a valid token" if status == 401 else "check the query"
                raise StudyError(f"{self.host}{path}: {said}; {hint}")
            if wait > LONGEST_WAIT:
                raise StudyError(f"{self.host}{path}: asked to wait {wait:.0f} s; try again later, or set GITHUB_TOKEN")
            log.info("%s: %s; waiting %.0f s", path, said, wait)
            self.pause(wait)
        raise StudyError(f"{self.host}{path}: {said} after {ATTEMPTS} tries; try again later")


def _wait(status: int, headers: Mapping[str, str], body: str, attempt: int) -> float | None:
    """Seconds to wait before the next try, by the headers of the answer; None where trying again is of no use."""
    limited = status in (403, 429)
    after = headers.get("retry-after", "")
    if limited or status == 503:
        if after.isdigit():
            return float(after)
        if headers.get("x-ratelimit-remaining") == "0":
            reset = headers.get("x-ratelimit-reset", "")
            return max(float(reset) - time.time(), 0.0) + 1.0 if reset.isdigit() else 60.0
        if limited and ("rate limit" in body.lower() or status == 429):
            return 60.0 * 2**attempt  # a secondary limit without headers: GitHub asks for a minute, then longer
    return float(2**attempt) if status >= 500 else None


def search(hub: GitHub, query: str, first: datetime.date, last: datetime.date) -> Iterator[dict[str, Any]]:
    """Every repository that a query gives, created between two days; slices with too many results are halved."""
    slices = [(first, last)]
    while slices:
        start, end = slices.pop()
        words = f"{query} created:{start.isoformat()}..{end.isoformat()}"
        answer = _page(hub, words, 1)
        total = int(answer.get("total_count", 0))
        if total > MOST_RESULTS and start < end:
            middle = start + (end - start) // 2
            slices += [(middle + datetime.timedelta(days=1), end), (start, middle)]
            continue
        if total > MOST_RESULTS:
            log.warning("%s: %d results on one day, only the first %d can be had", words, total, MOST_RESULTS)
        yield from answer["items"]
        for number in range(2, -(-min(total, MOST_RESULTS) // PAGE) + 1):
            items = _page(hub, words, number)["items"]
            if not items:
                break
            yield from items


def _page(hub: GitHub, words: str, number: int) -> dict[str, Any]:
    answer = hub.get(
        "/search/repositories", {"q": words, "per_page": PAGE, "page": number, "sort": "updated", "order": "asc"}
    )
    if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
        raise StudyError(f"{hub.host}: the answer to the search '{words}' is not a search result; check corpus.api_url")
    if answer.get("incomplete_results"):
        log.warning("%s: GitHub says that its answer is incomplete", words)
    return answer


def list_projects(
    queries: list[str], api_url: str, *, pause: Callable[[float], None] = time.sleep, today: datetime.date | None = None
) -> list[dict[str, Any]]:
    """Rows of `tables.LISTED`: each repository once, under the first query that gave it, with its commit, by name.

    Raises `StudyError` for an address that is not http(s), and where GitHub refuses.
    """
    if not _is_web_address(api_url):
        raise StudyError(f"corpus.api_url: '{api_url}' is no web address; expected https://api.github.com")
    last = today or datetime.datetime.now(tz=datetime.UTC).date()
    found: dict[str, dict[str, Any]] = {}
    with GitHub(api_url, os.environ.get("GITHUB_TOKEN") or None, pause) as hub:
        for query in queries:
            for item in search(hub, query, FIRST_DAY, last):
                name = str(item.get("full_name", ""))
                if name and name.lower() not in found:
                    found[name.lower()] = _row(item, query, last)
        for row in found.values():
            branch = hub.get(f"/repos/{row['repository']}/commits/{row['branch']}")
            row["commit"] = str(branch["sha"]) if isinstance(branch, dict) and "sha" in branch else ""
            row["status"] = "listed" if row["commit"] else "gone"
    return sorted(found.values(), key=lambda row: row["repository"].lower())


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def _row(item: dict[str, Any], query: str, today: datetime.date) -> dict[str, Any]:
    licence = item.get("license")
    return {
        "repository": str(item["full_name"]), "query": query, "listed": today.isoformat(),
        "branch": str(item.get("default_branch") or "HEAD"), "fork": int(bool(item.get("fork"))),
        "owner_type": str((item.get("owner") or {}).get("type") or ""),
        "licence": str((licence or {}).get("spdx_id") or "none"), "created": str(item.get("created_at") or "")[:10],
    }  # fmt: skip
