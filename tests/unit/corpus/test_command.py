"""`traceability scan` as a user calls it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from traceability.corpus import tables
from traceability.runtime import git

ROOT = Path(__file__).parents[3]
PROGRAM = str(Path(sys.executable).parent / "traceability")


def scan(
    *words: object, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [PROGRAM, "scan", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)


@pytest.fixture
def projects(tmp_path: Path) -> list[Path]:
    """Two projects: one logs through an alias, the other only names MLflow in a comment and cannot be parsed."""
    files = {"logs/train.py": "import mlflow as m\nm.log_metric('loss', 0.5)\n", "names/train.py": "# mlflow\nif :\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return [tmp_path / "logs", tmp_path / "names"]


def test_each_call_is_a_line_that_editors_can_follow(projects: list[Path]) -> None:
    done = scan(cwd=projects[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "train.py:2:1: log_metric  mlflow.log_metric (direct)", "1 call that logs to MLflow in 1 file: log_metric 1",
    ]  # fmt: skip


def test_folders_and_files_are_named_as_they_were_given(projects: list[Path]) -> None:
    done = scan("logs", "names", cwd=projects[0].parent)
    assert done.stdout.startswith("logs/train.py:2:1: log_metric")
    assert done.stderr.startswith("note: names/train.py: syntax: ")
    done = scan("logs/train.py", cwd=projects[0].parent)
    assert done.stdout.startswith("logs/train.py:2:1: log_metric")


def test_one_row_per_directory_in_the_order_given(projects: list[Path], tmp_path: Path) -> None:
    outputs = {name: tmp_path / name for name in ("usage.tsv", "calls.parquet", "problems.tsv")}
    done = scan(
        projects[1], projects[0], "--output", outputs["usage.tsv"], "--calls", outputs["calls.parquet"],
        "--problems", outputs["problems.tsv"], "--jobs", 2,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    usage = tables.USAGE.read(outputs["usage.tsv"])
    assert list(usage["repository"]) == [str(projects[1]), str(projects[0])]
    flags = [column.name for column in tables.FLAGS]
    used = {name for name in flags if usage.iloc[1][name]}
    assert used == {"uses_mlflow", "log_metric", "traces_direct", "traces_any"}
    assert not any(usage.iloc[0][name] for name in flags)
    (call,) = tables.CALLS.read(outputs["calls.parquet"]).to_dict("records")
    assert (call["api"], call["line"], call["column"], call["way"]) == ("mlflow.log_metric", 2, 1, "module")
    assert list(pd.read_csv(outputs["problems.tsv"], sep="\t")["kind"]) == ["syntax"]


def test_json_holds_all_that_was_found(projects: list[Path]) -> None:
    done = scan(*projects, "--format", "json")
    first, second = json.loads(done.stdout)["projects"]
    assert first["usage"]["log_metric"] == 1
    assert [(c["file"], c["line"], c["kind"]) for c in first["calls"]] == [(f"{projects[0]}/train.py", 2, "log_metric")]
    assert [problem["kind"] for problem in second["problems"]] == ["syntax"]


def test_sarif_names_rule_place_and_level(projects: list[Path], tmp_path: Path) -> None:
    done = scan(".", "../names", "--fail-on", "missing-tracking", "--output", tmp_path / "found.sarif", cwd=projects[0])
    assert done.returncode == 1
    whole = json.loads((tmp_path / "found.sarif").read_text())
    (run,) = whole["runs"]
    assert whole["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["log_metric", "missing-tracking"]
    call, missing = run["results"]
    assert (call["level"], missing["level"]) == ("note", "error")
    place = call["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "train.py"
    assert place["region"] == {"startLine": 2, "startColumn": 1}


def test_github_shows_notices_and_escapes_what_would_be_a_command(tmp_path: Path) -> None:
    (tmp_path / "a,b:c.py").write_text("import mlflow\nmlflow.log_param('a', 1)\n")
    done = scan("--format", "github", cwd=tmp_path)
    assert done.stdout.splitlines()[0] == (
        "::notice file=a%2Cb%3Ac.py,line=2,col=1,title=log_param::mlflow.log_param (direct)"
    )


def test_missing_tracking_fails_only_where_it_is_asked_for(projects: list[Path]) -> None:
    assert scan(projects[1]).returncode == 0
    done = scan(*projects, "--fail-on", "missing-tracking")
    assert done.returncode == 1
    assert f"{projects[1]}: missing-tracking" in done.stdout
    assert f"{projects[0]}: missing-tracking" not in done.stdout
    assert scan(projects[1], "--fail-on", "missing-tracking", "--exit-zero").returncode == 0


def test_what_gitignore_and_the_user_name_is_left_out(tmp_path: Path) -> None:
    text = "import mlflow\nmlflow.set_tag('a', 'b')\n"
    for name in ("a.py", "out/b.py", "out/keep.py", "deep/down/c.py", "deep/d.py", "tests/e.py", ".venv/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".gitignore").write_text("out/*\n!out/keep.py\n")
    (tmp_path / "deep" / ".gitignore").write_text("/down\n")
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "env" / "x.py").write_text(text)

    def files(*words: str) -> set[str]:
        lines = scan(*words, cwd=tmp_path).stdout.splitlines()
        return {line.partition(":")[0] for line in lines if "set_tag  " in line}

    assert files() == {"a.py", "out/keep.py", "deep/d.py", "tests/e.py"}
    assert files("--exclude", "tests", "--exclude", "*/d.py") == {"a.py", "out/keep.py"}
    assert files("--no-gitignore") == {
        "a.py", "out/b.py", "out/keep.py", "deep/down/c.py", "deep/d.py", "tests/e.py",
    }  # fmt: skip


def test_pyproject_says_what_the_command_line_does_not(projects: list[Path]) -> None:
    here = projects[0]
    (here / "pyproject.toml").write_text(
        '[tool.traceability]\nexclude = ["train.py"]\nfail-on = ["missing-tracking"]\n'
        "[tool.traceability.scan]\njobs = 1\n"
    )
    assert scan(cwd=here).returncode == 1
    assert scan("--exit-zero", cwd=here).returncode == 0
    (here / "pyproject.toml").write_text('[tool.traceability]\nexcludes = ["x"]\n')
    done = scan(cwd=here)
    assert done.returncode == 2
    assert "has no key 'excludes'; did you mean 'exclude'?" in done.stderr
    (here / "pyproject.toml").write_text("[tool.traceability]\njobs = true\n")
    assert "'jobs' must be a whole number, not True" in scan(cwd=here).stderr


def test_a_checkout_says_its_commit_and_what_is_not_as_committed(projects: list[Path]) -> None:
    commit = git.commit_all(projects[0], "x")
    assert scan(cwd=projects[0]).stdout.splitlines()[-1] == f".: commit {commit[:12]}"
    (projects[0] / "train.py").write_text("import mlflow\n")
    (projects[0] / "new.py").write_text("x = 1\n")
    assert scan(cwd=projects[0]).stdout.splitlines()[-1] == f".: commit {commit[:12]}, 2 files not as committed"
    done = scan(".", "--commit", commit, cwd=projects[0])
    assert "train.py:2:1: log_metric" in done.stdout


def test_one_bad_project_among_many_is_an_error_and_the_others_are_told(projects: list[Path], tmp_path: Path) -> None:
    git.commit_all(projects[0], "x")
    (projects[0] / ".git" / "objects" / "info").mkdir(exist_ok=True)
    (projects[0] / ".git" / "objects" / "info" / "alternates").write_text("/elsewhere\n")
    git.commit_all(projects[1], "x")
    commit = git.head(projects[1])
    done = scan(*projects, "--commit", commit, "--output", tmp_path / "o.tsv", "--problems", tmp_path / "p.tsv")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert list(tables.USAGE.read(tmp_path / "o.tsv")["status"]) == ["unavailable", "scanned"]
    assert list(pd.read_csv(tmp_path / "p.tsv", sep="\t")["kind"]) == ["unavailable", "syntax"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (lambda folder: [folder / "none"], "none: no such file or folder; give the folder of a project"),
        (lambda folder: [folder / "logs", folder / "logs"], "a folder is given twice; name each once"),
        (lambda folder: [folder / "logs", "--output", folder / "o.csv"], "o.csv: unknown ending; use .txt"),
        (lambda folder: [folder / "logs", "--calls", folder / "o.csv"], "tables are written as .tsv or .parquet"),
        (lambda folder: [folder / "logs", "--format", "xml"], "--format xml: not known; it takes text, json"),
        (lambda folder: [folder / "logs", "--format", "json", "--output", folder / "o.tsv"], "make them agree"),
        (lambda folder: [folder / "logs", "--fail-on", "x"], "--fail-on x: not known"),
    ],
)
def test_a_mistake_is_one_line(projects: list[Path], words: object, expected: str) -> None:
    done = scan(*words(projects[0].parent))  # type: ignore[operator]
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_an_unreadable_file_is_a_problem_and_the_scan_goes_on(projects: list[Path], tmp_path: Path) -> None:
    (projects[0] / "train.py").chmod(0)
    done = scan(projects[0], "--problems", tmp_path / "problems.tsv")
    assert done.returncode == 0
    assert list(pd.read_csv(tmp_path / "problems.tsv", sep="\t")["kind"]) == ["unreadable"]


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb.py").write_text("import mlflow\nmlflow.log_param('a', 1)\n")
    assert "\x1b" not in scan(cwd=tmp_path).stdout


def test_help_and_a_small_scan_need_neither_pandas_nor_pyarrow(projects: list[Path]) -> None:
    code = (
        "import sys, typer; from traceability.cli import main; sys.argv = ['traceability', 'scan', *sys.argv[1:]]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'pandas', 'pandera', 'pyarrow', 'numpy', 'mlflow'} & sys.modules.keys()\n"
        "assert not heavy, heavy\nimport resource, os; t = os.times(); print('CPU', t.user + t.system)"
    )
    for words in (["--help"], [str(projects[0])], [str(projects[0]), "--format", "tsv"]):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert float(done.stdout.rsplit("CPU ", 1)[1]) < 0.5


def test_the_hook_of_pre_commit_is_this_command(projects: list[Path]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    words = [*hook["entry"].split(), *hook["args"]]
    assert words[:2] == ["traceability", "scan"]
    assert hook["pass_filenames"] is False
    statuses = [scan(*words[2:], cwd=project).returncode for project in projects]
    assert statuses == [0, 1]


def test_the_action_runs_this_command_with_its_inputs(projects: list[Path], tmp_path: Path) -> None:
    """The step's own script is run by bash, as a runner would, with the inputs in its environment."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    step = next(step for step in action["runs"]["steps"] if step.get("name") == "Scan")
    given = {name: str(setting["default"]) for name, setting in action["inputs"].items()}
    assert set(re.findall(r"inputs\.([\w-]+)", str(action["runs"]))) == set(given)

    def run(**inputs: str) -> subprocess.CompletedProcess[str]:
        chosen = given | {name.replace("_", "-"): value for name, value in inputs.items()}
        env = {key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: chosen[found[1]], value)
               for key, value in step["env"].items()}  # fmt: skip
        env["PATH"] = f"{Path(PROGRAM).parent}{os.pathsep}{os.environ['PATH']}"
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return subprocess.run(words, capture_output=True, text=True, check=False, cwd=projects[0].parent, env=env)

    done = run(paths="logs names; touch ran")
    assert not (projects[0].parent / "ran").exists()
    done = run(paths="logs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("::notice file=logs/train.py,line=2,col=1,title=log_metric::")
    assert run(paths="names", fail_on="missing-tracking").returncode == 1
    assert run(paths="logs", format="sarif", output="o.sarif").returncode == 0
    assert (projects[0].parent / "o.sarif").is_file()


def test_two_thousand_files_take_seconds(tmp_path: Path) -> None:
    text = (
        "import mlflow\n\n\nclass Net:\n    def fit(self, x):\n        y = [a + 1 for a in x]\n        return sum(y)\n"
    )
    for number in range(2000):
        folder = tmp_path / f"d{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"m{number}.py").write_text(text + "mlflow.log_metric('a', 1)\n" * (number % 20 == 0))
    before = os.times()
    started = time.monotonic()
    assert scan("--format", "json", cwd=tmp_path).returncode == 0
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert min(spent, time.monotonic() - started) < 3
