"""Small files among a run's artifacts: found also where the store was moved, read as text, never followed out of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from traceability.errors import StudyError
from traceability.stores import small_files
from traceability.stores.small_files import LARGEST, Unreadable

#: Folders beside a database in which MLflow, or its server, keeps artifacts unless it is told otherwise.
_BESIDE = ("mlruns", "mlartifacts", "artifacts")
_OWNER = re.compile(r"(?:m-)?[0-9a-f]{32}")
_DRIVE = re.compile(r"/?[A-Za-z]:[\\/]")
#: The end of an address, from the folder of the experiment (or the folder in which people let MLflow put runs).
_TAIL = re.compile(r"(?:(?<=/)|^)[^/:]*/(?:[0-9a-f]{32}|models/m-[0-9a-f]{32})(?:/.*)?$")


class Remote(Protocol):
    """A server that hands out artifacts which it keeps itself."""

    def listed(self, path: str) -> dict[str, int | None]:
        """Names right below `path` with their sizes in bytes (None: a folder, or not said)."""

    def content(self, path: str, limit: int) -> bytes:
        """The content of a file of at most `limit` bytes."""

    def save(self, path: str, target: BinaryIO, limit: int) -> None:
        """Write a file of at most `limit` bytes to `target`, piece by piece."""


@dataclass(frozen=True)
class Artifacts:
    """Artifacts of one store.

    `base` is the folder of the store: relative addresses begin there, and everything below it may be read. An address
    outside of it is opened only where it holds the folder of a run or a model as MLflow names it
    (`<id>/artifacts`), so that a foreign record cannot name any folder of this machine; and links below `base` or
    such a folder are not followed. `server` is the address of the server that is asked for what it proxies.
    """

    base: Path | None = None
    server: str = ""
    #: Whether files are looked at at all.
    wanted: bool = True
    remote: Remote | None = field(default=None, compare=False, repr=False)
    _roots: dict[str, list[str]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def resolved(self, place: str) -> str:
        """The folder where the artifacts recorded at `place` really lie; `place` itself where none is seen.

        A store that was moved, copied or committed records addresses of the place where it came from. Its files are
        then looked for beside it: under the end of the recorded address, and in the folders that MLflow uses.
        """
        if not self.wanted or not place or self.server:
            return place
        head, tail = _split(place)
        if head not in self._roots:
            self._roots[head] = list(self._places(head))
        for root in self._roots[head] if tail else ():
            # The first root is the recorded one, where it is there.
            found = f"{root}/{tail}"
            if os.path.isdir(found) and self._permitted(found) is not None:  # noqa: PTH112
                return found
        return place

    def moved(self, recorded: str, resolved: str) -> bool:
        """Whether files that were recorded at one address were found at another place."""
        path = _path_of(recorded).removeprefix("./")
        return resolved != recorded and not (resolved.endswith(path) or path.endswith(resolved))

    def names(self, place: str) -> Set[str] | None:
        """Names of files and folders right below `place`; None where the place cannot be seen from here."""
        folder = self.local(place)
        if folder is not None:
            try:
                with os.scandir(folder) as listed:
                    return {entry.name for entry in listed if not entry.is_symlink()}
            except OSError:
                return None
        path = self._proxied(place)
        if path is not None and self.remote is not None:
            try:
                return set(self.remote.listed(path))
            except StudyError:
                return None
        return None

    def content(self, place: str, name: str, limit: int = LARGEST) -> bytes | None:
        """The bytes of file `name` below `place`; None where there is none, or it is larger or no regular file."""
        folder = self.local(f"{place}/{name}") if place else None
        if folder is not None:
            try:
                return small_files.read(folder, limit)
            except (FileNotFoundError, Unreadable):
                return None
        path = self._proxied(place)
        if path is not None and self.remote is not None:
            try:
                size = self.remote.listed(path).get(name.rpartition("/")[2], 0) if "/" not in name else None
                return self.remote.content(f"{path}/{name}", limit) if (size or 0) <= limit else None
            except StudyError:
                return None
        return None

    def text(self, place: str, name: str) -> str | None:
        """The text of file `name` below `place`; None where there is none, or it is large or no regular file."""
        found = self.content(place, name)
        return None if found is None else found.decode("utf-8", "replace")

    def save(self, place: str, name: str, target: Path, limit: int = 2**31) -> bool:
        """Copy file `name` below `place` to `target`; False where there is none, or it is larger than `limit` bytes."""
        folder, path = (self.local(f"{place}/{name}"), self._proxied(place)) if place else (None, None)
        if folder is None and (path is None or self.remote is None):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("wb") as stream:
                if folder is not None:
                    small_files.copy(folder, stream, limit)
                elif self.remote is not None:
                    self.remote.save(f"{path}/{name}", stream, limit)
        except (FileNotFoundError, Unreadable, StudyError):
            target.unlink()
            return False
        return True

    def local(self, place: str) -> Path | None:
        """The folder or file of this machine that `place` names; None for other addresses and for what is not ours."""
        if not self.wanted or not place:
            return None
        scheme = urlsplit(place).scheme.lower()
        if scheme == "file":
            # `#` and `?` are not escaped in addresses that early versions of MLflow wrote.
            path = unquote(place[5:])
            if path.startswith("//"):
                host, slash, rest = path[2:].partition("/")
                if host not in ("", "localhost") or not slash:
                    return None
                path = "/" + rest
        elif scheme and ("://" in place or place.startswith(f"{scheme}:/") or len(scheme) == 1):
            return None
        else:
            path = place
        if "\0" in path:
            return None
        if not path.startswith("/"):
            if self.base is None:
                return None
            path = os.path.join(self.base, path)  # noqa: PTH118 - a hundred thousand times
        return self._permitted(path)

    def _permitted(self, path: str) -> Path | None:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            return None
        anchor = self._anchor(parts)
        if anchor is None:
            return None
        whole = "/" + "/".join(parts[:anchor])
        for part in parts[anchor:]:
            whole = f"{whole}/{part}" if whole != "/" else f"/{part}"
            if os.path.islink(whole):  # noqa: PTH114
                return None
        return Path("/" + "/".join(parts))

    def _anchor(self, parts: list[str]) -> int | None:
        """How many of the first parts of a path may hold links; None where the path is not the store's at all."""
        if self.base is not None:
            base = [part for part in str(self.base).split("/") if part]
            if parts[: len(base)] == base:
                return len(base)
        for number in range(1, len(parts)):
            if parts[number] == "artifacts" and _OWNER.fullmatch(parts[number - 1]):
                return number - 1
        return None

    def _places(self, head: str) -> Iterator[str]:
        """Folders of this machine that may be what addresses beginning with `head` name, the recorded one first."""
        recorded = self.local(head)
        if recorded is None and head.startswith(("/", "file:")):
            # Elsewhere on this machine; whether a run's own folder is meant is checked for each.
            recorded = Path(_path_of(head))
        if recorded is not None and recorded.is_dir():
            yield str(recorded)
        if self.base is not None:
            parts = [part for part in _path_of(head).split("/") if part not in ("", ".")]
            ends = ["/".join(parts[number:]) for number in range(len(parts) + 1)] if ".." not in parts else []
            candidates = [f"{self.base}/{end}".rstrip("/") for end in (*ends, *_BESIDE)]
            if self.base.name == "mlruns":  # a server that hands artifacts out keeps them beside its file store
                candidates.append(f"{self.base.parent}/mlartifacts")
            yield from (root for root in dict.fromkeys(candidates) if root != str(recorded) and Path(root).is_dir())

    def _proxied(self, place: str) -> str | None:
        # Other addresses (s3://...) would be opened with the user's own keys, at the wish of somebody else's record;
        # and a host in the address may be another one than the server, which would be shown the user's token.
        parts = urlsplit(place)
        if not self.wanted or not self.server or parts.scheme != "mlflow-artifacts":
            return None
        if parts.netloc and parts.netloc != urlsplit(self.server).netloc.rpartition("@")[2]:
            return None
        return unquote(parts.path).strip("/")


def _split(place: str) -> tuple[str, str]:
    """An address before the folder of its experiment, and from there on: `experiment/run/artifacts`.

    The second is empty where no part of the address is the id of a run or a model.
    """
    matched = _TAIL.search(place.replace("\\", "/") if "\\" in place else place)
    if matched is None:
        return place, ""
    return place[: matched.start()], unquote(matched[0].replace("\\", "/"))


def _path_of(place: str) -> str:
    """The path of any address, also of one that another system wrote."""
    path = re.sub(r"^[A-Za-z][\w+.-]+:(//[^/]*(?=/|$))?", "", place)
    return unquote(path if "/" in path and not _DRIVE.match(path) else path.replace("\\", "/"))
