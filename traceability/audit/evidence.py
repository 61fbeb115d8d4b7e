"""What one record proves of code, parameters, environment, data and randomness, and what it lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from traceability import redaction
from traceability.audit import names as called
from traceability.audit import sources
from traceability.audit.advice import LEVELS, PIECES, STATES, level
from traceability.audit.clones import Found
from traceability.audit.requirements import Packages, packages
from traceability.stores import record_fields
from traceability.stores.artifacts import Artifacts
from traceability.stores.record_fields import Code, Run

#: Lengths at which versions of MLflow cut parameter values off.
_CUT = frozenset((250, 500, 6000))
#: Longest piece of evidence, in characters.
_LONGEST = 500
#: Python's None, written out, is no value.
_NO_VALUE = ("", "None")
#: A file among the artifacts that holds the cells that a notebook executed.
CELLS = "cells.py"


@dataclass(slots=True)
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

    def say(self, said: str) -> None:
        """Add evidence that quotes the record: without secrets, and not longer than a person reads."""
        self.evidence.append(redaction.text(said[: 4 * _LONGEST])[:_LONGEST])

    def lack(self, *pieces: str) -> None:
        """Note missing pieces."""
        assert all(PIECES[code].item == self.name for code in pieces)  # noqa: S101
        self.missing += pieces


@dataclass(frozen=True, slots=True)
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
    said = by_user(run)
    command = command_line(run, ours)
    code = sources.code_of(run, ours)
    started = sources.started(run, code, ours, "" if sources.kernel_command(command) else command)
    present = frozenset(names or ())
    judged = {
        "code": _code(code, started, ours, present, found.get(run.run_id) if found is not None else None),
        "parameters": _parameters(run, started, command, present, ours.get("argv_cut", "")),
        "environment": _environment(run, ours, packages(run, ours, artifacts, names)),
        "data": _data(run, ours, said),
        "randomness": _randomness(ours, said),
    }
    return Audited(run, judged, level({name: item.state for name, item in judged.items()}))


def wanted(run: Run) -> tuple[str, tuple[str, ...]]:
    """The commit and the paths that a clone is asked for."""
    ours = record_fields.written_by_plugin(run.tags)
    code = sources.code_of(run, ours)
    started = sources.started(run, code, ours, command_line(run, ours))
    return code.commit, started.paths if started.kind != "program" else ()


def _code(
    code: Code, started: sources.Started, ours: Mapping[str, str], names: frozenset[str], found: Found | None
) -> Item:
    item, full = Item("code"), record_fields.COMMIT.fullmatch(code.commit) is not None
    others = _list(ours.get("other_repositories", ""))
    for other in others:
        item.say(f"code of another repository ran too: {other.get('name')} {other.get('commit')}")
    if full:
        item.evidence.append(f"commit {code.commit}")
    elif code.commit:
        item.say(f"'{code.commit}' is no full commit id")
    if started.said:
        item.say(started.said)
    if code.repository:
        item.say(f"repository {code.repository}")
    logged = _kept(started, names)
    if logged:
        item.evidence.append(logged)
    known = started.named or bool(logged)
    item.lack(
        *(["commit"] if not full else []),
        *(["notebook" if started.kind == "notebook" else "entry_point"] if not known else []),
        *(["repository"] if not code.repository and not (found is not None and found.commit) else []),
    )
    if item.evidence:
        item.at_least("partial")
    named = _looked_up(item, started, ours, bool(logged), found) and known if full else False
    certain = _cleanliness(item, code, ours, names)
    if "clean" not in item.missing and any(other.get("dirty") != "false" for other in others):
        item.lack("clean")
    if named and certain is not None:
        item.at_least("complete" if not item.missing else "usable")
    return item


def _kept(started: sources.Started, names: frozenset[str]) -> str:
    """What says that the script itself is among the artifacts; empty where it is not."""
    if CELLS in names and started.kind in ("notebook", "console"):
        return f"the executed cells are kept as {CELLS}"
    if started.named and started.kind in ("script", "notebook"):
        return "the script itself is among the artifacts" if sources.last(started.name) in names else ""
    return ""


def _looked_up(
    item: Item, started: sources.Started, ours: Mapping[str, str], logged: bool, found: Found | None
) -> bool:
    """Whether the code that ran can be had: by the record alone, or as the clones say."""
    if found is None:
        return _tracked(item, started, ours, logged)
    if found.shallow:
        item.evidence.append("commit is not in the given clone, which is shallow; run git fetch --unshallow in it")
    else:
        item.evidence.append(f"commit {'is' if found.commit else 'is not'} in the given clone")
        if not found.commit:
            item.lack("published_commit")
            return False
        if started.kind in ("script", "notebook", "project") and started.named:
            thing = "MLproject of the run" if started.kind == "project" else "script"
            item.say(f"the commit holds {found.script}" if found.script else f"the commit does not hold the {thing}")
            if not found.script and not logged:
                item.lack("cells" if started.kind == "notebook" else "script")
                return False
    return True


def _tracked(item: Item, started: sources.Started, ours: Mapping[str, str], logged: bool) -> bool:
    """Whether the script was in the repository, as far as the record itself says."""
    if ours.get("entry_point_state") == "untracked":
        item.evidence.append("the script was not in the repository")
        if not logged:
            item.lack("cells" if started.kind == "notebook" else "script")
            return False
    return True


def _cleanliness(item: Item, code: Code, ours: Mapping[str, str], names: frozenset[str]) -> bool | None:
    """Whether code and commit are known to agree; None: they are known not to, and the difference is lost."""
    kept = next((name for name in sorted(names) if name.endswith((".diff", ".patch"))), "")
    if code.dirty is None:
        item.lack("clean")
        return False
    if not code.dirty:
        item.evidence.append("the working tree was clean")
        return True
    item.say("the working tree had uncommitted changes" + (
        f" (digest {ours['diff_sha256'][:12]})" if ours.get("diff_sha256") else ""))  # fmt: skip
    if kept:
        item.say(f"they are kept as {kept}")
        return True
    item.lack("changes")
    return None


def _parameters(run: Run, started: sources.Started, command: str, names: frozenset[str], shortened: str) -> Item:
    item, params = Item("parameters"), run.params
    if params:
        automatic = run.tags.get("mlflow.autologging", "")
        item.say(f"{len(params)} parameters" + (f", some by autologging ({automatic})" if automatic else ""))
        item.at_least("usable")
    kernel = sources.kernel_command(command) if command else False
    if kernel:
        item.evidence.append("the recorded command line is that of the notebook's kernel")
        item.at_least("partial")
    elif command:
        item.evidence.append(f"command line {redaction.command(command[: 4 * _LONGEST])}"[:_LONGEST])
        item.at_least("complete")
    notebook = kernel or started.kind in ("notebook", "console")
    if command and not kernel:
        pass
    elif params and run.tags.get("mlflow.project.entryPoint"):
        item.say(f"started as project entry point {run.tags['mlflow.project.entryPoint']}")
        item.at_least("complete")
    elif notebook and CELLS in names:
        item.evidence.append(f"every value is in the executed cells, {CELLS}")
        item.at_least("complete")
    else:
        if not params:
            item.lack("parameters")
        item.lack("executed" if notebook else "command")
    cut = [name for name, value in params.items() if len(value) in _CUT] if "params.json" not in names else []
    if shortened and record_fields.WHOLE_COMMAND in names:
        item.say(f"the whole command line is kept as {record_fields.WHOLE_COMMAND}")
        shortened = ""
    if shortened:
        item.say(f"the command line was cut: {shortened}")
    if cut:
        name = min(cut)
        item.say(f"the value of {name} has {len(params[name])} characters, where MLflow cuts off")
    if shortened or cut:
        item.lack("whole_values")
        item.state = min(item.state, "usable", key=STATES.index)
    return item


def _environment(run: Run, ours: Mapping[str, str], found: Packages) -> Item:
    item, python, platform = Item("environment"), python_of(run, ours, found), platform_of(run, ours)
    for said in found.evidence:
        item.say(said)
    if found.evidence or python or platform:
        item.at_least("partial")
    if found.versions or "@sha256:" in run.tags.get("mlflow.docker.image.uri", ""):
        item.at_least("usable")
    if python:
        item.say(f"Python {python}")
    if platform:
        item.say(f"platform {platform}")
    if found.note:
        item.evidence.append(found.note)
    item.lack(
        *(["packages"] if not found.closure else []),
        *(["python"] if not python else []),
        *(["platform"] if not platform else []),
    )
    if not item.missing:
        item.at_least("complete")
    return item


def command_line(run: Run, ours: Mapping[str, str]) -> str:
    """The command line: as the plugin noted it, else a tag or parameter of the user; empty where there is none."""
    return ours.get("argv") or _said(run, called.COMMANDS)


def python_of(run: Run, ours: Mapping[str, str], found: Packages) -> str:
    """The version of Python by the plugin, a tag or parameter, or a model; empty where none says it."""
    said = ours.get("python") or _said(run, called.PYTHON) or found.python
    # `sys.version` goes on with compiler and date of the build.
    return (said.split() or [""])[0]


def platform_of(run: Run, ours: Mapping[str, str]) -> str:
    """Operating system and processor by the plugin, or a tag or parameter; empty where none says it."""
    return ours.get("platform") or _said(run, called.PLATFORM)


def _said(run: Run, wanted: tuple[str, ...]) -> str:
    """The value of the first of these names that has one, as a tag or as a parameter."""
    tags, params = run.tags, run.params
    for name in wanted:
        for said in (tags, params):
            if name in said and said[name] not in _NO_VALUE:
                return said[name]
    return ""


def _data(run: Run, ours: Mapping[str, str], said: Mapping[str, str]) -> Item:
    item = Item("data")
    places = [f"{name}={value}" for name, value in called.data_places(run.params).items()]
    digests = [f"{name}={value}" for name, value in called.data_digests(said).items()]
    if ours.get("data_sha256"):
        places.insert(0, f"{record_fields.PREFIX}data={ours.get('data', '')}")
        digests.insert(0, f"{record_fields.PREFIX}data_sha256={ours['data_sha256']}")
    place, full = (places or [""])[0], (digests or [""])[0]
    for dataset in run.datasets:
        context = f", {dataset.context}" if dataset.context else ""
        item.say(f"data set {dataset.name} (MLflow digest {dataset.digest}{context})")
        source = _source(dataset.source_type, dataset.source)
        if source:
            place = place or source
            item.say(f"its source: {source}")
        else:
            item.evidence.append("its source is code and cannot be loaded again")
    if place and not any(place in evidence for evidence in item.evidence):
        item.say(place)
    if full:
        item.say(full)
    if item.evidence:
        item.at_least("partial")
    if full or any(dataset.digest for dataset in run.datasets):
        item.at_least("usable")
    if full and place:
        item.at_least("complete")
    item.lack(
        *(["data"] if not item.evidence else []),
        *(["data_digest"] if not full else []),
        *(["data_place"] if not place else []),
    )
    return item


def _source(kind: str, text: str) -> str:
    """Where a data set can be had again, from MLflow's description of its source; empty where it is code."""
    if kind == "code":
        return ""
    try:
        about: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text[:200]
    wanted = ("uri", "url", "path", "delta_table_name", "dataset_name", "table", "name")
    return next((str(about[name]) for name in wanted if isinstance(about, dict) and about.get(name)), "")


