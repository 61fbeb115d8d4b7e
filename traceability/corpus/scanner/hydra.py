"""Hydra's defaults lists: which option of which group a configuration chooses, and which of them log to MLflow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ENTRY = re.compile(r"^(\s*)-\s*(.*?)\s*$")
_PAIR = re.compile(r"^[\"']?(?:optional\s+|override\s+)*/?([\w./-]+?)(?:@[\w.:-]*)?[\"']?\s*:\s*(.*)$")
_ENDING = re.compile(r"\.ya?ml$", re.IGNORECASE)


@dataclass(frozen=True)
class Choice:
    """One entry of a defaults list: the group (empty: a file beside this one), the option, and the line."""

    group: str
    option: str
    line: int


@dataclass
class Groups:
    """The configuration files of a project by their paths, and what they choose."""

    choices: dict[str, list[Choice]] = field(default_factory=dict)
    loggers: dict[str, int] = field(default_factory=dict)  # files that configure MLflow's logger, with the line

    def read(self, path: str, text: str) -> None:
        """Take note of the defaults list of a file."""
        found = defaults(text)
        if found:
            self.choices[path] = found

    def chosen(self) -> list[tuple[str, int]]:
        """Files and lines whose defaults choose an option that leads to MLflow's logger."""
        leading = {_ENDING.sub("", path) for path in self.loggers}
        inside: set[str] = set()  # options that only hand on to another of their group
        for _ in range(4):
            for path, choices in self.choices.items():
                stem = _ENDING.sub("", path)
                if stem not in leading and any(_leads(path, c, leading) and _same_group(path, c) for c in choices):
                    leading.add(stem)
                    inside.add(path)
        return sorted(
            (path, choice.line)
            for path, choices in self.choices.items() if path not in inside
            for choice in choices if _leads(path, choice, leading)
        )  # fmt: skip


def _leads(path: str, choice: Choice, leading: set[str]) -> bool:
    if choice.group:
        wanted = f"{choice.group}/{choice.option}"
        if any(stem == wanted or stem.endswith(f"/{wanted}") for stem in leading):
            return True
        return bool(leading) and choice.option == "mlflow" and choice.group.rpartition("/")[2] in ("logger", "loggers")
    folder = path.rpartition("/")[0]
    beside = f"{folder}/{choice.option}".lstrip("/")
    if beside in leading:
        return True
    return "/" in choice.option and any(stem == choice.option or stem.endswith(f"/{choice.option}") for stem in leading)


def _same_group(path: str, choice: Choice) -> bool:
    """Whether an entry of an option of a group names another option of this group."""
    group = path.rpartition("/")[0].rpartition("/")[2]
    if choice.group:
        return choice.group.rpartition("/")[2] == group
    return "/" not in choice.option and group not in ("", "conf", "config", "configs")


def defaults(text: str) -> list[Choice]:
    """The entries of a defaults list (comments must be gone), wherever it stands in the file."""
    lines = text.split("\n")
    found: list[Choice] = []
    start = next((number for number, line in enumerate(lines) if line.rstrip() in ("defaults:", '"defaults":')), None)
    if start is None:
        return found
    group, depth = "", -1
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line.strip():
            continue
        entry = _ENTRY.match(line)
        if entry is None:
            if not line[0].isspace():
                break
            pair = _PAIR.match(line.strip())
            if pair is not None:  # `- override /logger:` may go on in the next line
                found += _options(pair[1], pair[2], number)
            continue
        indent, rest = len(entry[1]), entry[2]
        if group and indent > depth:
            found += _options(group, rest, number)
            continue
        group = ""
        pair = _PAIR.match(rest)
        if pair is None:
            found += _options("", rest, number)
        elif pair[2]:
            found += _options(pair[1], pair[2], number)
        else:
            group, depth = pair[1], indent
    return found


def _options(group: str, written: str, line: int) -> list[Choice]:
    names = written.strip("[] ").split(",")
    plain = [_ENDING.sub("", name.strip().strip("\"'").lstrip("/")) for name in names]
    return [Choice(group.strip("/"), name, line) for name in plain if name and name != "_self_"]
