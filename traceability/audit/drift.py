"""How two recorded runs differ, fact by fact. What a record does not say is neither equal nor different.

Values are compared as they were recorded, and only what is shown has no secrets: two runs that differ in a password
differ.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from traceability import redaction
from traceability.audit import causes, evidence, sources
from traceability.audit import names as called
from traceability.audit.requirements import packages
from traceability.stores import record_fields
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Run

PARTS = ("code", "parameters", "environment", "data", "randomness", "machine", "metrics")
COLUMNS = ("part", "name", "a", "b", "verdict", "difference", "rank", "reason")
"""Columns of the TSV form, as `tables.DRIFT` declares them (a test compares the two)."""

#: Facts that are compared even where neither record has them, because without them nothing is known to be equal.
_ASKED = {
    "code": ("repository", "commit", "entry point", "uncommitted changes"),
    "environment": ("Python", "packages"),
    "data": ("data sets",),
    "randomness": ("seeds",),
    "machine": ("platform",),
}
_NOT_PACKAGES = frozenset({"Python", "environment digest", "Docker image", "Databricks runtime"})
#: Tags of users that say on which machine a run was made.
_MACHINE = frozenset(
    {"host", "hostname", "node", "machine", "gpu", "gpu_name", "device_name", "cuda", "cuda_version", "cudnn",
     "accelerator", "cpu", "processor"}
)  # fmt: skip


def drift(a: Run, b: Run, artifacts: Artifacts, other: Artifacts | None = None) -> list[dict[str, Any]]:
    """Rows of `tables.DRIFT`: every fact that at least one record has, and those that none has but should.

    `other` are the artifacts of the store of `b`, where that is another than the store of `a`.
    """
    one, two = facts(a, artifacts), facts(b, other or artifacts)
    rows = []
    for part in PARTS:
        names = sorted(one[part].keys() | two[part].keys())
        rows += [_row(part, name, one[part].get(name), two[part].get(name)) for name in names]
        rows += [_row(part, name, None, None) for name in _ASKED.get(part, ()) if not _known(name, names, (a, b))]
    return rows


def _known(asked: str, names: list[str], runs: tuple[Run, Run]) -> bool:
    """Whether at least one record has this fact; seeds and digests that are parameters are compared as such."""
    if asked == "packages":
        return any(name not in _NOT_PACKAGES for name in names)
    if asked == "data sets":
        return bool(names) or any(called.data_digests(run.params) for run in runs)
    if asked == "seeds":
        seeded = any(called.seeds(evidence.by_user(run)) for run in runs)
        return seeded or any(name.startswith("seed of ") for name in names)
    return asked in names


def facts(run: Run, artifacts: Artifacts) -> dict[str, dict[str, str | float]]:
    """What the record of a run says, by part and name, wherever the audit looks; as recorded, not fit to be shown.

    A user's parameters are compared as parameters; his tags count where the audit would take them for a piece.
    """
    ours, tags = record_fields.written_by_plugin(run.tags), evidence.user_tags(run)
    code = sources.code_of(run, ours)
    found = packages(run, ours, artifacts, artifacts.names(run.artifacts) if run.artifacts else ())
    known: dict[str, Any] = {
        "code": _given({
            "repository": code.repository, "commit": code.commit, "entry point": code.source,
            "project entry point": code.entry_point,
            "uncommitted changes": "" if code.dirty is None else "yes" if code.dirty else "no",
            "digest of the changes": ours.get("diff_sha256", ""),
            "digest of untracked files": ours.get("untracked_sha256", ""),
            "digest of the entry point": ours.get("entry_point_sha256", ""),
            "revision of the notebook": run.tags.get("mlflow.databricks.notebookRevisionID", ""),
        }),
        "parameters": {**run.params, **_given({"command line": evidence.command_line(run, ours)})},
        "environment": _given({
            "Python": evidence.python_of(run, ours, found),
            "environment digest": ours.get("environment_sha256", ""),
            "Docker image": run.tags.get("mlflow.docker.image.id", "") or run.tags.get("mlflow.docker.image.uri", ""),
            "Databricks runtime": sources.databricks_runtime(run.tags),
        }) | dict(found.versions),
        "data": _given({"place of the data": ours.get("data", ""), "digest of the data": ours.get("data_sha256", "")})
        | _given(called.data_digests(tags)) | dict(_datasets(run)),
        "randomness": _given(called.seeds(tags) | called.unseeded(tags) | called.flags(tags)) | dict(_randomness(ours)),
        "machine": _given({"platform": evidence.platform_of(run, ours)})
        | _given({name: value for name, value in tags.items() if name.lower() in _MACHINE}),
        "metrics": dict(run.metrics),
    }  # fmt: skip
    return known


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _datasets(run: Run) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for dataset in sorted(run.datasets, key=lambda item: (item.context, item.name, item.digest)):
        name = f"{dataset.name} ({dataset.context})" if dataset.context else dataset.name
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} {seen[name]}"), f"digest {dataset.digest}"


def _randomness(ours: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for tag, label in (("seeds", "seed of {}"), ("random_states", "state of {} at the start"), ("determinism", "{}")):
        try:
            values = json.loads(ours.get(tag, "{}"))
        except (ValueError, RecursionError):
            continue
        for name, value in sorted(values.items()) if isinstance(values, dict) else ():
            yield label.format(name), str(value)


def _row(part: str, name: str, a: str | float | None, b: str | float | None) -> dict[str, Any]:
    if a is None and b is None:
        verdict = "unknown"
    elif a is None or b is None:
        verdict = "only_b" if a is None else "only_a"
    else:
        verdict = "equal" if _equal(a, b) else "differs"
    numbers = [value for value in (_number(a), _number(b)) if value is not None]
    difference = numbers[1] - numbers[0] if len(numbers) == 2 and part in ("parameters", "metrics") else None
    rank, reason = causes.rank(part, name, a, b) if verdict == "differs" and part != "metrics" else (None, None)
    return {"part": part, "name": name, "a": _shown(name, a), "b": _shown(name, b), "verdict": verdict,
            "difference": difference if difference is None or math.isfinite(difference) else None,
            "rank": rank, "reason": reason}  # fmt: skip


def _equal(a: str | float, b: str | float) -> bool:
    """Equal as recorded; not-a-number is equal to itself, whichever store holds it."""
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    return a == b


def _shown(name: str, value: str | float | None) -> str | None:
    """A value as it may be shown."""
    if value is None or isinstance(value, float):
        return None if value is None else repr(value)
    return redaction.command(value) if name == "command line" else redaction.value(name, value)


def _number(value: str | float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