def _randomness(ours: Mapping[str, str], said: Mapping[str, str]) -> Item:
    item = Item("randomness")
    known = called.seeds(said)
    in_force = _mapping(ours.get("seeds", ""))
    flags = [f"{name}={value}" for name, value in called.flags(said).items()]
    if ours.get("determinism"):
        flags += [f"{name}={value}" for name, value in sorted(_mapping(ours["determinism"]).items())]
    for name, value in known.items():
        item.evidence.append(f"{name}={value}"[:_LONGEST])
    for library, seed in sorted(in_force.items()):
        item.say(f"{library} began with seed {seed}")
    none = [f"{name}={value or 'empty'}" for name, value in called.unseeded(said).items()]
    if none:
        item.say(f"recorded as unseeded: {', '.join(none)}")
    if flags:
        item.say(f"flags: {', '.join(flags)}")
    late = _mapping(ours.get("set_too_late", ""))
    for name, value in sorted(late.items()):
        item.say(f"{name}={value} was set too late to act")
    if item.evidence:
        item.at_least("partial")
    if known or in_force:
        item.at_least("complete" if flags and not late else "usable")
    else:
        item.lack("seed")
    if late or not flags:
        item.lack("flags")
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
    except (ValueError, RecursionError):
        return []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _mapping(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
