"""Which packages a record names: those of a logged model, of a file among the artifacts, or of the plugin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Run

#: Files in which people keep what is installed, as they are called at the top of a run's artifacts.
_LISTS = ("requirements.txt", "pip_freeze.txt", "pip-freeze.txt", "freeze.txt", "environment.txt")
_LOCKS = ("uv.lock", "poetry.lock", "Pipfile.lock", "conda-lock.yml", "pylock.toml")
_OTHER = ("conda.yaml", "conda.yml", "environment.yaml", "environment.yml", "python_env.yaml")
_PIN = re.compile(r"\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;,#\\]+)")
#: What MLflow cannot run without: a list that leaves one of them out is not all that was installed.
_WITH_MLFLOW = {"packaging", "protobuf", "pyyaml", "click"}


@dataclass
class Packages:
    """Versions by package, Python's version, whether this is everything that was installed, and where it stands."""

    versions: dict[str, str] = field(default_factory=dict)
    python: str = ""
    closure: bool = False
    evidence: list[str] = field(default_factory=list)
    #: What kept from looking; no evidence of anything.
    note: str = ""


def pins(text: str) -> dict[str, str]:
    """Versions by normalised name of the lines (or words) `name==version` of a text."""
    found = {}
    for line in text.splitlines():
        matched = _PIN.match(line)
        if matched:
            found[re.sub(r"[-_.]+", "-", matched[1]).lower()] = matched[2]
    return found


def packages(run: Run, ours: Mapping[str, str], artifacts: Artifacts, names: Iterable[str] | None) -> Packages:
    """What the record of `run` says about packages; `names` are those at the top of its artifacts."""
    found, present = Packages(), set(names or ())
    words = " ".join(ours[name] for name in sorted(ours, key=_number) if name.partition(".")[0] == "packages")
    if words:
        found.versions, found.closure = pins("\n".join(words.split())), True
        found.evidence.append(f"{len(found.versions)} installed packages (traceability.packages)")
    for name in _LISTS:
        if name in present and not found.closure:
            _add(found, pins(artifacts.text(run.artifacts, name) or ""), f"artifact {name}")
    for name in (*_LOCKS, *_OTHER):
        if name in present:
            found.evidence.append(f"artifact {name}")
            found.closure = found.closure or name in _LOCKS
    if not found.closure:
        if names is None and run.artifacts:
            found.note = "no folder of artifacts can be seen from here"
        _of_models(found, run, artifacts)
    return found


def _number(name: str) -> tuple[int, str]:
    last = name.rpartition(".")[2]
    return (int(last) if last.isdigit() else 1, name)


def _add(found: Packages, versions: dict[str, str], where: str) -> None:
    if versions:
        found.versions = versions | found.versions
        found.closure = found.closure or complete(versions)
        found.evidence.append(f"{len(versions)} pinned packages ({where})")


def complete(versions: Mapping[str, str]) -> bool:
    """Whether a list with MLflow in it also has what MLflow needs, so that it is a whole environment."""
    return not versions.keys().isdisjoint({"mlflow", "mlflow-skinny"}) and versions.keys() >= _WITH_MLFLOW


def _of_models(found: Packages, run: Run, artifacts: Artifacts) -> None:
    history = _history(run)
    for place in [*run.models, *(f"{run.artifacts}/{item['artifact_path']}" for item in history)]:
        text = artifacts.text(place, "requirements.txt") if place else None
        if text is None:
            continue
        _add(found, pins(text), "requirements of the logged model")
        about = artifacts.text(place, "python_env.yaml")
        if about is not None and not found.python:
            try:
                found.python = str(dict(yaml.safe_load(about) or {}).get("python", ""))
            except (yaml.YAMLError, TypeError, ValueError):
                found.evidence.append("the model's python_env.yaml cannot be read")
        return
    if run.models or history:
        found.evidence.append("a model was logged, but its requirements cannot be seen from here")
    for item in history:
        flavors = item.get("flavors")
        for name, flavor in sorted(flavors.items()) if isinstance(flavors, dict) else ():
            for key, value in sorted(flavor.items()) if isinstance(flavor, dict) else ():
                if key == "python_version":
                    found.python = found.python or str(value)
                elif key.endswith("_version"):
                    found.evidence.append(f"{key.removesuffix('_version')} {value} (model flavour {name})")


def _history(run: Run) -> list[dict[str, Any]]:
    """Models that MLflow 2 logged to a run, from the tag that lists them."""
    try:
        listed = json.loads(run.tags.get("mlflow.log-model.history", "[]"))
    except ValueError:
        return []
    return [item for item in listed if isinstance(item, dict) and item.get("artifact_path")]
