"""Every launch mode is what its name says, before anything is started: looked at with git."""

import sys
from pathlib import Path

import pytest
from launch_cases import MODES

from traceability.capture import launching, truth
from traceability.errors import StudyError
from traceability.runtime import git

NAMES = [mode["launch_mode"] for mode in MODES]
#: Modes whose code differs from the commit that is checked out.
CHANGED = {mode["launch_mode"] for mode in MODES if mode["group"] == "changed"}


@pytest.fixture
def prepared(subject, tmp_path):
    def prepare(mode):
        return launching.prepare(mode, subject, tmp_path / "case", Path(sys.executable))

    return prepare


def test_the_table_and_the_functions_are_the_same_modes():
    assert set(NAMES) == set(launching.MODES)
    assert len(NAMES) >= 20


@pytest.mark.parametrize("mode", NAMES)
def test_a_mode_is_prepared_as_its_row_says(mode, prepared, tmp_path):
    launch = prepared(mode)
    facts = truth.before(launch)
    assert launch.cwd.is_dir()
    assert (launch.entry is None) == (mode in ("dash_c", "standard_input"))
    if launch.entry is not None:
        assert launch.entry.is_file()
    if mode == "container":
        assert launch.repository is None and launch.without_git
        assert facts["dirty"] is None and not facts["commit"]
        assert not list((tmp_path / "case" / "app").rglob(".git"))
        return
    assert launch.repository.is_relative_to(tmp_path / "case")
    if mode == "no_commits":
        assert (facts["commit"], facts["branch"]) == ("", "main")
        return
    assert facts["commit"] == git.run("rev-parse", "HEAD", cwd=launch.repository).strip()
    status = git.run("status", "--porcelain", cwd=launch.repository)
    assert facts["dirty"] == bool(status.strip())
    assert facts["dirty"] == (mode in CHANGED), status
    assert bool(facts["diff"]) == (mode in {"modified_script", "staged_script", "modified_import", "mlflow_run_dirty"})
    assert (facts["branch"] == "") == (mode == "detached_head")
    assert facts["remote"].endswith(".git") == (mode != "no_commits")
    entry_in_repository = launch.entry is not None and launch.entry.is_relative_to(launch.repository)
    assert entry_in_repository == (
        mode not in {"dash_c", "standard_input", "other_repository", "script_outside", "symlink_outside",
                     "console_script", "installed_package", "zipped"}
    )  # fmt: skip


#: Modes in which the user's words are not `python SCRIPT.py`: a module, text, a notebook, another program.
NO_SCRIPT = {"module", "profiler", "snakemake", "uv_run", "mlflow_run", "mlflow_run_dirty", "dash_c", "standard_input",
             "console_script", "installed_package", "zipped", "notebook", "pytest"}  # fmt: skip


@pytest.mark.parametrize("mode", NAMES)
def test_guild_is_asked_for_the_script_where_it_lies_or_says_why_not(mode, prepared):
    launch, python = prepared(mode), Path(sys.executable)
    if mode in NO_SCRIPT:
        with pytest.raises(StudyError, match="starts Python scripts by itself, and this launch mode starts none"):
            launching.by_guild(launch, python)
        return
    program, verb, script, *flags = launching.by_guild(launch, python)
    assert (program, verb, flags) == (str(python.parent / "guild"), "run", ["seed=7", "test-size=0.25", "--yes"])
    # Guild looks for it below the folder in which it is started; a script of that name in the root is another one.
    assert (launch.cwd / script).samefile(launch.entry)
    assert (script == "jobs/train_job.py") == (mode == "subdirectory")


def test_the_untracked_and_ignored_scripts_are_that(prepared, subject, tmp_path):
    launch = prepared("untracked_script")
    assert truth.before(launch)["untracked"] == ["train_new.py"]
    other = launching.prepare("git_ignored", subject, tmp_path / "other", Path(sys.executable))
    assert git.run("check-ignore", str(other.entry), cwd=other.repository).strip() == str(other.entry)
    assert truth.before(other)["untracked"] == []


def test_a_launch_without_git_finds_none(prepared):
    launch = prepared("without_git")
    path = launching.search_path(launch, Path(sys.executable))
    assert not any((Path(folder) / "git").exists() for folder in path.split(":"))


def test_content_decides_whether_a_checkout_gives_a_file(subject, tmp_path):
    clone = tmp_path / "clone"
    git.run("clone", "--quiet", subject.origin, str(clone))
    commit = git.head(clone)
    script = clone / "train.py"
    wanted = {str(script): truth.blob_id(script)}
    assert truth.code_of(commit, [clone], wanted) == [str(script)]
    script.write_text(script.read_text() + "# changed\n")
    assert truth.code_of(commit, [clone], {str(script): truth.blob_id(script)}) == []
    assert truth.code_of("0" * 40, [clone], wanted) is None, "a commit that no repository has"
    assert truth.blob_id(script) == git.run("hash-object", "--no-filters", str(script), cwd=clone).strip()


def test_notes_that_the_process_did_not_leave_are_an_error(tmp_path):
    with pytest.raises(StudyError, match=r"summary\.json"):
        truth.after(tmp_path, {}, tmp_path)
