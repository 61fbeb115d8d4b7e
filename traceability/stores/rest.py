"""Questions to an MLflow server over HTTP, by the standard library: each has a deadline and a largest answer.

The server may be anybody's. Its answer ends after a time and at a size, whatever trickles in; credentials go to the
host that the user named and to no other; and a redirection to another host is told instead of followed.
"""

from __future__ import annotations

import base64
import configparser
import contextlib
import functools
import http.client
import io
import json
import os
import re
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from traceability.stores import tracking
from traceability.stores.errors import NoAnswer

#: Seconds for a connection, and for a whole answer.
_CONNECT, _ANSWER = 10.0, 30.0
#: Largest answer to a question, in bytes.
LARGEST_ANSWER = 32 * 2**20
_TRIES = 3
_AGAIN = (429, 502, 503, 504)


class Refused(NoAnswer):
    """The server answered with an error; `status` is HTTP's, `code` MLflow's."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class TooLarge(NoAnswer):
    """The answer is larger than can be taken."""


class Client:
    """A server that is asked. Safe to be used by several threads."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self.shown = tracking.redacted(uri)
        self._uri = uri
        self._host = parts.netloc.rpartition("@")[2]
        self._base = urlunsplit((parts.scheme, self._host, parts.path.rstrip("/"), "", ""))
        self._headers = {"Accept": "application/json", "User-Agent": "traceability"} | _credentials(uri)
        try:
            self._patience = float(os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", "")) or _ANSWER
        except ValueError:
            self._patience = _ANSWER
        self._answered = False

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object that answers a GET. Raises `Refused`, `TooLarge` and `NoAnswer`."""
        return self._object(self._asked("GET", path, query, None, LARGEST_ANSWER))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that answers a POST. Raises `Refused`, `TooLarge` and `NoAnswer`."""
        return self._object(self._asked("POST", path, None, body, LARGEST_ANSWER))

    def listed(self, path: str) -> dict[str, int | None]:
        """Names of the artifacts that the server keeps right below `path`, with sizes in bytes."""
        answer = self.get("/api/2.0/mlflow-artifacts/artifacts", {"path": path})
        files = answer.get("files")
        found: dict[str, int | None] = {}
        for item in files if isinstance(files, list) else []:
            if isinstance(item, dict) and isinstance(item.get("path"), str):
                size = item.get("file_size")
                number = int(size) if isinstance(size, int) or (isinstance(size, str) and size.isdigit()) else None
                found[item["path"].rstrip("/").rpartition("/")[2]] = number
        return found

    def content(self, path: str, limit: int) -> bytes:
        """An artifact of at most `limit` bytes. Raises `TooLarge`, whatever size the server announced."""
        return self._asked("GET", self._artifact(path), None, None, limit)

    def save(self, path: str, target: BinaryIO, limit: int) -> None:
        """Write an artifact of at most `limit` bytes to `target` as it comes. Raises `TooLarge`."""
        self._asked("GET", self._artifact(path), None, None, limit, target)

    @staticmethod
    def _artifact(path: str) -> str:
        return f"/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"

    def _object(self, content: bytes) -> dict[str, Any]:
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise NoAnswer(f"{self.shown}: what answers there is no MLflow server; correct the address")
        self._answered = True
        return found

    def _asked(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        limit: int,
        into: BinaryIO | None = None,
    ) -> bytes:
        url = self._base + path + (f"?{urlencode(query, doseq=True)}" if query else "")
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        request = urllib.request.Request(  # noqa: S310 - http and https, see the opener
            url, None if body is None else json.dumps(body).encode(), headers, method=method
        )
        for turn in range(_TRIES):
            # What has answered before may be busy for a moment; what has not is told at once.
            again = self._answered and turn < _TRIES - 1
            try:
                if into is None:
                    whole = io.BytesIO()
                    self._once(request, limit, whole)
                    return whole.getvalue()
                into.truncate(into.seek(0))
                self._once(request, limit, into)
                return b""
            except Refused as error:
                if not (again and error.status in _AGAIN):
                    raise
            except NoAnswer as error:
                if not again or isinstance(error, TooLarge) or "seconds" in str(error):
                    raise
            time.sleep(0.5 * (turn + 1))
        raise AssertionError  # the last turn returned or raised

    def _once(self, request: urllib.request.Request, limit: int, into: BinaryIO) -> None:
        watch = _Deadline(self._patience)
        opener = urllib.request.build_opener(_Plain(watch), _Secure(watch), _SameHost(self.shown))
        try:
            with watch, opener.open(request, timeout=min(_CONNECT, self._patience)) as answer:
                watch.answered(self._patience)
                length = 0
                while some := answer.read1(65536):
                    length += into.write(some)
                    if length > limit:
                        raise TooLarge(f"{self.shown}: an answer has more than {limit / 2**20:.0f} MiB")
                if watch.expired:
                    raise OSError
        except urllib.error.HTTPError as error:
            raise self._refused(error, watch) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if watch.expired or (isinstance(error, TimeoutError) and watch.connected):
                raise NoAnswer(
                    f"{self.shown}: no whole answer within {self._patience:g} seconds; try again later"
                ) from None
            reason = tracking.redacted_text(_reason(error), self._uri)
            raise NoAnswer(
                f"no MLflow answers at {self.shown} ({reason[:160]}); start the server or correct the address"
            ) from None

    def _refused(self, error: urllib.error.HTTPError, watch: _Deadline) -> Refused:
        code, said = "", ""
        with contextlib.suppress(Exception), watch:
            about = json.loads(error.read1(65536))
            code, said = str(about.get("error_code", "")), str(about.get("message", ""))
        if error.code in (401, 403):
            said = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        text = " ".join(re.sub(r"[^\x20-\x7e]+", " ", said or error.reason or "no reason given").split())
        text = tracking.redacted_text(text, self._uri)[:200]
        return Refused(f"{self.shown}: the server refused a request (HTTP {error.code}: {text})", error.code, code)


class _Deadline:
    """Shuts the connection when the time is over: a timeout of its own starts anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self.expired = self.connected = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._started = False

    def __enter__(self) -> _Deadline:
        if not self._started:
            self._started = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def opened(self, connection: socket.socket) -> None:
        """Remember a connection."""
        self.connected = True
        self._sockets.append(connection)
        if self.expired:
            self._end()

    def answered(self, seconds: float) -> None:
        """From now on the whole answer may take `seconds`, each wait too."""
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.settimeout(seconds)

    def _end(self) -> None:
        self.expired = True
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Connection(http.client.HTTPConnection):
    watch: _Deadline

    def connect(self) -> None:
        super().connect()
        self.watch.opened(self.sock)


class _SecureConnection(http.client.HTTPSConnection):
    watch: _Deadline

    def connect(self) -> None:
        super().connect()
        self.watch.opened(self.sock)


def _made(kind: type[Any], watch: _Deadline, host: str, **words: Any) -> Any:
    made = kind(host, **words)
    made.watch = watch
    return made


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, watch: _Deadline) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(functools.partial(_made, _Connection, self._watch), req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, watch: _Deadline) -> None:
        self._trust = _trust()
        super().__init__(context=self._trust)
        self._watch = watch

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        made = functools.partial(_made, _SecureConnection, self._watch)
        return self.do_open(made, req, context=self._trust)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirection on one host only: the request carries the user's credentials."""

    max_redirections = 5

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        here, there = urlsplit(req.full_url), urlsplit(urljoin(req.full_url, newurl))
        safer = here.scheme == there.scheme or (here.scheme, there.scheme) == ("http", "https")
        if there.hostname != here.hostname or not safer or (here.scheme == there.scheme and here.port != there.port):
            host = re.sub(r"[^\w.:\[\]-]", "?", there.netloc.rpartition("@")[2])[:100]
            raise NoAnswer(
                f"{self._shown}: the server redirects to {there.scheme}://{host}, which would be shown your "
                "credentials; give that address if it is meant"
            )
        if req.get_method() == "POST":  # the standard library would make it a GET
            return urllib.request.Request(  # noqa: S310
                newurl, req.data, dict(req.headers), method="POST"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _credentials(uri: str) -> dict[str, str]:
    """The header that MLflow's own client would send: from the address, the environment or MLflow's file."""
    parts, environment = urlsplit(uri), os.environ
    user, password = environment.get("MLFLOW_TRACKING_USERNAME"), environment.get("MLFLOW_TRACKING_PASSWORD")
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
    elif not (user and password):
        kept = configparser.ConfigParser(interpolation=None)
        with contextlib.suppress(configparser.Error, OSError, UnicodeDecodeError, RuntimeError):
            kept.read(Path("~/.mlflow/credentials").expanduser(), encoding="utf-8")
            user = user or kept.get("mlflow", "mlflow_tracking_username", fallback=None)
            password = password or kept.get("mlflow", "mlflow_tracking_password", fallback=None)
    if user and password is not None and (password or parts.username is not None):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    token = environment.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _trust() -> ssl.SSLContext:
    """Certificates as MLflow's own settings name them, else those of the system."""
    environment = os.environ
    named = environment.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or environment.get("REQUESTS_CA_BUNDLE")
    context = ssl.create_default_context(cafile=named or None)
    if environment.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("1", "true"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if environment.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
        context.load_cert_chain(environment["MLFLOW_TRACKING_CLIENT_CERT_PATH"])
    return context


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", error)
    if isinstance(inner, socket.gaierror):
        return "no such host"
    text = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return " ".join(re.sub(r"[^\x20-\x7e]+", " ", text).split())
