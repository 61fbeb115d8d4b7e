"""Which packages a record names: of a logged model, of a file among the artifacts, of a cluster, or of the plugin.

Files are read line by line as text, never as YAML: what is wanted stands on lines of its own, and a file that somebody
else wrote may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from traceability.audit import sources
from traceability.stores import record_fields
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Run

#: Files in which people keep what is installed, as they are called at the top of a run's artifacts.
_LISTS = ("requirements.txt", "pip_freeze.txt", "pip-freeze.txt", "freeze.txt", "environment.txt")
_LOCKS = ("uv.lock", "poetry.lock", "Pipfile.lock", "conda-lock.yml", "pylock.toml")
_CONDA = ("conda.yaml", "conda.yml", "environment.yaml", "environment.yml")
_PIN = re.compile(r"\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;,#\\]+)")
_CONDA_PIN = re.compile(r"\s*-\s*[\"']?(?:[\w.-]+::)?([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*={1,3}\s*([\w.!+*-]+)")
_PYTHON_LINE = re.compile(r"^\s*python:\s*[\"']?([\d.]+\w*)", re.MULTILINE)
_PYTHON_VERSION = re.compile(r"^\s*python_version:\s*[\"']?([\d.]+\w*)", re.MULTILINE)
#: What MLflow cannot run without: a list that leaves one of them out is not all that was installed.
_WITH_MLFLOW = {"packaging", "protobuf", "pyyaml", "click"}
#: Folders among the artifacts in which a model without a note of MLflow is looked for, and how many further below.
_FOLDERS, _BELOW = 40, 10


@dataclass
class Packages:
    """Versions by package, Python's version, whether this is everything that was installed, and where it stands."""

    versions: dict[str, str] = field(default_factory=dict)
    python: str = ""
    closure: bool = False
    evidence: list[str] = field(default_factory=list)
    #: What kept from looking; no evidence of anything.
    note: str = ""

    def say(self, evidence: str) -> None:
        """Add a piece of evidence once."""
        if evidence not in self.evidence:
            self.evidence.append(evidence)


def pins(text: str) -> dict[str, str]:
    """Versions by normalised name of the lines (or words) `name==version` of a text."""
    return {_normalised(found[1]): found[2] for found in map(_PIN.match, text.splitlines()) if found}


def conda_pins(text: str) -> dict[str, str]:
    """As `pins`, of a conda environment: `- name=version=build`, and `- name==version` below `pip:`."""
    found = {_normalised(line[1]): line[2] for line in map(_CONDA_PIN.match, text.splitlines()) if line}
    return {name: version for name, version in found.items() if "*" not in version}


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(run: Run, ours: Mapping[str, str], artifacts: Artifacts, names: Iterable[str] | None) -> Packages:
    """What the record of `run` says about packages; `names` are those at the top of its artifacts."""
    found, present = Packages(), set(names or ())
    words = " ".join(ours[name] for name in sorted(ours, key=_number) if name.partition(".")[0] == "packages")
    if words:
        found.versions, found.closure = pins("\n".join(words.split())), True
        found.say(f"{len(found.versions)} installed packages (traceability.packages)")
    for name in _LISTS:
        if name in present and not found.closure:
            _add(found, pins(artifacts.text(run.artifacts, name) or ""), f"artifact {name}")
    for name in _CONDA:
        if name in present and not found.closure:
            _conda(found, artifacts.text(run.artifacts, name) or "", f"artifact {name}")
    for name in (*_LOCKS, *_CONDA, "python_env.yaml"):
        if name in present and not any(f"artifact {name}" in said for said in found.evidence):
            found.say(f"artifact {name}")
            found.closure = found.closure or name in _LOCKS
    if not found.closure:
        if names is None and run.artifacts:
            found.note = "no folder of artifacts can be seen from here"
        _of_models(found, run, artifacts, present)
    _of_surroundings(found, run)
    return found


def _number(name: str) -> tuple[int, str]:
    last = name.rpartition(".")[2]
    return (int(last) if last.isdigit() else 1, name)


def _add(found: Packages, versions: dict[str, str], where: str) -> None:
    if versions:
        found.versions = versions | found.versions
        found.closure = found.closure or complete(versions)
        found.say(f"{len(versions)} pinned packages ({where})")


