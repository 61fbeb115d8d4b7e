"""What of a folder is left out: `.gitignore` files, patterns that a user gives, and virtual environments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from traceability.corpus.scanner import file_roles


@dataclass(frozen=True)
class _Rule:
    """Patterns that stand in a row and say the same: left out, or (`!`) not left out after all."""

    pattern: re.Pattern[str]
    leaves_out: bool
    folders_only: bool


@dataclass
class Selection:
    """Says of each path below a folder whether it is left out.

    Patterns are those of gitignore(5): the last one that matches decides, and one in a folder counts below it.
    """

    gitignore: bool = True
    rules: list[_Rule] = field(default_factory=list)

    def add(self, folder: str, text: str) -> None:
        """The patterns of a `.gitignore` in `folder` (empty: the root)."""
        if self.gitignore:
            self.rules += _rules(folder, text)

    def exclude(self, patterns: list[str]) -> None:
        """Patterns that a user gives."""
        self.rules += _rules("", "\n".join(patterns))

    def is_environment(self, folder: str, names: dict[str, bool]) -> bool:
        """Whether a folder holds a virtual environment, or something else that is nobody's own code."""
        return "pyvenv.cfg" in names or file_roles.is_strange_folder(folder.rpartition("/")[2])

    def leaves_out(self, path: str, is_folder: bool) -> bool:
        """Whether a file or folder is left out."""
        for rule in reversed(self.rules):
            if (is_folder or not rule.folders_only) and rule.pattern.fullmatch(path):
                return rule.leaves_out
        return False


def _rules(folder: str, text: str) -> list[_Rule]:
    made: list[_Rule] = []
    patterns: list[str] = []
    last: tuple[bool, bool] | None = None
    for line in [*text.splitlines(), "!"]:
        written = line if line.endswith("\\ ") else line.rstrip()
        if not written or written.startswith("#"):
            continue
        leaves_out = not written.startswith("!")
        written = written.removeprefix("!").removeprefix("\\")
        folders_only = written.endswith("/")
        sort = (leaves_out, folders_only)
        if patterns and (sort != last or line == "!"):
            made.append(_Rule(re.compile("|".join(patterns)), *(last or sort)))
            patterns = []
        if not written.strip("/"):
            continue
        last = sort
        patterns.append(_translated(folder, written.rstrip("/")))
    return made


def _translated(folder: str, written: str) -> str:
    base = re.escape(folder + "/") if folder else ""
    anchored = "/" in written
    made = base if anchored else base + "(?:.*/)?"
    written = written.lstrip("/")
    place = 0
    while place < len(written):
        rest = written[place:]
        if rest.startswith("**/"):
            made, place = made + "(?:.*/)?", place + 3
        elif rest == "**" and made.endswith("/"):
            made, place = made + ".*", place + 2
        elif rest[0] == "*":
            made, place = made + "[^/]*", place + 1
            while written[place : place + 1] == "*":
                place += 1
        elif rest[0] == "?":
            made, place = made + "[^/]", place + 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2)
            inner = re.sub(r"[\[\\&~|]|-(?=-)", r"\\\g<0>", rest[1:end])
            made, place = made + f"[{'^' + inner[1:] if inner[0] in '!^' else inner}]", place + end + 1
        else:
            if rest[0] == "\\" and len(rest) > 1:
                place += 1
            made, place = made + re.escape(written[place]), place + 1
    try:
        re.compile(made)
    except re.error:  # `[z-a]`
        return "(?!)"
    return made
