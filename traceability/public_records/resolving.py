"""Would a recorded requirement list still install? Asked of the package index with uv, wheels only; nothing is built.

`uv pip compile` resolves the list for the recorded version of Python on Linux, today or with the packages that had been
published by a day. It downloads descriptions of wheels, never runs a set-up script, and installs nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from traceability.errors import StudyError
from traceability.runtime import bounded, virtualenvs

#: Versions of Python for which uv resolves; older ones count as the oldest.
_OLDEST = (3, 7)
_DEFAULT = "3.10"
_REASONS = (
    ("no such version", re.compile(r"there is no version of|no versions? of|was not found in the package registry|"
                                   r"not found in the|all versions of .* were published after", re.IGNORECASE)),
    ("no wheel", re.compile(r"no wheels?|no usable wheels|building from source is disabled|no-build|"
                            r"no matching (?:python|platform)", re.IGNORECASE)),
    ("conflict", re.compile(r"unsatisfiable|conflict|depends on|requires-python|does not satisfy", re.IGNORECASE)),
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """Whether a list resolves (None: no answer in time), and why not."""

    resolves: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Question:
    """A requirement list, the Python it is for (empty: not recorded), and the last day that counts (empty: today)."""

    lines: tuple[str, ...]
    python: str = ""
    until: str = ""


def ask(question: Question, seconds: float) -> Answer:
    """Resolve one list. Raises `StudyError` where the index cannot be reached or uv is not there."""
    if not all(map(_of_index, question.lines)):
        return Answer(False, "no package of the index")
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        raise StudyError("uv is not on PATH; install it (it resolves requirement lists) and try again")
    with tempfile.TemporaryDirectory(prefix="resolve-") as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("\n".join(question.lines) + "\n", encoding="utf-8")
        words = [
            uv, "--no-config", "pip", "compile", "--quiet", "--no-header", "--only-binary", ":all:",
            "--no-python-downloads", "--python-version", python_of(question.python), "--python-platform", "linux",
            *(["--exclude-newer", question.until] if question.until else []), "-o", str(Path(folder) / "out.txt"),
            str(listed),
        ]  # fmt: skip
        done = bounded.run(words, cwd=Path(folder), environment=os.environ, timeout=seconds)
    if done.status is None:
        return Answer(None, "time")
    if done.status == 0:
        return Answer(True)
    said = " ".join(done.output.split())
    if any(word in said for word in virtualenvs.UNREACHABLE):
        raise StudyError(f"the package index cannot be reached (uv: {said[-120:]}); ask again where it can")
    if done.status < 0 or any(word in said for word in virtualenvs.PASSING):
        return Answer(None, "time")
    return Answer(False, next((name for name, words in _REASONS if words.search(said)), "other"))


def ask_all(questions: list[Question], seconds: float, at_a_time: int) -> list[Answer]:
    """Answers in the order of the questions; `at_a_time` of them are asked side by side."""
    with ThreadPoolExecutor(at_a_time) as pool:
        return list(pool.map(lambda question: ask(question, seconds), questions))


def python_of(recorded: str) -> str:
    """The version of Python to resolve for: the recorded one, within what uv knows; 3.10 where none is recorded."""
    parts = tuple(int(part) for part in recorded.split(".")[:2]) if re.fullmatch(r"\d+\.\d+", recorded) else ()
    return ".".join(map(str, max(parts, _OLDEST))) if parts else _DEFAULT


def _of_index(line: str) -> bool:
    """Whether a line names a package of the index; options, paths and addresses could name any code."""
    try:
        return Requirement(line).url is None and line.isprintable()
    except InvalidRequirement:
        return False
