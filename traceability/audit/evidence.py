"""What one record proves of code, parameters, environment, data and randomness, and what it lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from traceability import redaction
from traceability.audit.advice import ITEMS, LEVELS, PIECES, STATES, level
from traceability.audit.clones import Found
from traceability.audit.requirements import Packages, packages
from traceability.stores import record_fields
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Run

_SEED = re.compile(r"(?:^|.*[_.\-/ ])(?:random_?)?(?:seeds?|random_state)(?:[_.\-/ ].*)?", re.IGNORECASE)
_SHA256 = re.compile(r"(?:sha256:)?[0-9a-f]{64}", re.IGNORECASE)
_DATA_NAME = re.compile(r".*(?:data|train|test|valid|input).*", re.IGNORECASE)
_PLACE = re.compile(r"(?:.*[_.\-/ ])?(?:data|dataset|input)s?(?:[_.\-](?:path|dir|file|root|url|uri))?", re.IGNORECASE)
_FLAGS = re.compile(r".*determinis(?:m|tic)\w*|PYTHONHASHSEED", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.]+(?:e[-+]?\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"-?\d+(?:\.0+)?")
_COMMANDS = ("argv", "command", "command_line", "cmdline", "cmd")
_PYTHON = ("python", "python_version", "mlflow.python_version")
_PLATFORM = ("platform", "os", "mlflow.platform")
#: Lengths at which versions of MLflow cut parameter values off.
_CUT = (250, 500, 6000)
_UNSEEDED = ("", "none", "null", "nan", "false", "unseeded")
_NO_SCRIPT = re.compile(r"|-|-c|<.*>|ipykernel_launcher\.py|colab_kernel_launcher\.py|__main__|pytest|py\.test")


@dataclass
class Item:
    """What is known of one item: state, evidence in words, and codes of missing pieces."""

    name: str
    state: str = "missing"
    evidence: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def at_least(self, state: str) -> None:
        """Raise the state to `state`."""
        if STATES.index(state) > STATES.index(self.state):
            self.state = state


@dataclass(frozen=True)
class Audited:
    """One run, judged."""

    run: Run
    items: Mapping[str, Item]
    level: int

    @property
    def level_name(self) -> str:
        """The level in words."""
        return LEVELS[self.level]


def audit(run: Run, artifacts: Artifacts, found: Mapping[str, Found] | None = None) -> Audited:
    """Judge one run. `found` says per run id what the given clones hold; None: no clone was given."""
    ours = record_fields.written_by_plugin(run.tags)
    names = artifacts.names(run.artifacts) if run.artifacts else frozenset()
    judged = {
        "code": _code(run, ours, names, found.get(run.run_id) if found is not None else None),
        "parameters": _parameters(run, ours, names),
        "environment": _environment(run, ours, packages(run, ours, artifacts, names)),
        "data": _data(run, ours),
        "randomness": _randomness(run, ours),
    }
    for name in ITEMS:
        judged[name].evidence = [redaction.text(said)[:500] for said in judged[name].evidence]
    assert all(PIECES[code].item == item.name for item in judged.values() for code in item.missing)  # noqa: S101
    return Audited(run, judged, level({name: judged[name].state for name in ITEMS}))


def script_of(code: record_fields.Code) -> str:
    """The recorded script; empty where what is recorded names none (`-c`, a notebook's kernel, a test runner)."""
    name = PurePosixPath(code.source.replace("\\", "/")).name
    return "" if _NO_SCRIPT.fullmatch(name) else code.source


def _code(run: Run, ours: Mapping[str, str], names: Iterable[str] | None, found: Found | None) -> Item:
    item, code, names = Item("code"), record_fields.code(run.tags, ours), set(names or ())
    by = "traceability.*" if ours else "mlflow.source.*"
    full = record_fields.COMMIT.fullmatch(code.commit) is not None
    script = script_of(code)
    others = _list(ours.get("other_repositories", ""))
    item.evidence += [f"code of another repository ran too: {o.get('name')} {o.get('commit')}" for o in others]
    if ours.get("entry_point_state") == "installed":
        item.evidence.append(f"started by the installed program {code.source}")
    if full:
        item.evidence.append(f"commit {code.commit} ({by})")
    elif code.commit:
        item.evidence.append(f"'{code.commit}' is no full commit id")
    if script:
        item.evidence.append(f"entry point {script}" + (f" ({code.entry_point})" if code.entry_point else ""))
    if code.repository:
        item.evidence.append(f"repository {code.repository}")
    logged = bool(script) and PurePosixPath(script).name in names
    if logged:
        item.evidence.append("the script itself is among the artifacts")
    item.missing += [] if full else ["commit"]
    item.missing += [] if script else ["entry_point"]
    item.missing += [] if code.repository or (found is not None and found.commit) else ["repository"]
    if item.evidence:
        item.at_least("partial")
    named = full and bool(script)
    if found is not None and full:
        item.evidence.append(f"commit {'is' if found.commit else 'is not'} in the given clone")
        item.missing += [] if found.commit else ["published_commit"]
        named = named and found.commit
        if found.commit and script:
            item.evidence.append(
                f"the commit holds {found.script}" if found.script else "the commit does not hold the script"
            )
            item.missing += [] if found.script or logged else ["script"]
            named = named and bool(found.script or logged)
    elif ours.get("entry_point_state") == "untracked":
        item.evidence.append("the script was not in the repository")
        item.missing += [] if logged else ["script"]
        named = named and logged
    certain = _cleanliness(item, code, ours, names)
    if "clean" not in item.missing:
        item.missing += ["clean"] if any(other.get("dirty") != "false" for other in others) else []
    if named and certain is not None:
        item.at_least("complete" if not item.missing else "usable")
    return item


def _cleanliness(item: Item, code: record_fields.Code, ours: Mapping[str, str], names: set[str]) -> bool | None:
    """Whether code and commit are known to agree; None: they are known not to, and the difference is lost."""
    kept = next((name for name in sorted(names) if name.endswith((".diff", ".patch"))), "")
    if code.dirty is None:
        item.missing.append("clean")
        return False
    if not code.dirty:
        item.evidence.append("the working tree was clean")
        return True
    item.evidence.append("the working tree had uncommitted changes" + (
        f" (digest {ours['diff_sha256'][:12]})" if ours.get("diff_sha256") else ""))  # fmt: skip
    if kept:
        item.evidence.append(f"they are kept as {kept}")
        return True
    item.missing.append("changes")
    return None


def _parameters(run: Run, ours: Mapping[str, str], names: Iterable[str] | None) -> Item:
    item, command = Item("parameters"), command_line(run, ours)
    whole = "params.json" in set(names or ())
    if run.params:
        automatic = run.tags.get("mlflow.autologging", "")
        item.evidence.append(
            f"{len(run.params)} parameters" + (f", some by autologging ({automatic})" if automatic else "")
        )
        item.at_least("usable")
    if command:
        item.evidence.append(f"command line {redaction.command(command)}")
        item.at_least("complete")
    elif run.params and run.tags.get("mlflow.project.entryPoint"):
        item.evidence.append(f"started as project entry point {run.tags['mlflow.project.entryPoint']}")
        item.at_least("complete")
    else:
        item.missing.append("command")
    if not run.params and not command:
        item.missing.insert(0, "parameters")
    cut = sorted(name for name, value in run.params.items() if len(value) in _CUT)
    if ours.get("argv_cut"):
        item.evidence.append(f"the command line was cut: {ours['argv_cut']}")
    if cut and not whole:
        item.evidence.append(f"the value of {cut[0]} has {len(run.params[cut[0]])} characters, where MLflow cuts off")
    if ours.get("argv_cut") or (cut and not whole):
        item.missing.append("whole_values")
        item.state = min(item.state, "usable", key=STATES.index)
    return item


def _environment(run: Run, ours: Mapping[str, str], found: Packages) -> Item:
    item, python, platform = Item("environment"), python_of(run, ours, found), platform_of(run, ours)
    item.evidence += found.evidence
    if found.evidence or python or platform:
        item.at_least("partial")
    if found.versions:
        item.at_least("usable")
    if python:
        item.evidence.append(f"Python {python}")
    if platform:
        item.evidence.append(f"platform {platform}")
    if found.note:
        item.evidence.append(found.note)
    item.missing += [] if found.closure else ["packages"]
    item.missing += [] if python else ["python"]
    item.missing += [] if platform else ["platform"]
    if not item.missing:
        item.at_least("complete")
    return item


def command_line(run: Run, ours: Mapping[str, str]) -> str:
    """The command line: as the plugin noted it, else a tag or parameter of the user; empty where there is none."""
    return ours.get("argv") or record_fields.first({**run.params, **run.tags}, _COMMANDS) or ""


def python_of(run: Run, ours: Mapping[str, str], found: Packages) -> str:
    """The version of Python by the plugin, a tag or parameter, or a model; empty where none says it."""
    said = ours.get("python") or record_fields.first({**run.params, **run.tags}, _PYTHON) or found.python
    # `sys.version` goes on with compiler and date of the build.
    return (said.split() or [""])[0]


def platform_of(run: Run, ours: Mapping[str, str]) -> str:
    """Operating system and processor by the plugin, or a tag or parameter; empty where none says it."""
    return ours.get("platform") or record_fields.first({**run.params, **run.tags}, _PLATFORM) or ""


def data_digests(said: Mapping[str, str]) -> dict[str, str]:
    """Those parameters and tags of a user that are named like data and hold a SHA-256."""
    found = sorted(said.items())
    return {name: value for name, value in found if _SHA256.fullmatch(value) and _DATA_NAME.fullmatch(name)}


def _data(run: Run, ours: Mapping[str, str]) -> Item:
    item, said = Item("data"), by_user(run)
    places = [
        f"{name}={value}"
        for name, value in sorted(run.params.items())
        if _PLACE.fullmatch(name) and not _NUMBER.fullmatch(value) and value.lower() not in _UNSEEDED
    ]
    digests = [f"{name}={value}" for name, value in data_digests(said).items()]
    if ours.get("data_sha256"):
        places.insert(0, f"{record_fields.PREFIX}data={ours.get('data', '')}")
        digests.insert(0, f"{record_fields.PREFIX}data_sha256={ours['data_sha256']}")
    place, full = (places or [""])[0], (digests or [""])[0]
    for dataset in run.datasets:
        context = f", {dataset.context}" if dataset.context else ""
        item.evidence.append(f"data set {dataset.name} (MLflow digest {dataset.digest}{context})")
        source = _source(dataset.source_type, dataset.source)
        if source:
            place = place or source
            item.evidence.append(f"its source: {source}")
        else:
            item.evidence.append("its source is code and cannot be loaded again")
    if place and not any(place in said for said in item.evidence):
        item.evidence.append(place)
    if full:
        item.evidence.append(full)
    if item.evidence:
        item.at_least("partial")
    if full or any(dataset.digest for dataset in run.datasets):
        item.at_least("usable")
    if full and place:
        item.at_least("complete")
    if not item.evidence:
        item.missing.append("data")
    item.missing += [] if full else ["data_digest"]
    item.missing += [] if place else ["data_place"]
    return item


def _source(kind: str, text: str) -> str:
    """Where a data set can be had again, from MLflow's description of its source; empty where it is code."""
    if kind == "code":
        return ""
    try:
        about: Any = json.loads(text)
    except ValueError:
        return text[:200]
    named = ("uri", "url", "path", "delta_table_name", "dataset_name", "table", "name")
    return next((str(about[name]) for name in named if isinstance(about, dict) and about.get(name)), "")


def seeds(said: Mapping[str, str]) -> dict[str, str]:
    """Those parameters and tags of a user that are named like a seed and hold a whole number."""
    found = sorted(said.items())
    return {name: value for name, value in found if _SEED.fullmatch(name) and _WHOLE.fullmatch(value.strip())}


def unseeded(said: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like a seed and say that there was none."""
    found = sorted(said.items())
    return {name: value for name, value in found if _SEED.fullmatch(name) and value.strip().lower() in _UNSEEDED}


def flags_of(said: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like a determinism flag or the hash seed."""
    return {name: value for name, value in sorted(said.items()) if _FLAGS.fullmatch(name)}


def _randomness(run: Run, ours: Mapping[str, str]) -> Item:
    item, said = Item("randomness"), by_user(run)
    known = seeds(said)
    in_force = _mapping(ours.get("seeds", ""))
    flags = [f"{name}={value}" for name, value in flags_of(said).items()]
    if ours.get("determinism"):
        flags += [f"{name}={value}" for name, value in sorted(_mapping(ours["determinism"]).items())]
    item.evidence += [f"{name}={value}" for name, value in known.items()]
    item.evidence += [f"{library} began with seed {seed}" for library, seed in sorted(in_force.items())]
    none = [f"{name}={value or 'empty'}" for name, value in unseeded(said).items()]
    if none:
        item.evidence.append(f"recorded as unseeded: {', '.join(none)}")
    if flags:
        item.evidence.append(f"flags: {', '.join(flags)}")
    late = _mapping(ours.get("set_too_late", ""))
    item.evidence += [f"{name}={value} was set too late to act" for name, value in sorted(late.items())]
    if item.evidence:
        item.at_least("partial")
    if known or in_force:
        item.at_least("complete" if flags and not late else "usable")
    else:
        item.missing.append("seed")
    item.missing += [] if flags and not late else ["flags"]
    return item


def by_user(run: Run) -> dict[str, str]:
    """Parameters, and tags that neither MLflow nor this library wrote."""
    return {**run.params, **user_tags(run)}


def user_tags(run: Run) -> dict[str, str]:
    """Tags that neither MLflow nor this library wrote."""
    return {name: value for name, value in run.tags.items() if not name.startswith(("mlflow.", record_fields.PREFIX))}


def _list(text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _mapping(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
