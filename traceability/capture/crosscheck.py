"""Does MLflow's interface tell all that its database and its folders hold? Counted entry by entry, by kind.

The judges believe what `probes/read_mlflow.py` was told. Here the same store is looked at from below: the database by
SQL, opened read-only, and the folders file by file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from traceability.capture.entries import Evidence

#: Kinds of entries, with the query for the names and values of a run.
_SQL = {
    "param": "SELECT key, value FROM params WHERE run_uuid = ?",
    "tag": "SELECT key, value FROM tags WHERE run_uuid = ?",
    "metric": "SELECT key, CASE is_nan WHEN 1 THEN 'nan' ELSE value END FROM latest_metrics WHERE run_uuid = ?",
    "dataset": "SELECT d.name, d.digest FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
               "WHERE i.source_type = 'DATASET' AND i.destination_id = ?",
    "model": "SELECT destination_id, '' FROM inputs WHERE source_type = 'RUN_OUTPUT' AND source_id = ?",
}  # fmt: skip
#: The same for logged models (MLflow 3), by experiment, because a model need not belong to a run.
_OF_MODELS = "JOIN logged_models m USING (model_id) WHERE m.lifecycle_stage = 'active' AND m.experiment_id = ?"
_MODEL_SQL = {
    "model_tag": f"SELECT tag_key, tag_value FROM logged_model_tags {_OF_MODELS}",  # noqa: S608 - a constant
    "model_param": f"SELECT param_key, param_value FROM logged_model_params {_OF_MODELS}",  # noqa: S608
}
_MODEL_PLACES = "SELECT artifact_location FROM logged_models WHERE lifecycle_stage = 'active' AND experiment_id = ?"
KINDS = (*_SQL, *_MODEL_SQL, "model_file", "file")
#: How the reader's entries begin, by kind.
_PREFIXES = {"param": "param:", "tag": "tag:", "metric": "metric:", "dataset": "dataset_digest:", "model": "output:",
             "model_tag": "model_tag:", "model_param": "model_param:", "model_file": "model_listed:",
             "file": "listed:"}  # fmt: skip

Entry = tuple[str, str]


def compare(database: Path, experiment: str, evidence: Evidence) -> list[dict[str, Any]]:
    """One row per kind of entry: how many the interface told, how many the store holds, and those only one of them has.

    `evidence` is what the interface told of the one run in `experiment`.
    """
    held = _held(database, experiment)
    rows = []
    for kind in KINDS:
        # Several models may have the same tag: entries are counted.
        told = Counter(_entry(kind, key[len(_PREFIXES[kind]) :], value) for _, key, value in evidence
                       if key.startswith(_PREFIXES[kind]))  # fmt: skip
        rows.append({
            "kind": kind, "told": told.total(), "held": held[kind].total(),
            "only_told": _names(told - held[kind]), "only_held": _names(held[kind] - told),
            "agrees": told == held[kind],
        })  # fmt: skip
    return rows


def _entry(kind: str, name: str, value: str) -> Entry:
    """A metric counts by its number, a file by name and size, a model that a run names by its name alone."""
    if kind == "metric":
        return name, repr(float(value))
    return name, "" if kind == "model" else str(value)


def _held(database: Path, experiment: str) -> dict[str, Counter[Entry]]:
    """Entries by kind, as tables and folders hold them."""
    with contextlib.closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:

        def entries(kind: str, query: str, owners: Sequence[Any]) -> Counter[Entry]:
            return Counter(_entry(kind, str(name), str(value))
                           for owner in owners for name, value in connection.execute(query, (owner,)))  # fmt: skip

        (number,) = connection.execute("SELECT experiment_id FROM experiments WHERE name = ?", (experiment,)).fetchone()
        runs = connection.execute(
            "SELECT run_uuid, artifact_uri FROM runs WHERE experiment_id = ? AND lifecycle_stage = 'active'", (number,)
        ).fetchall()
        held = {kind: entries(kind, query, [run for run, _ in runs]) for kind, query in _SQL.items()}
        # MLflow 2 has no such tables.
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'logged_models'").fetchone()
        held |= {kind: entries(kind, query, [number] if there else []) for kind, query in _MODEL_SQL.items()}
        places = connection.execute(_MODEL_PLACES, (number,)).fetchall() if there else []
    held["model_file"] = _files(place for (place,) in places)
    held["file"] = _files(place for _, place in runs)
    return held


def local(address: str) -> Path:
    """The folder behind a file address or a plain path."""
    return Path(unquote(urlsplit(address).path) if address.startswith("file:") else address)


def _files(addresses: Iterable[str]) -> Counter[Entry]:
    """Names and sizes of all files below some folders."""
    files_held: Counter[Entry] = Counter()
    for folder in map(local, addresses):
        files = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
        files_held.update((path.relative_to(folder).as_posix(), str(path.stat().st_size)) for path in files)
    return files_held


def _names(entries: Counter[Entry]) -> str:
    return " ".join(sorted(name for name, _ in entries))


def disagreements(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each kind of entry on which interface and store do not agree."""
    return [
        f"{row['key']}: of {row['kind']} entries MLflow's interface told {row['told']}, its store holds {row['held']}; "
        f"only told: {row['only_told'] or 'none'}; only held: {row['only_held'] or 'none'}"
        for row in rows
        if not row["agrees"]
    ]
