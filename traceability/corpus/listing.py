"""Lists repositories by GitHub's search, on request only, and pins each to the commit its default branch stands at.

GitHub gives at most 1,000 results for a query: a query with more is cut into slices of creation dates until each slice
has fewer. Rate limits are obeyed as the response headers say them. The token is read from the environment, goes into
one
header and nowhere else: not into logs, tables, messages, or to another host after a redirect.
"""

from __future__ import annotations

import datetime
import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx

from traceability.errors import StudyError

log = logging.getLogger("corpus")

MOST_RESULTS = 1000
PAGE = 100
FIRST_DAY = datetime.date(2008, 1, 1)  # no repository on GitHub is older
ATTEMPTS = 6
LONGEST_WAIT = 3700.0
_REDIRECTS = 5


class GitHub:
    """The two questions that are asked of GitHub's interface, with patience."""

    def __init__(self, url: str, token: str | None = None, pause: Callable[[float], None] = time.sleep) -> None:
        self.host = urlsplit(url).netloc
        self.pause = pause
        self.url = url.rstrip("/")
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
                   "User-Agent": "traceability-study"}  # fmt: skip
        self._secret = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(headers=headers, timeout=60, follow_redirects=False)

    def __enter__(self) -> GitHub:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, parameters: dict[str, Any] | None = None) -> Any:
        """The JSON answer to a question; None where the thing is gone (404, 409, 410, 451).

        Raises `StudyError` when GitHub refuses the question or stays silent after `ATTEMPTS` tries.
        """
        address, said = f"{self.url}{path}", "no answer"
        for attempt in range(ATTEMPTS):
            try:
                response = self._follow(address, parameters)
                if response.status_code == 200:
                    return response.json()
                said = f"status {response.status_code}"
            except (httpx.HTTPError, ValueError) as error:  # silence, a cut answer, half a JSON document
                said = type(error).__name__
                self.pause(min(2.0**attempt, 60.0))
                continue
            if response.status_code in (404, 409, 410, 451):
                return None
            wait = _wait(response, attempt)
            if wait is None:
                hint = "set GITHUB_TOKEN to a valid token" if response.status_code == 401 else "check the query"
                raise StudyError(f"{self.host}{path}: {said}; {hint}")
            if wait > LONGEST_WAIT:
                raise StudyError(f"{self.host}{path}: asked to wait {wait:.0f} s; try again later, or set GITHUB_TOKEN")
            log.info("%s: %s; waiting %.0f s", path, said, wait)
            self.pause(wait)
        raise StudyError(f"{self.host}{path}: {said} after {ATTEMPTS} tries; try again later")

    def _follow(self, address: str, parameters: dict[str, Any] | None) -> httpx.Response:
        for _ in range(_REDIRECTS):
            own = urlsplit(address).netloc == self.host
            response = self._client.get(address, params=parameters, headers=self._secret if own else {})
            if not response.is_redirect or response.next_request is None:
                return response
            address, parameters = str(response.next_request.url), None
        raise httpx.TooManyRedirects("redirected in a circle")


def _wait(response: httpx.Response, attempt: int) -> float | None:
    """Seconds to wait before the next try, by the headers of the answer; None where trying again is of no use."""
    limited = response.status_code in (403, 429)
    after = response.headers.get("retry-after", "")
    if limited or response.status_code == 503:
        if after.isdigit():
            return float(after)
        if response.headers.get("x-ratelimit-remaining") == "0":
            reset = response.headers.get("x-ratelimit-reset", "")
            return max(float(reset) - time.time(), 0.0) + 1.0 if reset.isdigit() else 60.0
        if limited and ("rate limit" in response.text.lower() or response.status_code == 429):
            return 60.0 * 2**attempt  # a secondary limit without headers: GitHub asks for a minute, then longer
    return float(2**attempt) if response.status_code >= 500 else None


def search(github: GitHub, query: str, first: datetime.date, last: datetime.date) -> Iterator[dict[str, Any]]:
    """Every repository that a query gives, created between two days; slices with too many results are halved."""
    slices = [(first, last)]
    while slices:
        start, end = slices.pop()
        words = f"{query} created:{start.isoformat()}..{end.isoformat()}"
        answer = _page(github, words, 1)
        total = int(answer.get("total_count", 0))
        if total > MOST_RESULTS and start < end:
            middle = start + (end - start) // 2
            slices += [(middle + datetime.timedelta(days=1), end), (start, middle)]
            continue
        if total > MOST_RESULTS:
            log.warning("%s: %d results on one day, only the first %d can be had", words, total, MOST_RESULTS)
        yield from answer["items"]
        for number in range(2, -(-min(total, MOST_RESULTS) // PAGE) + 1):
            items = _page(github, words, number)["items"]
            if not items:
                break
            yield from items


def _page(github: GitHub, words: str, number: int) -> dict[str, Any]:
    answer = github.get(
        "/search/repositories", {"q": words, "per_page": PAGE, "page": number, "sort": "updated", "order": "asc"}
    )
    if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
        raise StudyError(
            f"{github.host}: the answer to the search '{words}' is not a search result; check corpus.api_url"
        )
    if answer.get("incomplete_results"):
        log.warning("%s: GitHub says that its answer is incomplete", words)
    return answer


def list_projects(
    queries: list[str], api_url: str, *, pause: Callable[[float], None] = time.sleep, today: datetime.date | None = None
) -> list[dict[str, Any]]:
    """Rows of `tables.LISTED`: each repository once, under the first query that gave it, with its commit, by name.

    Raises `StudyError` for an address that is not http(s), and where GitHub refuses.
    """
    if urlsplit(api_url).scheme not in ("http", "https"):
        raise StudyError(f"corpus.api_url: '{api_url}' is no web address; expected https://api.github.com")
    last = today or datetime.datetime.now(tz=datetime.UTC).date()
    found: dict[str, dict[str, Any]] = {}
    with GitHub(api_url, os.environ.get("GITHUB_TOKEN") or None, pause) as github:
        for query in queries:
            for item in search(github, query, FIRST_DAY, last):
                name = str(item.get("full_name", ""))
                if name and name.lower() not in found:
                    found[name.lower()] = _row(item, query, last)
        for row in found.values():
            branch = github.get(f"/repos/{row['repository']}/commits/{row['branch']}")
            row["commit"] = str(branch["sha"]) if isinstance(branch, dict) and "sha" in branch else ""
            row["status"] = "listed" if row["commit"] else "gone"
    return sorted(found.values(), key=lambda row: row["repository"].lower())


def _row(item: dict[str, Any], query: str, today: datetime.date) -> dict[str, Any]:
    licence = item.get("license")
    return {
        "repository": str(item["full_name"]), "query": query, "listed": today.isoformat(),
        "branch": str(item.get("default_branch") or "HEAD"), "fork": int(bool(item.get("fork"))),
        "owner_type": str((item.get("owner") or {}).get("type") or ""),
        "licence": str((licence or {}).get("spdx_id") or "none"), "created": str(item.get("created_at") or "")[:10],
    }  # fmt: skip
