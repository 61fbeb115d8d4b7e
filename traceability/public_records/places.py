"""The table of stores as repositories: each with its commit and its stores, in the order of the table, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from traceability.errors import StudyError
from traceability.public_records.tables import STORES
from traceability.runtime import remotes

SETTING = "public_records.url_template"


@dataclass(frozen=True)
class Repository:
    """A repository with the path and kind of each of its stores."""

    name: str
    commit: str
    stores: tuple[tuple[str, str], ...]

    @property
    def owner(self) -> str:
        """The account that it belongs to."""
        return self.name.partition("/")[0]


def repositories(rows: Iterable[Mapping[str, Any]]) -> list[Repository]:
    """The repositories of rows of `tables.STORES`. Raises `StudyError` for one that has rows of two commits."""
    commits: dict[str, str] = {}
    stores: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        name, commit = str(row["repository"]), str(row["commit"])
        if commits.setdefault(name, commit) != commit:
            raise StudyError(f"{STORES.name}: {name} has two commits, {commits[name][:12]} and {commit[:12]}; keep one")
        stores.setdefault(name, []).append((str(row["store"]), str(row["kind"])))
    return [Repository(name, commit, tuple(stores[name])) for name, commit in commits.items()]


def count(table: Path, size: int, template: str) -> int:
    """How many batches of at most `size` repositories the table makes.

    Raises `StudyError` for a repository that could not be asked for: by its name, its commit or the URL template.
    """
    listed = repositories(STORES.rows(table))
    for one in listed:
        remotes.pinned_address(template, one.name, one.commit, SETTING)
    return -(-len(listed) // size)


def members(table: Path, batch: int, size: int) -> list[Repository]:
    """The repositories of one batch. Raises `StudyError` for a batch that is empty."""
    listed = repositories(STORES.rows(table))
    found = listed[batch * size : (batch + 1) * size]
    if not found:
        raise StudyError(f"batch {batch} of {size} repositories is empty: {table} has {len(listed)}")
    return found


def draw(listed: list[Repository], number: int, seed: int) -> list[Repository]:
    """`number` repositories at random (all, where there are no more), in their order."""
    if number >= len(listed):
        return listed
    chosen = set(Random(seed).sample(range(len(listed)), number))  # noqa: S311 - a sample, not a secret
    return [one for place, one in enumerate(listed) if place in chosen]
