"""Where the store is that somebody meant who gave another folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from traceability.stores import small_files

#: Levels below a given folder that are looked through, folders looked at, and stores named.
_LEVELS, _FOLDERS, _NAMED = 3, 2000, 5
_SKIPPED = ("node_modules", "site-packages", "__pycache__")
_DATABASES = (".db", ".sqlite", ".sqlite3")


def hint(folder: Path) -> str:
    """What to give instead of `folder`: stores that lie in it, or a database beside it; empty where there is none."""
    inside = list(_inside(folder))
    if inside:
        names = [os.path.relpath(path, folder) for path in inside[:_NAMED]]
        more = f" and {len(inside) - _NAMED} more" if len(inside) > _NAMED else ""
        if len(inside) == 1:
            return f"; {names[0]} lies in it: give {inside[0]}"
        return f"; {', '.join(names)}{more} lie in it: give one of them, for instance {inside[0]}"
    beside = [path for path in _listed(folder.parent) if _is_database(path)]
    if beside:
        return f"; {Path(beside[0]).name} lies beside it: give {beside[0]}"
    return ""


def _inside(folder: Path) -> Iterator[str]:
    """Databases and file stores at most `_LEVELS` below `folder`, nearest first."""
    level, looked = [str(folder)], 0
    for depth in range(_LEVELS + 1):
        below: list[str] = []
        for path in level:
            looked += 1
            if looked > _FOLDERS:
                return
            if depth and _is_store(path):
                yield path
                continue
            yield from (found for found in _listed(Path(path)) if _is_database(found))
            below += [
                found for found in small_files.folders(path)
                if (name := Path(found).name) not in _SKIPPED and not name.startswith(".")
            ]  # fmt: skip
        level = below


def _is_store(folder: str) -> bool:
    for path in small_files.folders(folder)[:_FOLDERS]:
        try:
            about = small_files.mapping(path)
        except (FileNotFoundError, small_files.Unreadable):
            continue
        if "experiment_id" in about and not (about.get("run_id") or about.get("run_uuid")):
            return True
    return False


def _is_database(path: str) -> bool:
    if not path.endswith(_DATABASES):
        return False
    try:
        return small_files.head(path, 16) == b"SQLite format 3\0"
    except (FileNotFoundError, small_files.Unreadable):
        return False


def _listed(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as listed:
            return sorted(entry.path for entry in listed if entry.is_file(follow_symlinks=False))
    except OSError:
        return []
