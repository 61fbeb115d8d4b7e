"""The command line as a whole: quick help, one line for what a user can mend, no error that looks like a finding."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from traceability import cli

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("mlflow", "numpy", "pandas", "pandera", "psutil", "pydantic", "pyarrow", "sqlalchemy", "tree_sitter")
#: Requirements whose module has another name.
MODULES = {"psycopg2-binary": "psycopg2"}


def call(*words, program=("-m", "traceability"), **environment):
    """Run the command line in a process of its own."""
    return subprocess.run([sys.executable, *program, *words], cwd=ROOT, capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", **environment})  # fmt: skip


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["--version"], *([name, "-h"] for name in cli.COMMANDS)])
def test_help_is_there_for_every_command(words):
    done = call(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_list_of_commands_imports_nothing_that_takes_time():
    look = (
        "import sys\nfrom traceability import cli\ntry: cli.main()\nexcept SystemExit: pass\nprint(sorted(sys.modules))"
    )
    done = call("--help", program=("-c", look))
    loaded = set(re.findall(r"'([\w.]+)'", done.stdout.splitlines()[-1]))
    assert all(name in done.stdout for name in cli.COMMANDS)
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_shell_completes_commands_and_their_options():
    said = {"_TRACEABILITY_COMPLETE": "complete_bash", "COMP_CWORD": "1", "COMP_WORDS": "traceability au"}
    assert call(**said).stdout.split() == ["audit"]
    said |= {"COMP_CWORD": "2", "COMP_WORDS": "traceability drift --track"}
    assert "--tracking-uri" in call(**said).stdout.split()


def test_an_error_of_ours_is_never_the_answer_that_two_runs_differ():
    """`drift` says with 1 that something differs; an error that nobody foresaw ends a Python program with 1, too."""
    broken = (
        "import sys, types\nfrom traceability import cli\n"
        "module = types.ModuleType('broken')\n"
        "def drift(): raise RuntimeError('unforeseen')\n"
        "module.drift = drift\nsys.modules['traceability.broken.command'] = module\n"
        "cli.COMMANDS['drift'] = cli.Command('broken', 'audit', '')\ncli.main()"
    )
    done = call("drift", program=("-c", broken))
    assert done.returncode == cli.FAILED
    assert "RuntimeError: unforeseen" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: this is a defect of traceability")


def test_ctrl_c_is_not_an_answer_either():
    stopped = (
        "import sys, types\nfrom traceability import cli\n"
        "module = types.ModuleType('stopped')\n"
        "def drift(): raise KeyboardInterrupt\n"
        "module.drift = drift\nsys.modules['traceability.stopped.command'] = module\n"
        "cli.COMMANDS['drift'] = cli.Command('stopped', 'audit', '')\ncli.main()"
    )
    done = call("drift", program=("-c", stopped))
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize(("error", "command", "extra"), [
    (ModuleNotFoundError("No module named 'tree_sitter'", name="tree_sitter"), "scan", "scan"),
    (ModuleNotFoundError("No module named 'psycopg2'", name="psycopg2"), "drift", "audit"),
    (ModuleNotFoundError("No module named 'pandas.core'", name="pandas.core"), "scan", "scan"),
    (ModuleNotFoundError("No module named 'numpy'", name="numpy"), "replay", "replay"),
    (ImportError("Missing optional dependency 'pyarrow'. Use pip or conda to install pyarrow."), "scan", "parquet"),
])  # fmt: skip
def test_a_missing_package_is_one_line_that_names_the_extra(error, command, extra):
    found = cli.missing_extra(error, command)
    assert found is not None
    assert found.extra == extra
    assert str(found).endswith(f"pip install 'traceability[{extra}]' brings it")
    assert "\n" not in str(found)


@pytest.mark.parametrize("error", [
    ModuleNotFoundError("No module named 'traceability.nowhere'", name="traceability.nowhere"),
    ImportError("cannot import name 'x' from 'pandas'", name="pandas"),
    ImportError("libcudart.so.12: cannot open shared object file"),
])  # fmt: skip
def test_what_no_extra_mends_is_a_defect(error):
    assert cli.missing_extra(error, "audit") is None


def test_every_package_of_an_extra_is_known_by_its_module():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in ("audit", "scan", "replay", "parquet"):
        for requirement in extras[extra]:
            name = re.split(r"[\[<>=!~ ]", requirement)[0]
            module = MODULES.get(name, name.replace("-", "_"))
            command = next((name for name, about in cli.COMMANDS.items() if about.extra == extra), "scan")
            if name != "traceability":
                assert cli.missing_extra(ModuleNotFoundError(name=module), command) is not None, name


def test_the_base_asks_for_nothing_that_could_move_a_package_of_mlflow():
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {re.split(r"[<>=]", name)[0] for name in about["dependencies"]} == {"pyyaml", "rich", "typer"}
