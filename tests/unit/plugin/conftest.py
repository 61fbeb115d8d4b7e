"""Small projects, and programs of them that print what the plugin says of the process they run in."""

import json
import os
import sys
from pathlib import Path

import pytest
from plugin_programs import call, commit

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path):
    """A HOME of its own, whose git knows its user and nothing else."""
    folder = tmp_path / "home"
    folder.mkdir()
    text = (
        '[user]\nname = me\nemail = me@example.org\n[init]\ndefaultBranch = main\n[protocol "file"]\nallow = always\n'
    )
    (folder / ".gitconfig").write_text(text)
    return folder


@pytest.fixture
def environment(home):
    """Variables of a user's shell: no GIT_*, no bytecode, HOME with a git configuration."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "TRACEABILITY"))
    }
    return kept | {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(home),
                   "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip


@pytest.fixture
def project(tmp_path, environment):
    """Make a committed project from names and texts of files; its folder."""

    def make(name="project", **files):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            path = folder / file.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        call(folder, environment, "git", "init", "-q")
        commit(folder, environment)
        return folder

    return make


@pytest.fixture
def looks(environment):
    """Run a Python program; the tags that it printed, look by look. `git status` must be silent where `silent`."""

    def run(cwd, *words, silent=False, python=(sys.executable,), **variables):
        if silent:
            assert call(cwd, environment, "git", "status", "--porcelain", "--untracked-files=no") == ""
        printed = call(cwd, environment | variables, *python, *words)
        return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    return run
