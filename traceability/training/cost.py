"""What tracking and determinism cost: levels interleaved, alone on the machine, in seconds and bytes.

Every level runs the same seeded training, so the weights of all ways of tracking must be equal too.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from traceability.errors import StudyError
from traceability.runtime.files import read_jsonl
from traceability.stores import tracking
from traceability.stores.tracking import prepare
from traceability.study.subjects import Staged
from traceability.training.batch import run_batch
from traceability.training.plan import Replicate, Sizes, batch_of

MEASURED = ("fit_seconds", "evaluate_seconds", "track_seconds", "total_seconds")


def measure(
    levels: Sequence[Mapping[str, Any]],
    subject: Staged,
    *,
    data: Path,
    preload: Sequence[str],
    folder: Path,
    repetitions: int,
    epochs: int | None,
    seed: int,
    plan_sha256: str,
) -> list[dict[str, Any]]:
    """One row per repetition of each level; the first run, which warms disk and caches, is dropped.

    `levels` are rows of the arms table of one workload. The runs go to a store of their own in `folder`, whose growth
    in bytes is measured after every run; notes are a file of their own that counts as an artifact. A run that failed
    keeps its row, with empty seconds. Raises `StudyError` where a program that is to leave notes leaves none.
    """
    workload = str(levels[0]["workload"])
    store, artifacts = folder / "mlflow.db", folder / "artifacts"
    uri = tracking.study_uri(f"sqlite:///{store}", folder, 120)
    prepare(uri, artifacts, [workload], folder / "tracking.json")
    sizes = Sizes(repetitions, crossed_levels=2, batch_size=10**6, base_seed=seed, epochs=epochs)
    items = batch_of(levels, 0, sizes)
    noted = {item.arm: _notes_bytes(item, subject, data, folder / "notes") for item in items if _first_notes(item)}
    grown: list[tuple[int, int]] = []

    def after_each() -> None:
        grown.append((_size(folder, "mlflow.db*"), _size(artifacts, "**/*")))

    run_batch(
        [items[0], *items], subject, data=data, preload=preload, uri=uri, plan_sha256=plan_sha256,
        arrays=folder / "arrays", rows=folder / "rows.jsonl", lock=folder / "lock", after_each=after_each,
    )  # fmt: skip
    rows = []
    for number, seen in enumerate(read_jsonl(folder / "rows.jsonl")):
        if number == 0:
            continue
        added = [after - before for after, before in zip(grown[number], grown[number - 1], strict=True)]
        rows.append(
            {"workload": workload, "level": seen["arm"], "tracking": seen["tracking"], "repetition": seen["replicate"],
             "position": seen["position"], "status": seen["status"], "weights_sha256": seen.get("weights_sha256"),
             "database_bytes": added[0], "artifact_bytes": added[1] + noted.get(seen["arm"], 0)}
            | {name: seen.get(name) for name in MEASURED}
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row["level"], row["repetition"]))


def _first_notes(item: Replicate) -> bool:
    return item.tracking == "notes" and item.replicate == 0


def _notes_bytes(item: Replicate, subject: Staged, data: Path, folder: Path) -> int:
    """Bytes of the notes that a run of `item` leaves, as one more run of it by itself leaves them below `folder`.

    The batch throws its runs' own files away. They are equal to these, because a level's runs have one seed.
    """
    output = (folder / item.label).resolve()
    output.mkdir(parents=True)
    words = [sys.executable, subject.entry_point.name, "--tracking", item.tracking, *item.options]
    words += ["--data", str(data.resolve()), "--output", str(output)]
    done = subprocess.run(words, cwd=subject.entry_point.parent, capture_output=True, text=True, check=False)
    notes = output / "notes.json"
    if done.returncode != 0 or not notes.is_file():
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise StudyError(f"{item.workload}, level {item.arm}: no notes, exit status {done.returncode}: {said[:300]}")
    return notes.stat().st_size


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())
