"""How two recorded runs differ, part by part. What neither record says is unknown, not equal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from traceability import redaction
from traceability.audit import evidence
from traceability.audit.requirements import packages
from traceability.stores import record_fields
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Run

PARTS = ("code", "parameters", "environment", "data", "randomness", "metrics")
#: Facts that are compared even where neither record has them, because without them nothing is known to be equal.
_ASKED = {
    "code": ("repository", "commit", "entry point", "uncommitted changes"),
    "environment": ("Python", "platform", "packages"),
    "data": ("data sets",),
    "randomness": ("seeds",),
}


def drift(a: Run, b: Run, artifacts: Artifacts) -> list[dict[str, Any]]:
    """Rows of `tables.DRIFT`: every fact that at least one record has, and those that none has but should."""
    one, other = facts(a, artifacts), facts(b, artifacts)
    rows = []
    for part in PARTS:
        names = sorted(one[part].keys() | other[part].keys())
        rows += [_row(part, name, one[part].get(name), other[part].get(name)) for name in names]
        rows += [_row(part, name, None, None) for name in _ASKED.get(part, ()) if not _known(name, names, (a, b))]
    return rows


def _known(asked: str, names: list[str], runs: tuple[Run, Run]) -> bool:
    """Whether at least one record has this fact; seeds and digests that are parameters are compared as such."""
    if asked == "packages":
        return any(name not in ("Python", "platform", "environment digest") for name in names)
    if asked == "data sets":
        return bool(names) or any(evidence.data_digests(run.params) for run in runs)
    if asked == "seeds":
        seeded = any(evidence.seeds(evidence.by_user(run)) for run in runs)
        return seeded or any(name.startswith("seed of ") for name in names)
    return asked in names


def facts(run: Run, artifacts: Artifacts) -> dict[str, dict[str, str | float]]:
    """What the record of a run says, by part and name, wherever the audit looks; values are fit to be shown.

    A user's parameters are compared as parameters; his tags count where the audit would take them for a piece.
    """
    ours, tags = record_fields.written_by_plugin(run.tags), evidence.user_tags(run)
    code = record_fields.code(run.tags, ours)
    found = packages(run, ours, artifacts, artifacts.names(run.artifacts) if run.artifacts else ())
    known: dict[str, Any] = {
        "code": dict(_said({
            "repository": code.repository, "commit": code.commit, "entry point": code.source,
            "project entry point": code.entry_point,
            "uncommitted changes": "" if code.dirty is None else "yes" if code.dirty else "no",
            "digest of the changes": ours.get("diff_sha256", ""),
            "digest of untracked files": ours.get("untracked_sha256", ""),
            "digest of the entry point": ours.get("entry_point_sha256", ""),
        })),
        "parameters": {name: redaction.value(name, value) for name, value in run.params.items()}
        | dict(_said({"command line": redaction.command(evidence.command_line(run, ours))})),
        "environment": dict(_said({
            "Python": evidence.python_of(run, ours, found), "platform": evidence.platform_of(run, ours),
            "environment digest": ours.get("environment_sha256", ""),
        })) | dict(found.versions),
        "data": dict(_said({
            "place of the data": ours.get("data", ""), "digest of the data": ours.get("data_sha256", ""),
        })) | dict(_said(evidence.data_digests(tags))) | dict(_datasets(run)),
        "randomness": dict(_said(evidence.seeds(tags) | evidence.unseeded(tags) | evidence.flags_of(tags)))
        | dict(_randomness(ours)),
        "metrics": dict(run.metrics),
    }  # fmt: skip
    return known


def _said(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((name, redaction.text(value)) for name, value in values.items() if value)


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
        except ValueError:
            continue
        for name, value in sorted(values.items()) if isinstance(values, dict) else ():
            yield label.format(name), str(value)


def _row(part: str, name: str, a: str | float | None, b: str | float | None) -> dict[str, Any]:
    if a is None and b is None:
        verdict = "unknown"
    elif a is None or b is None:
        verdict = "only_b" if a is None else "only_a"
    else:
        verdict = "equal" if a == b else "differs"
    numbers = [value for value in (_number(a), _number(b)) if value is not None]
    difference = numbers[1] - numbers[0] if len(numbers) == 2 and part in ("parameters", "metrics") else None
    shown = [None if value is None else repr(value) if isinstance(value, float) else value for value in (a, b)]
    return {"part": part, "name": name, "a": shown[0], "b": shown[1], "verdict": verdict,
            "difference": difference if difference is None or math.isfinite(difference) else None}  # fmt: skip


def _number(value: str | float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
