"""What trackers hold of launches: read by their own environments, damaged first where the plan says so."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from traceability.capture import crosscheck, entries, planting, truth
from traceability.capture.entries import Evidence
from traceability.capture.launches import UNTRACKED, Case
from traceability.capture.trackers import Tracker, data_digests, run_probe
from traceability.errors import StudyError
from traceability.runtime.files import read_json, sha256_file, write_json


def read_back(cases: Sequence[Case], folder: Path, data: Path) -> list[Case]:
    """The launches of one tracker with all that it holds of them, or with the reason why that cannot be used."""
    cases = [case if case.reason else _damaged(case) for case in cases]
    launched = [case for case in cases if not case.reason]
    if not launched:
        return cases
    tracker = launched[0].tracker
    try:
        runs = _read(tracker, launched, folder)
        digests = {}
        if tracker.is_mlflow:
            digests = data_digests(tracker.python, data, folder / f"{tracker.tracker}-digests.json")
    except StudyError as error:
        return [case if case.reason else replace(case, reason=f"what was stored cannot be read: {error}")
                for case in cases]  # fmt: skip
    return [case if case.reason else _complete(case, runs.get(case.key, []), digests, data) for case in cases]


def _damaged(case: Case) -> Case:
    try:
        planting.damage(case.row, case.database, case.folder)
    except StudyError as error:
        return replace(case, reason=str(error))
    return case


def _read(tracker: Tracker, launched: Sequence[Case], folder: Path) -> dict[str, list[Evidence]]:
    """Evidence of every run by launch, read by the tracker's own environment."""
    output = folder / f"{tracker.tracker}-read.json"
    if tracker.is_mlflow:
        run_probe(tracker.python, "read_mlflow.py", f"sqlite:///{launched[0].database}", str(output))
    else:
        stores = folder / f"{tracker.tracker}-stores.json"
        write_json(stores, {case.key: str(case.folder) for case in launched})
        program = f"read_{tracker.tracker}.py"
        run_probe(tracker.python, program, str(stores), str(output), environment={"HOME": str(folder)})
    runs: dict[str, list[Evidence]] = read_json(output)
    return runs


def _complete(case: Case, runs: Sequence[Evidence], digests: dict[str, float], data: Path) -> Case:
    """The case with its evidence, and with what of the truth depends on it: checkouts, stored weights, digests."""
    evidence = runs[0] if runs else []
    reason = f"{len(runs)} runs where one was expected" if len(runs) > 1 else ""
    if not runs and case.tracking not in UNTRACKED:
        reason = f"{case.tracker.system} holds no run of this launch"
    checked = None
    if case.tracking == "notes":
        evidence = notes(case.folder)
    elif case.tracker.is_mlflow:
        checked = crosscheck.compare(case.database, case.key, evidence)
    if reason:
        return replace(case, evidence=evidence, crosscheck=checked, reason=reason)
    facts = dict(case.truth) | {"digests": digests}
    if case.row["defect"] == "changed_data":
        # The launch read the original table; somebody who repeats it later finds this one in its place.
        other = planting.changed_table(data, case.folder / "changed.csv")
        facts["data_sha256"] = sha256_file(other)
        facts["digests"] = data_digests(case.tracker.python, other, other.with_suffix(".json"))
    facts["checkouts"] = {
        commit: truth.code_of(commit, list(case.repositories), facts["blobs"]) for commit in _commits(evidence)
    }
    evidence = [*evidence, *stored_weights(evidence, facts["weights"])]
    return replace(case, evidence=evidence, crosscheck=checked, truth=facts)


def _commits(evidence: Evidence) -> list[str]:
    """Every commit that a record names."""
    commits = {value for _, key, value in evidence if value and re.search(r"(^|[:.])commit$", key)}
    further = (value for _, key, value in evidence if key.endswith("other_repositories"))
    return sorted(commits | {commit for value in further for commit in entries.further(value, "commit")})


def notes(folder: Path) -> Evidence:
    """The notes made by hand, in the words of MLflow's reader."""
    said = read_json(folder / "notes.json")
    kinds = (("param", "params"), ("metric", "metrics"))
    noted = [["artifact", f"{kind}:{name}", str(value)] for kind, key in kinds for name, value in said[key].items()]
    return [*noted, ["artifact", "param:data", said["data"]]]


def stored_weights(evidence: Evidence, weights: Sequence[Sequence[float]]) -> list[list[str]]:
    """Entries `weights_file:NAME` for stored files that hold every array of weights: bytes, nothing is unpickled."""
    # A single number may be kept as text; the arrays decide.
    arrays = [array for array in weights if len(array) > 1]
    wanted = [[np.asarray(array, dtype=kind).tobytes() for array in arrays] for kind in ("<f8", "<f4")]
    holding = []
    for place, key, path in evidence:
        kind, _, name = key.partition(":")
        if kind not in ("file_path", "model_file_path") or not Path(path).is_file():
            continue
        content = _unpacked(Path(path))
        if any(all(array in content for array in arrays) for arrays in wanted):
            holding.append([place, f"weights_file:{name}", path])
    return holding


def _unpacked(path: Path) -> bytes:
    """A file's bytes; of a zip archive those of its members."""
    content = path.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())
