"""The command of a record starts a Python file of its commit, in the right folder, and never anything else."""

import json
from itertools import pairwise

import pytest

from traceability.replay import rebuild
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record

EVIL = "-cimport os; os.system('touch ran')"


@pytest.fixture
def tree(tmp_path):
    """A restored commit: a script at the top, one in a package, one of the same name twice, a project in a folder."""
    for name, text in {
        "train.py": "import argparse\nargparse.ArgumentParser().add_argument('--rate')\n",
        "src/only.py": "import argparse\n", "src/pack/__init__.py": "", "src/pack/part.py": "from .core import x\n",
        "src/pack/core.py": "x = 1\n", "one/same.py": "", "two/same.py": "", "-strange.py": "",
        "step/run.py": "", "step/MLproject": "name: step\nentry_points:\n  main:\n    command: python run.py\n",
    }.items():  # fmt: skip
        path = tmp_path / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "code" / "out.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "secret.py").write_text("")
    return tmp_path / "code"


def project(tree, command, parameters="{}", directory="."):
    text = f"entry_points:\n  main:\n    parameters: {parameters}\n    command: {json.dumps(command)}\n"
    (tree / directory / "MLproject").write_text(text)


def stopped(record, tree):
    with pytest.raises(Stopped) as reason:
        rebuild.rebuild(record, tree)
    return reason.value.code


@pytest.mark.parametrize(
    ("source", "words", "directory"),
    [
        ("train.py", ("train.py",), ""),
        ("only.py", ("only.py",), "src"),
        ("src/only.py", ("src/only.py",), ""),
        ("C:\\work\\project\\src\\only.py", ("src/only.py",), ""),
        ("/home/somebody/clone/src/pack/part.py", ("-m", "pack.part"), "src"),
        ("-strange.py", ("./-strange.py",), ""),
    ],
)
def test_where_a_recorded_script_is_started(tree, source, words, directory):
    command = rebuild.rebuild(Record("r", "mlflow", source=source), tree)
    assert (command.words, command.directory) == (words, directory)


@pytest.mark.parametrize(
    ("directory", "argv", "words"),
    [
        ("src", "/usr/bin/python3 only.py --k 'a b' -- -x", ("only.py", "--k", "a b", "--", "-x")),
        ("src", "/env/bin/python -u -X dev -m pack.part --k 1", ("-m", "pack.part", "--k", "1")),
        ("src", "/env/bin/python only.py --password ***", ("only.py",)),
        ("../..", "/env/bin/python only.py", ("src/only.py",)),
    ],
)
def test_the_plugin_says_folder_and_command_line(tree, directory, argv, words):
    source = "src/pack/part.py" if "pack" in argv else "src/only.py"
    record = Record("r", "plugin", source=source, directory=directory, argv=argv)
    command = rebuild.rebuild(record, tree)
    assert command.words == words
    assert ".." not in command.directory


def test_a_module_that_is_not_of_the_commit_does_not_run(tree):
    record = Record("r", "plugin", source="src/only.py", directory="src", argv="python -m http.server 80")
    assert rebuild.rebuild(record, tree).words[0] == "only.py"


@pytest.mark.parametrize("source", ["same.py", "none.py", "../secret.py", "out.py", "/etc/passwd", "a\0b.py"])
def test_a_script_that_is_not_clearly_one_of_the_commit_stops(tree, source):
    assert stopped(Record("r", "mlflow", source=source), tree) == "entry_point_missing"


@pytest.mark.parametrize("address", ["file:///home/x/clone#step", "https://host.example/r.git#step", "/x/clone/step"])
def test_a_project_below_its_repository(tree, address):
    project(tree, "python train.py")
    command = rebuild.rebuild(Record("r", "mlflow", project=address, entry_point="main"), tree)
    assert (command.words, command.directory) == (("run.py",), "step")


def test_a_project_folder_outside_the_commit_stops(tree):
    record = Record("r", "mlflow", project="https://host.example/r.git#../..", entry_point="main")
    assert stopped(record, tree) == "entry_point_missing"


@pytest.mark.parametrize(
    "command",
    [
        "python {script}", "python -c {script}", "python -m {script}", "python -m http.server", "python -c pass",
        "python -W error train.py", "python /etc/passwd.py", "python ../secret.py", "python out.py", "python $SCRIPT",
        "python `cat x`", "python train.py && rm x", "sh train.sh", "env python train.py", "./train.py", "python",
        "python train.py {script.__class__}", "python 'train.py",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [EVIL, "secret.py", "train.py"])
def test_a_project_command_starts_a_literal_file_of_the_commit_or_nothing(tree, command, value):
    project(tree, command, "{script: {default: train.py}}")
    record = Record("r", "mlflow", params={"script": value}, entry_point="main", source="train.py")
    assert stopped(record, tree) == "command_unreadable"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python train.py --rate {rate}", ("train.py", f"--rate={EVIL}")),
        ("python -u train.py --rate={rate}", ("-u", "train.py", f"--rate={EVIL}")),
        ("python3 train.py -r {rate}", ("train.py", f"-r{EVIL}")),
        ("python train.py --json '{{{rate}}}'", ("train.py", "--json", f"{{{EVIL}}}")),
        ("python -m src.pack.part --rate {rate}", ("-m", "src.pack.part", f"--rate={EVIL}")),
    ],
)
def test_a_recorded_value_stays_the_value_of_its_option(tree, command, words):
    project(tree, command, "{rate: string}")
    record = Record("r", "mlflow", params={"rate": EVIL}, entry_point="main")
    assert rebuild.rebuild(record, tree).words == words


def test_a_recorded_value_that_would_be_an_option_stops(tree):
    project(tree, "python train.py {rate}", "{rate: string}")
    assert stopped(Record("r", "mlflow", params={"rate": "--evil"}, entry_point="main"), tree) == "command_unreadable"


BOMB = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [{('*' + old + ', ') * 9}]\n" for old, new in pairwise("abcdefghijk"))


@pytest.mark.parametrize("text", [
    "[", "- a\n", "entry_points: [1]\n", "entry_points: {main: {command: [x]}}\n", BOMB, "a: " + "[" * 50_000,
])  # fmt: skip
def test_a_project_file_that_is_none(tree, text):
    (tree / "MLproject").write_text(text)
    assert stopped(Record("r", "mlflow", entry_point="main"), tree) in ("command_unreadable", "no_entry_point")


def test_a_project_file_that_leads_out_of_the_commit_is_not_read(tree, tmp_path):
    (tmp_path / "secret.py").write_text("entry_points: {main: {command: python train.py}}\n")
    (tree / "MLproject").symlink_to(tmp_path / "secret.py")
    assert stopped(Record("r", "mlflow", entry_point="main"), tree) == "command_unreadable"
