"""What a tracker's entries claim about the fields: `[place, key, value]` becomes `Claim(field, value, place, by_whom)`.

Each tracker has a list of patterns. A field may be claimed several times; values are texts as they were found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from traceability.capture.fields import MLFLOW

Evidence = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Claim:
    """One recorded value, read as a statement on a field. `name`: which parameter, metric, file or package list."""

    field: str
    value: Any
    place: str
    by_whom: str
    name: str = ""


_MLFLOW = (
    ("commit", r"tag:mlflow\.source\.git\.commit|model_tag:mlflow\.git\.commit|tag:traceability\.commit"),
    ("branch", r"tag:mlflow\.source\.git\.branch|tag:mlflow\.gitBranchName|model_tag:mlflow\.git\.branch"
               r"|tag:traceability\.branch"),
    ("remote", r"tag:mlflow\.source\.git\.repoURL|tag:mlflow\.gitRepoURL|model_tag:mlflow\.git\.repo_url"
               r"|tag:traceability\.repository"),
    ("dirty_state", r"tag:traceability\.(dirty|entry_point_state)|model_tag:mlflow\.git\.dirty"),
    ("uncommitted_code", r"tag:traceability\.uncommitted_code"),
    ("entry_point_state", r"tag:traceability\.entry_point_state"),
    ("other_repositories", r"tag:traceability\.other_repositories"),
    ("diff", r"model_tag:mlflow\.git\.diff|tag:traceability\.diff"),
    ("diff_digest", r"tag:traceability\.diff_sha256"),
    ("untracked_files", r"tag:traceability\.untracked"),
    ("untracked_digest", r"tag:traceability\.untracked_sha256"),
    ("entry_point", r"tag:mlflow\.source\.name|tag:traceability\.entry_point"),
    ("entry_point_sha256", r"tag:traceability\.entry_point_sha256"),
    ("argv", r"tag:traceability\.argv"),
    ("parameters", r"param:(?P<name>.+)"),
    ("metrics", r"metric:(?P<name>.+)"),
    ("python", r"tag:traceability\.python"),
    ("platform", r"tag:traceability\.platform"),
    ("memory_usage", r"metric:system/system_memory_usage_megabytes"),
    ("flags", r"tag:traceability\.determinism"),
    ("seeds", r"tag:traceability\.seeds"),
    ("packages", r"tag:traceability\.packages(\.\d+)?|model_file:requirements\.txt"),
    ("python_env", r"model_file:python_env\.yaml"),
    ("dataset_digest", r"dataset_digest:(?P<name>.*)"),
    ("data_location", r"dataset_source:.*|param:data(_path)?"),
    ("user", r"info:user_id|tag:mlflow\.user"),
    ("start", r"info:start_time"),
    ("end", r"info:end_time"),
)  # fmt: skip
_FILES = (
    ("file_sha256", r"(?:model_)?file_sha256:(?P<name>.+)"), ("file_path", r"(?:model_)?file_path:(?P<name>.+)"),
    ("weights_file", r"weights_file:(?P<name>.+)"),
)  # fmt: skip
#: Entries that a reader has already brought into one shape for all other trackers: `field:name`.
_COMMON = tuple((name, rf"{name}(:(?P<name>.+))?") for name in (
    "commit", "branch", "remote", "dirty_state", "diff", "untracked_files", "entry_point", "entry_point_sha256", "argv",
    "parameters", "defaults", "metrics", "python", "platform", "cpu", "cpu_count", "gpu", "memory", "memory_usage",
    "threads", "variables", "packages", "dataset_digest", "data_location", "data_sha256", "seeds", "user", "start",
    "end",
))  # fmt: skip


def claims(system: str, evidence: Evidence, tracking: str, explicit: Iterable[str]) -> list[Claim]:
    """All claims in `evidence`; `explicit` names what the program handed over by calls of its own."""
    patterns = [
        (field, re.compile(pattern)) for field, pattern in (*(_MLFLOW if system == MLFLOW else _COMMON), *_FILES)
    ]
    named = set(explicit)
    made = []
    for place, key, value in evidence:
        for field, pattern in patterns:
            match = pattern.fullmatch(key)
            if match is None:
                continue
            name = match.groupdict().get("name") or ""
            made.append(Claim(field, value, place, _by_whom(place, key, name, tracking, named), name))
    return made


def _by_whom(place: str, key: str, name: str, tracking: str, explicit: set[str]) -> str:
    """Who put an entry there: the tracker by itself, its autologging, a call in the program, or our plugin."""
    if ":traceability." in key:
        return "plugin"
    if key.startswith("model_tag:mlflow.git") or name.startswith("system/"):
        return "explicit"  # one call switches them on
    if name in explicit or (place == "artifact" and name.rpartition("/")[2] in explicit):
        return "explicit"
    if place == "model":
        return "explicit" if "model" in explicit else "autolog"
    if place == "dataset" or key.startswith(("param:", "metric:")):
        return "autolog" if tracking.startswith(("autolog", "everything")) else "explicit"
    return "automatic"


def further(text: str, name: str) -> list[str]:
    """What a JSON list of repositories (the plugin's `other_repositories`) says of each: its `commit`, `branch`, ..."""
    said = plain(text)
    named = [entry.get(name) for entry in said if isinstance(entry, dict)] if isinstance(said, list) else []
    return [str(value) for value in named if value and value != "none"]


def packages(text: str) -> dict[str, str]:
    """Pins in a requirements text or a space-separated list: name to version."""
    pins = re.findall(r"(?:^|[\s'\"\[(,])([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?\s*==\s*([\w.+!-]+)", text)
    return {re.sub(r"[-_.]+", "-", name).lower(): version.rstrip(".") for name, version in pins}


def plain(value: Any) -> Any:
    """A recorded text as the value that it stands for: number, truth value, nothing, or the text itself."""
    text = str(value).strip()
    known = {"True": True, "true": True, "False": False, "false": False, "None": None, "null": None, "": ""}
    if text in known:
        return known[text]
    try:
        return json.loads(text)
    except ValueError:
        return text.strip("'\"")


def python_of(text: str) -> str:
    """Python's version in a `python_env.yaml`."""
    try:
        return str(yaml.safe_load(text).get("python") or "")
    except (yaml.YAMLError, AttributeError):
        return ""
