"""Files of a data set: found in a folder of this machine, kept from before, or downloaded once into a shared folder.

A file is known by what it holds, not by how it is packed: distributions pack the same content again, without the name
and time that gzip keeps, so the digests are of the uncompressed content.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import logging
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability import __version__
from traceability.datasets.catalogue import Entry, RemoteFile
from traceability.errors import NotWritable, StudyError
from traceability.runtime.files import replacing
from traceability.study import missing

_log = logging.getLogger(__name__)
_BLOCK = 1 << 18
#: A server that never stops sending must not fill the disk.
MAXIMUM_BYTES = 1 << 30
#: Answers that may be different next time: timeout, too many requests, and a server's own faults.
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class Unavailable(StudyError):
    """A data set that cannot be had here: no folder holds it, no copy was kept, and nobody hands it out."""


class BadFile(Exception):
    """A file that does not hold what the table of data sets says; the message says what is wrong with it."""


@dataclass(frozen=True)
class Origin:
    """Where files are looked for, and how they are fetched; see the configuration of the datasets chapter."""

    #: Folders that are looked into first, and never written to.
    folders: tuple[Path, ...] = ()
    #: URL template instead of the table's, with `{file}` and perhaps `{dataset}`; empty for the table's.
    mirror: str = ""
    #: Folder of the downloaded files; None for the user's cache directory.
    cache: Path | None = None
    timeout_seconds: float = 60.0
    attempts: int = 4
    #: Pause before the second attempt; it doubles with each further one.
    pause_seconds: float = 2.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Origin:
        """What the section `datasets` of the configuration says."""
        return cls(
            tuple(Path(folder).expanduser() for folder in settings["folders"]),
            settings["mirror"],
            Path(settings["cache"]).expanduser() if settings["cache"] else None,
            settings["timeout_seconds"],
            settings["attempts"],
        )


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


def content_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of what the gzip file `path` holds; `BadFile` where it is cut, not gzip, or too long."""
    digest, held = hashlib.sha256(), 0
    with path.open("rb") as raw:
        if raw.read(2) != b"\x1f\x8b":
            raise BadFile("is not a gzip file")
    try:
        with gzip.open(path, "rb") as stream:
            while block := stream.read(_BLOCK):
                held += len(block)
                if held > MAXIMUM_BYTES:
                    raise BadFile(f"holds more than {MAXIMUM_BYTES} bytes")
                digest.update(block)
    except EOFError:
        raise BadFile(f"is cut: its gzip stream ends after {held} bytes of content") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BadFile(f"is damaged, or has something else behind its content ({error})") from None
    return digest.hexdigest()


def check(path: Path, file: RemoteFile) -> None:
    """Raise `BadFile` unless `path` holds the content that the table pins for `file`."""
    found = content_sha256(path)
    if found != file.sha256:
        raise BadFile(f"holds another content: expected SHA-256 {file.sha256}, found {found}")


def cache_folder(name: str, origin: Origin) -> Path:
    """Where the downloaded files of data set `name` are kept."""
    return (origin.cache or user_cache() / "datasets") / name


def at_hand(entry: Entry, origin: Origin) -> bool:
    """Does a folder of this machine, or what was downloaded before, name all files of `entry`? Nothing is read."""
    folders = [*origin.folders, cache_folder(entry.name, origin)]
    return all(any((folder / file.name).is_file() for folder in folders) for file in entry.files)


def fetch_all(entry: Entry, origin: Origin) -> list[Path]:
    """Local paths of the files of data set `entry`, in the table's order, each with the content that it must have.

    Each is taken from the first of `origin.folders` that holds it, else from the downloads kept before, else from its
    address; see `fetch`. Raises `Unavailable` naming what is missing and what can be done.
    """
    template = origin.mirror or entry.url
    paths = []
    for file in entry.files:
        url = template.replace("{dataset}", entry.name).replace("{file}", file.name)
        path = _in_folders(file, origin.folders)
        try:
            paths.append(path or fetch(url, file, cache_folder(entry.name, origin), origin))
        except StudyError as error:
            raise Unavailable(f"data set '{entry.name}' is missing: {error}. {ways(entry, origin)}") from None
    return paths


