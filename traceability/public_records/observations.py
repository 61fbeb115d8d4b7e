"""The published observations of public records: committed as data, with the digest of every file and of the reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from traceability.public_records import tables
from traceability.runtime.files import read_json, sha256_file, sha256_tree, write_json
from traceability.study import published
from traceability.study.registry import Table

#: What is published, by the name of the file below results/public_records; in the folder of observations with PREFIX.
PUBLISHED: dict[str, Table] = {
    "runs.parquet": tables.RUNS, "stores.tsv": tables.AUDITED, "resolutions.tsv": tables.RESOLUTIONS,
}  # fmt: skip
PREFIX = "public_"
PROVENANCE = f"{PREFIX}{published.PROVENANCE}"
#: Modules that decide what a row says; those of the audit and of replay are in the second digest.
_READER = ("fields.py", "judging.py", "record_files.py", "requirement_lists.py", "road.py")
_INSTRUMENTS = (
    "audit/evidence.py", "audit/clones.py", "audit/sources.py", "audit/requirements.py", "audit/names.py",
    "audit/advice.py", "replay/rebuild.py", "replay/entry.py", "replay/reading.py", "replay/environments.py",
)  # fmt: skip


def reader_digest() -> str:
    """Digest of this chapter's code that decides what an audit of a repository says."""
    here = Path(__file__).parent
    return sha256_tree([here / name for name in _READER], here)[:16]


def instruments_digest() -> str:
    """Digest of the code of audit, replay and stores that it uses."""
    root = Path(__file__).parents[1]
    folders = [*sorted((root / "stores").glob("*.py")), *sorted((root / "replay" / "program").glob("*.py"))]
    return sha256_tree([*(root / name for name in _INSTRUMENTS), *folders], root)[:16]


def without_copies(runs: pd.DataFrame, stores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs whose id an earlier repository of the table holds too are left out, and counted as `repeated`."""
    copied = runs.duplicated("run", keep="first")
    left = runs[~copied]
    lost = runs[copied].groupby(["repository", "store"]).size().rename("lost").reset_index()
    lost_here = stores[["repository", "store"]].merge(lost, how="left")["lost"].fillna(0).astype("int64").to_numpy()
    changed = stores.assign(runs=stores["runs"] - lost_here, repeated=stores["repeated"] + lost_here)
    return left.reset_index(drop=True), changed


def provenance(folder: Path, stores_table: Path, date: str, python: str) -> dict[str, Any]:
    """What describes the observations in `folder`, where files have the names of `PUBLISHED`."""
    stores = tables.AUDITED.read(folder / "stores.tsv")
    runs = tables.RUNS.read(folder / "runs.parquet")
    return {
        "reader_digest": reader_digest(), "instruments_digest": instruments_digest(), "audited": date,
        "python": python, "stores": len(stores), "repositories": int(stores["repository"].nunique()),
        "with_runs": int(runs["repository"].nunique()), "runs": len(runs),
        "stores_sha256": sha256_file(stores_table),
        "sha256": {name: sha256_file(folder / name) for name in PUBLISHED},
        "contents": "Counts, presence of fields and states per run; no names, values or texts. Taken out on request.",
    }  # fmt: skip


def publish(results: Path, target: Path) -> None:
    """Copy audited tables and their provenance from `results` to the folder of observations."""
    about = read_json(results / published.PROVENANCE)
    published.check(results, about["sha256"])
    for name in PUBLISHED:
        (target / f"{PREFIX}{name}").write_bytes((results / name).read_bytes())
    write_json(target / PROVENANCE, about)


def read(folder: Path) -> dict[str, Any]:
    """The provenance of published observations, after every file was checked against it.

    Raises `StudyError` naming the file whose digest is another, with the expected and the found one.
    """
    about = read_json(folder / PROVENANCE)
    published.check(folder, {f"{PREFIX}{name}": about["sha256"].get(name) for name in PUBLISHED})
    return dict(about)


def differences(folder: Path, runs: Iterable[Mapping[str, Any]], stores: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a fresh audit of one repository says otherwise than the published one, one line each.

    Runs that the published table leaves out, because an earlier repository holds them too, are not compared.
    """
    found = []
    fresh = tables.RUNS.validate(pd.DataFrame(list(runs), columns=tables.RUNS.column_names), "a fresh audit")
    names = sorted({str(row["repository"]) for row in stores})
    old = tables.RUNS.read(folder / f"{PREFIX}runs.parquet")
    old = old[old["repository"].isin(names)]
    both = old.merge(fresh, on=["repository", "run"], how="outer", suffixes=("", "_now"), indicator=True)
    gone = int((both["_merge"] == "left_only").sum())
    if gone:
        found.append(f"{names[0]}: {gone} published runs are not found now")
    shared = both[both["_merge"] == "both"]
    for name in tables.RUNS.column_names:
        if name not in ("repository", "run"):
            before, after = (
                column.astype(object).where(column.notna(), "").astype(str)
                for column in (shared[name], shared[f"{name}_now"])
            )
            if (wrong := int((before != after).sum())) > 0:
                found.append(f"{names[0]}: {name} differs in {wrong} of {len(shared)} runs")
    return found
