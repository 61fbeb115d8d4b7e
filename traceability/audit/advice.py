"""The pieces of a record that a replay needs, and for each the line of code that would have recorded it.

Every line is one that this audit recognises afterwards; a test runs each line in a real run and sees its piece appear.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

ITEMS = ("code", "parameters", "environment", "data", "randomness")

STATES = ("missing", "partial", "usable", "complete")
"""How well an item is known: not at all; in part, but not enough to act on; enough to try; enough to be certain."""

LEVELS = (
    "nothing known",
    "fragments",
    "code named",
    "enough to try",
    "enough to try and to judge",
    "everything needed to replay",
)


@dataclass(frozen=True)
class Piece:
    """Something a record can lack."""

    item: str
    meaning: str
    line: str


_GIT = 'subprocess.check_output(["git", {}], text=True)'
_HEAD = _GIT.format('"rev-parse", "HEAD"') + ".strip()"
_URL = _GIT.format('"remote", "get-url", "origin"') + ".strip()"

PIECES = {
    "commit": Piece("code", "the commit", f'mlflow.set_tag("mlflow.source.git.commit", {_HEAD})'),
    "repository": Piece(
        "code", "the address of the repository", f'mlflow.set_tag("mlflow.source.git.repoURL", {_URL})'
    ),
    "entry_point": Piece(
        "code", "the script that was started", 'mlflow.set_tag("mlflow.source.name", pathlib.Path(__file__).name)'
    ),
    "notebook": Piece(
        "code", "which notebook was run",
        'mlflow.set_tag("mlflow.source.name", globals().get("__vsc_ipynb_file__") '
        'or os.environ.get("JPY_SESSION_NAME") or "train.ipynb")',
    ),
    "cells": Piece(
        "code", "the notebook itself, which the recorded commit does not hold",
        'mlflow.log_text("\\n\\n".join(In), "cells.py")',
    ),
    "clean": Piece(
        "code", "whether the working tree was the commit",
        'mlflow.set_tag("mlflow.source.git.dirty", str(bool('
        + _GIT.format('"status", "--porcelain"')
        + ".strip())).lower())",
    ),
    "changes": Piece(
        "code", "the uncommitted changes themselves",
        "mlflow.log_text(" + _GIT.format('"diff", "--binary", "HEAD"') + ', "uncommitted.diff")',
    ),
    "published_commit": Piece(
        "code", "the recorded commit, which is not in the given clone",
        'subprocess.run(["git", "push", "origin", "HEAD"], check=True)',
    ),
    "script": Piece(
        "code", "the script itself, which the recorded commit does not hold", "mlflow.log_artifact(__file__)"
    ),
    "parameters": Piece("parameters", "any parameter", "mlflow.log_params(vars(arguments))"),
    "command": Piece(
        "parameters", "the whole command line", 'mlflow.set_tag("argv", shlex.join(sys.orig_argv))'
    ),
    "executed": Piece(
        "parameters", "the cells as they were executed, with every value in them",
        'mlflow.log_text("\\n\\n".join(In), "cells.py")',
    ),
    "whole_values": Piece(
        "parameters", "the whole text of a value that MLflow cut off",
        'mlflow.log_dict(vars(arguments), "params.json")',
    ),
    "packages": Piece(
        "environment", "all installed packages with their versions",
        'mlflow.log_text("\\n".join(sorted(f"{d.name}=={d.version}" for d in importlib.metadata.distributions())), '
        '"requirements.txt")',
    ),
    "python": Piece("environment", "the version of Python", 'mlflow.set_tag("python", platform.python_version())'),
    "platform": Piece(
        "environment", "operating system and processor", 'mlflow.set_tag("platform", platform.platform())'
    ),
    "data": Piece(
        "data", "any data set",
        'mlflow.log_input(mlflow.data.from_pandas(frame, source=path), context="training")',
    ),
    "data_digest": Piece(
        "data", "a full digest of the data (MLflow's own has 32 bits and looks at the first 10,000 rows)",
        'mlflow.log_param("data_sha256", hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest())',
    ),
    "data_place": Piece("data", "where the data are", 'mlflow.log_param("data_path", path)'),
    "seed": Piece("randomness", "the seed", 'mlflow.log_param("seed", seed)'),
    "flags": Piece(
        "randomness", "determinism flags and hash seed",
        'mlflow.set_tags({"deterministic_ops": deterministic_ops, '
        '"PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "random")})',
    ),
}  # fmt: skip
"""Missing pieces by code. Lines use the names that are usual in a script: arguments, frame, path, seed.

`notebook`, `cells` and `executed` are for notebooks, where there is no `__file__` and no command line; `In` holds the
cells that IPython has executed.
"""

_NEEDED = {3: ("code", "parameters", "environment"), 4: ITEMS}


def level(states: dict[str, str]) -> int:
    """Index in `LEVELS` of a record whose items are in these states."""
    rank = {item: STATES.index(states[item]) for item in ITEMS}
    if not any(rank.values()):
        return 0
    if all(value == 3 for value in rank.values()):
        return 5
    reached = 2 if rank["code"] >= 2 else 1
    for step, items in _NEEDED.items():
        if reached == step - 1 and all(rank[item] >= 2 for item in items):
            reached = step
    return reached


#: What stands in the way of an item being usable; the rest of its pieces stands in the way of its being complete.
_BLOCKS = {
    "code": frozenset({"commit", "entry_point", "notebook", "changes", "published_commit", "script", "cells"}),
    "parameters": frozenset({"parameters"}),
    "environment": frozenset({"packages"}),
    "randomness": frozenset({"seed"}),
}
CONTEXT = "TRACEABILITY_CONTEXT=1"
"""The variable that switches on the plugin, which records much without any line (docs/plugin.md)."""

#: What the plugin records of a script that lies in a repository. Seeds it records only where the script sets them.
_BY_CONTEXT = frozenset(
    {"commit", "repository", "entry_point", "clean", "command", "packages", "python", "platform", "flags"}
)


@dataclass(frozen=True)
class Action:
    """One thing that can be done before the next run: a line in the script, or a variable in its environment."""

    what: str
    line: str
    records: frozenset[str]

    def level_after(self, entries: Sequence[tuple[int, Sequence[str]]]) -> int:
        """The level of a run with these states and missing pieces per item, had this been done."""
        states = {}
        for name, (state, missing) in zip(ITEMS, entries, strict=True):
            left = set(missing) - self.records
            if not left:
                states[name] = "complete"
            elif not self.records & set(missing):
                states[name] = STATES[state]
            elif name == "data":  # a digest will do, and so will a data set
                states[name] = "usable" if {"data", "data_digest"} & self.records else STATES[max(state, 1)]
            else:
                states[name] = STATES[max(state, 1 if left & _BLOCKS[name] else 2)]
        return level(states)


@functools.cache
def actions() -> tuple[Action, ...]:
    """The variable of the plugin, and each line by itself."""
    lines = [Action(piece.meaning, piece.line, frozenset({code})) for code, piece in PIECES.items()]
    return (Action("code, command, environment and flags, without a line of code", CONTEXT, _BY_CONTEXT), *lines)
