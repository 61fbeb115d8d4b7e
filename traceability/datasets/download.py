"""Downloading files once, checked against their published digests, into a folder shared between runs."""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from traceability import __version__
from traceability.datasets.catalogue import Entry, RemoteFile
from traceability.errors import StudyError
from traceability.runtime.files import replacing

_log = logging.getLogger(__name__)
_BLOCK = 1 << 18
#: A server that never stops sending must not fill the disk.
MAXIMUM_BYTES = 1 << 30
#: Answers that may be different next time: timeout, too many requests, and a server's own faults.
_PASSING = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Origin:
    """How remote files are fetched; see the configuration of the datasets chapter."""

    #: URL template instead of the table's, with `{file}` and perhaps `{dataset}`; empty for the table's.
    mirror: str = ""
    #: Folder of the downloaded files; None for the user's cache directory.
    cache: Path | None = None
    timeout_seconds: float = 60.0
    attempts: int = 4
    #: Pause before the second attempt; it doubles with each further one.
    pause_seconds: float = 2.0


class _PassingFault(Exception):
    """A failure that may not happen again."""


def user_cache() -> Path:
    """The folder below which this user's programs keep what they can fetch again."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "traceability"
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification ignores a relative path.
    base = Path(chosen) if chosen and Path(chosen).is_absolute() else Path.home() / ".cache"
    return base / "traceability"


def md5_file(path: Path) -> str:
    """Hexadecimal MD5 of a file: weak against an attacker, but the only digest that some authors publish."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def fetch_all(entry: Entry, origin: Origin) -> list[Path]:
    """Local paths of the files of data set `entry`, in the table's order; see `fetch`."""
    folder = (origin.cache or user_cache() / "datasets") / entry.name
    template = origin.mirror or entry.url
    paths = []
    for file in entry.files:
        url = template.replace("{dataset}", entry.name).replace("{file}", file.name)
        paths.append(fetch(url, file, folder, origin))
    return paths


def fetch(url: str, file: RemoteFile, folder: Path, origin: Origin) -> Path:
    """Path of `file` in `folder`, downloaded from `url` unless a good copy is there.

    A copy with another digest is removed and fetched again. Failures that may pass (no connection, silence, a cut
    transfer, a server's fault) are tried `origin.attempts` times. Raises `StudyError` naming the file and the URL, and
    for wrong content the digest expected and found; nothing of a failed download is left in `folder`.
    """
    if not url.startswith(("https://", "http://")):
        raise StudyError(f"{url}: not an http(s) address; correct the table of data sets or datasets.mirror")
    path = folder / file.name
    try:
        if path.exists():
            found = md5_file(path)
            if found == file.md5:
                return path
            _log.warning("%s: damaged (MD5 %s, expected %s); fetching it again", path, found, file.md5)
            path.unlink()
        for attempt in range(1, origin.attempts + 1):
            try:
                with replacing(path) as temporary:
                    _download(url, file, temporary, origin.timeout_seconds)
                return path
            except _PassingFault as fault:
                if attempt == origin.attempts:
                    raise StudyError(
                        f"{file.name}: {fault}; attempt {attempt} of {origin.attempts} at {url}; "
                        "check the network or set datasets.mirror"
                    ) from None
                pause = origin.pause_seconds * 2 ** (attempt - 1)
                _log.warning("%s: %s; attempt %d in %.0f s", file.name, fault, attempt + 1, pause)
                time.sleep(pause)
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be kept ({error.strerror or error}); make room or set datasets.cache to another folder"
        ) from None
    raise AssertionError("attempts is at least 1")


def _download(url: str, file: RemoteFile, temporary: Path, timeout_seconds: float) -> None:
    """Stream `url` into `temporary` and compare its digest."""
    _log.info("fetching %s", url)
    # The scheme was checked, and a redirect can only lead to http, https or ftp.
    request = urllib.request.Request(url, headers={"User-Agent": f"traceability/{__version__}"})  # noqa: S310
    try:
        response = urllib.request.urlopen(request, timeout=timeout_seconds)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        answer = f"the server answered {error.code} {error.reason}"
        if error.code in _PASSING:
            raise _PassingFault(answer) from None
        raise StudyError(f"{file.name}: {answer} for {url}; correct the address or set datasets.mirror") from None
    except (OSError, http.client.HTTPException) as error:
        raise _PassingFault(f"no answer ({getattr(error, 'reason', None) or error!r})") from None
    with response, temporary.open("wb") as stream:
        received, broken = 0, ""
        while True:
            try:
                block = response.read(_BLOCK)
            except (OSError, http.client.HTTPException) as error:
                broken, block = f" ({error!r})", b""
            if not block:
                break
            received += len(block)
            if received > MAXIMUM_BYTES:
                raise StudyError(f"{file.name}: more than {MAXIMUM_BYTES} bytes from {url}; not the file expected")
            stream.write(block)
    found = md5_file(temporary)
    if found == file.md5:
        return
    digests = f"expected MD5 {file.md5}, found {found}"
    declared = response.headers.get("Content-Length", "")
    if broken or (declared.isdigit() and received < int(declared)):
        raise _PassingFault(f"truncated after {received} of {declared or 'unknown'} bytes{broken}: {digests}")
    raise StudyError(f"{file.name}: wrong content, {digests}, from {url}; set datasets.mirror to another source")
