"""Which files of a commit an MLflow record is made of: the record itself, and what of its artifacts says something.

Only these are fetched and laid out. Of artifacts the small files that name packages come with their content; all others
come as empty files, because an audit asks for their names alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

FILE_STORE, SQLITE = "file store", "sqlite"
KINDS = (FILE_STORE, SQLITE)
#: Files among the artifacts whose content says something of the environment or of a model.
_READ = frozenset(
    {"MLmodel", "requirements.txt", "conda.yaml", "conda.yml", "environment.yaml", "environment.yml",
     "python_env.yaml", "pip_freeze.txt", "pip-freeze.txt", "freeze.txt", "environment.txt"}
)  # fmt: skip
_OWNED = re.compile(r"(?:^|/)(?:m-)?[0-9a-f]{32}/")
_ARTIFACT = re.compile(r"(?:^|/)(?:m-)?[0-9a-f]{32}/artifacts/(?P<rest>.+)")
#: Parts of a run's folder that belong to its record.
_OF_RUN = frozenset({"meta.yaml", "params", "tags", "metrics", "inputs", "outputs", "artifacts"})
_OF_EXPERIMENT = frozenset({"datasets", "models"})
#: Folders below `artifacts` in which names are kept.
_DEEPEST = 4
#: Files beside a database that hold what was committed to it last.
_BESIDE = ("-wal", "-journal")


@dataclass(frozen=True)
class Chosen:
    """Files of a commit: object ids by path of those with content, and paths of which only the name is kept."""

    contents: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


def choose(tree: Mapping[str, str], stores: Iterable[tuple[str, str]]) -> Chosen:
    """The record files among those of `tree` (object ids by path), for stores given as (path, kind)."""
    listed = list(stores)
    roots = [path for path, kind in listed if kind == FILE_STORE]
    databases = {path + ending for path, kind in listed if kind == SQLITE for ending in ("", *_BESIDE)}
    found = Chosen()
    for path, key in tree.items():
        if path in databases:
            found.contents[path] = key
        elif _OWNED.search(path) or any(_of_store(path, root) for root in roots):
            artifact = _ARTIFACT.search(path)
            if artifact is None:
                found.contents[path] = key
            elif artifact["rest"].count("/") < _DEEPEST:
                if PurePosixPath(path).name in _READ:
                    found.contents[path] = key
                else:
                    found.names.append(path)
    return found


def is_record(path: str) -> bool:
    """Whether a path lies in the folder of a run or of a logged model."""
    return _OWNED.search(path) is not None


def _of_store(path: str, root: str) -> bool:
    """Whether a path has a place in a file store at `root`: experiment/meta.yaml, experiment/run/..., and the trash."""
    if root not in ("", "."):
        if not path.startswith(f"{root}/"):
            return False
        path = path[len(root) + 1 :]
    parts = path.split("/")
    if parts[0] == ".trash":
        parts = parts[1:]
    if parts[-1] == "meta.yaml" and len(parts) <= 3:
        return True
    return (len(parts) > 2 and parts[2] in _OF_RUN) or (len(parts) > 2 and parts[1] in _OF_EXPERIMENT)


def stores_in(tree: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Stores that a commit seems to hold, as (path, kind), by the written rule of the table of stores.

    A file store is a folder with `<digits>/meta.yaml` or `<experiment>/<32 hexadecimal digits>/meta.yaml` in it. A
    database is a file `*.db`, `*.sqlite` or `*.sqlite3` whose name speaks of MLflow or of tracking.
    """
    roots, databases = set(), set()
    for path in tree:
        place = _META.search(path)
        if place is not None:
            roots.add(path[: place.start()].removesuffix("/") or ".")
        elif _DATABASE.search(path):
            databases.add(path)
    roots = {root.removesuffix("/.trash") if root.endswith("/.trash") else root for root in roots}
    yield from ((root, FILE_STORE) for root in sorted(roots) if not _OWNED.search(f"{root}/"))
    yield from ((path, SQLITE) for path in sorted(databases))


_META = re.compile(r"(?:(?<=/)|^)(?:\d+|[^/]+/[0-9a-f]{32})/meta\.yaml$")
_DATABASE = re.compile(
    r"(?:^|/)[^/]*(?:mlflow|mlruns|mlops|backend|tracking|experiments?)[^/]*\.(?:db|sqlite3?)$", re.IGNORECASE
)