def complete(versions: Mapping[str, str]) -> bool:
    """Whether a list with MLflow in it also has what MLflow needs, so that it is a whole environment."""
    return not versions.keys().isdisjoint({"mlflow", "mlflow-skinny"}) and versions.keys() >= _WITH_MLFLOW


def _conda(found: Packages, text: str, where: str) -> None:
    versions = conda_pins(text)
    found.python = found.python or versions.pop("python", "")
    _add(found, versions, where)


def _of_models(found: Packages, run: Run, artifacts: Artifacts, present: set[str]) -> None:
    history = record_fields.models_listed(run.tags)
    places = [*run.models, *(f"{run.artifacts}/{item['artifact_path']}" for item in history)]
    if not places and present:
        places = list(_folders_of_models(run, artifacts, present))
    seen = False
    for place in dict.fromkeys(place for place in places if place):
        seen = _of_model(found, place, artifacts) or seen
        if found.versions:
            break
    if places and not found.versions:
        found.say(
            "a model was logged, but its files pin no package" if seen
            else "a model was logged, but its requirements cannot be seen from here"
        )  # fmt: skip
    for item in history:
        flavors = item.get("flavors")
        for name, flavor in sorted(flavors.items()) if isinstance(flavors, dict) else ():
            for key, value in sorted(flavor.items()) if isinstance(flavor, dict) else ():
                if key == "python_version":
                    found.python = found.python or str(value)
                elif key.endswith("_version"):
                    found.say(f"{key.removesuffix('_version')} {value} (model flavour {name})")


def _of_model(found: Packages, place: str, artifacts: Artifacts) -> bool:
    """Add what the files of one logged model say; whether any of them can be seen."""
    listed, conda = artifacts.text(place, "requirements.txt"), None
    _add(found, pins(listed or ""), "requirements of the logged model")
    about = artifacts.text(place, "python_env.yaml")
    python = _PYTHON_LINE.search(about or "")
    found.python = found.python or (python[1] if python else "")
    if not found.versions or not found.python:
        conda = artifacts.text(place, "conda.yaml")
        if conda is not None and found.versions:
            found.python = conda_pins(conda).get("python", "")
        elif conda is not None:
            _conda(found, conda, "conda.yaml of the logged model")
    if not found.python:
        version = _PYTHON_VERSION.search(artifacts.text(place, "MLmodel") or "")
        found.python = version[1] if version else ""
    return any(text is not None for text in (listed, about, conda))


def _folders_of_models(run: Run, artifacts: Artifacts, present: set[str]) -> Iterator[str]:
    """Folders among the artifacts that hold a file MLmodel: models of which MLflow noted nothing in the run."""
    if "MLmodel" in present:
        yield run.artifacts
    folders = sorted(name for name in present if "." not in name and name != "MLmodel")[:_FOLDERS]
    for name in folders:
        place = f"{run.artifacts}/{name}"
        inside = artifacts.names(place) or ()
        if "MLmodel" in inside:
            yield place
        elif not artifacts.server:
            for below in sorted(other for other in inside if "." not in other)[:_BELOW]:
                if "MLmodel" in (artifacts.names(f"{place}/{below}") or ()):
                    yield f"{place}/{below}"


def _of_surroundings(found: Packages, run: Run) -> None:
    """What Databricks and MLflow Projects note of the environment in which a run was made."""
    runtime = sources.databricks_runtime(run.tags)
    if runtime:
        found.say(f"Databricks runtime {runtime}")
    libraries = sources.databricks_libraries(run.tags)
    if libraries:
        _add(found, pins("\n".join(libraries)), "libraries of the Databricks cluster")
        found.say(f"libraries of the cluster: {', '.join(libraries)[:300]}")
    name, image = run.tags.get("mlflow.docker.image.uri", ""), run.tags.get("mlflow.docker.image.id", "")
    if name or image:
        found.say(" ".join(["Docker image", *filter(None, (name, f"({image})" if image else ""))]))
    kind = run.tags.get("mlflow.project.env", "")
    if kind and kind != "docker":
        found.say(f"environment of the project ({kind}), as the commit declares it")
