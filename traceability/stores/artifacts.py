"""Small text files among a run's artifacts: read as text, never loaded, never followed out of the store."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Larger files are no list of requirements, whatever their name.
LARGEST = 2**20


@dataclass(frozen=True)
class Artifacts:
    """Artifacts of one store: `base` resolves relative addresses, `server` is asked for those that it proxies."""

    base: Path | None = None
    server: str = ""
    #: Whether files are looked at at all.
    wanted: bool = True

    def names(self, place: str) -> Set[str] | None:
        """Names of files and folders right below `place`; None where the place cannot be seen from here."""
        folder = self.local(place)
        if folder is not None:
            with contextlib.suppress(OSError):
                return {entry.name for entry in os.scandir(folder)}
            return None
        if self._proxied(place):
            with contextlib.suppress(Exception):  # any failure of a server or its storage means: not to be seen
                return {Path(item.path).name for item in self._repository(place).list_artifacts()}
        return None

    def text(self, place: str, name: str) -> str | None:
        """The text of file `name` below `place`; None where there is none, or it is large or no regular file."""
        folder = self.local(place)
        if folder is not None:
            with contextlib.suppress(OSError):
                seen = (folder / name).lstat()
                if stat.S_ISREG(seen.st_mode) and seen.st_size <= LARGEST:
                    return (folder / name).read_text(encoding="utf-8", errors="replace")
            return None
        if self._proxied(place):
            with contextlib.suppress(Exception), tempfile.TemporaryDirectory(prefix="audit-") as scratch:
                repository = self._repository(place)
                sizes = {item.path: item.file_size for item in repository.list_artifacts() if not item.is_dir}
                if (sizes.get(name) or 0) <= LARGEST and name in sizes:
                    path = Path(repository.download_artifacts(name, dst_path=scratch))
                    return path.read_text(encoding="utf-8", errors="replace")
        return None

    def local(self, place: str) -> Path | None:
        """The folder of this machine that `place` names; None for other addresses."""
        parts = urlsplit(place)
        if not self.wanted or not place or parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
            return None
        path = Path(unquote(parts.path))
        return path if path.is_absolute() else (self.base or Path()) / path

    def _proxied(self, place: str) -> bool:
        # Other addresses (s3://...) would be opened with the user's own keys, at the wish of somebody else's record.
        return self.wanted and bool(self.server) and urlsplit(place).scheme == "mlflow-artifacts"

    def _repository(self, place: str):  # type: ignore[no-untyped-def]  # MLflow's own type, imported late
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        return get_artifact_repository(place, tracking_uri=self.server)