def ways(entry: Entry, origin: Origin) -> str:
    """The three ways to get data set `entry`, in one sentence."""
    package = f"install the Debian package {entry.package}" if entry.package else "install a package that brings it"
    host = urllib.parse.urlsplit(origin.mirror or entry.url).hostname or "its address"
    folder = str(origin.folders[0]) if origin.folders else "a folder that datasets.folders names"
    return (
        f"Three ways to get it: {package} (into {folder}); put its {len(entry.files)} files into "
        f"{cache_folder(entry.name, origin)}; or let this machine reach {host}, or a mirror named by datasets.mirror"
    )


def lines_at_start(entries: Sequence[Entry], origin: Origin, results: Path) -> list[str]:
    """One line for each of `entries` that is neither prepared below `results` nor at hand, before it is looked for."""
    return [
        f"{entry.name} is not on this machine yet: it is fetched from its address, and where that fails, its arms are "
        f"NOT MEASURED and the study goes on. {ways(entry, origin)}."
        for entry in entries
        if entry.files
        and not at_hand(entry, origin)
        and (missing.reason(folder := results / "datasets" / entry.name) or not (folder / "dataset.json").exists())
    ]


def forget_missing(entries: Sequence[Entry], origin: Origin, results: Path) -> None:
    """Remove what an earlier run wrote for data that were missing then and are at hand now, so that they are used."""
    for entry in entries:
        folder = results / "datasets" / entry.name
        if missing.reason(folder) and at_hand(entry, origin):
            for path in folder.iterdir():
                path.unlink()


def _in_folders(file: RemoteFile, folders: Sequence[Path]) -> Path | None:
    """The first good copy of `file`; a bad one is named and passed over."""
    for folder in folders:
        path = folder / file.name
        try:
            if path.is_file():
                check(path, file)
                return path
        except (BadFile, OSError) as error:
            _log.warning("%s %s; it is not used", path, getattr(error, "strerror", None) or error)
    return None


def fetch(url: str, file: RemoteFile, folder: Path, origin: Origin) -> Path:
    """Path of `file` in `folder`, downloaded from `url` unless a good copy is there.

    A copy with another content is removed and fetched again. Failures that may pass (no connection, silence, a cut
    transfer, a server's fault) are tried `origin.attempts` times. Raises `StudyError` naming the file and the URL, and
    for wrong content the digest expected and found; nothing of a failed download is left in `folder`.
    """
    if not url.startswith(("https://", "http://")):
        raise StudyError(f"{url}: not an http(s) address; correct the table of data sets or datasets.mirror")
    path = folder / file.name
    try:
        if path.exists():
            try:
                check(path, file)
                return path
            except BadFile as bad:
                _log.warning("%s %s; fetching it again", path, bad)
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
    except NotWritable as error:
        raise StudyError(f"{error}; make room or set datasets.cache to another folder") from None
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be kept ({error.strerror or error}); make room or set datasets.cache to another folder"
        ) from None
    raise AssertionError("attempts is at least 1")


def _download(url: str, file: RemoteFile, temporary: Path, timeout_seconds: float) -> None:
    """Stream `url` into `temporary` and compare the digest of what it holds."""
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
    try:
        check(temporary, file)
        return
    except BadFile as error:
        bad = error
    declared = response.headers.get("Content-Length", "")
    if broken or (declared.isdigit() and received < int(declared)):
        raise _PassingFault(f"truncated after {received} of {declared or 'unknown'} bytes{broken}: it {bad}")
    raise StudyError(f"{file.name} from {url} {bad}; set datasets.mirror to another source")
