"""Whoever checks out the recorded commit gets what ran, or is told that he does not."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from plugin_programs import LOOK, call, commit

SCRIPT = f"{LOOK}import helper\nlook()\n"
HELPER = "def value():\n    return 1.0\n"


def tracked(environment, folder):
    return call(folder, environment, "git", "status", "--porcelain", "--untracked-files=no")


# --- clean trees are clean ----------------------------------------------------------------------------------------


def test_a_clean_project_is_clean_and_named(project, looks, environment):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    call(folder, environment, "git", "remote", "add", "upstream", "https://me:hidden@example.org/x.git")
    (tags,) = looks(folder, "train.py")
    assert (tags["dirty"], tags["changed_files"], tags["untracked_files"]) == ("false", "0", "0")
    assert (tags["entry_point"], tags["entry_point_state"]) == ("train.py", "committed")
    assert tags["commit"] == commit_of(folder)
    assert tags["branch"] == "main"
    assert tags["repository"] == "https://example.org/x.git", "the only remote, whatever it is called"
    assert tags["directory"] == "."
    assert not any(name.startswith("failed") for name in tags)


def commit_of(folder):
    return call(folder, dict(os.environ), "git", "rev-parse", "HEAD").strip()


def modes_off(folder, environment, tmp_path):
    """As git sets itself up on file systems without permissions."""
    call(folder, environment, "git", "config", "core.fileMode", "false")
    for name in ("train.py", "helper.py"):
        (folder / name).chmod(0o755)


def line_ends(folder, environment, tmp_path):
    """As git for Windows sets itself up; files were touched since, so that git must look at their content."""
    call(folder, environment, "git", "config", "core.autocrlf", "true")
    checked_out_again(folder, environment)


def line_ends_of_the_user(folder, environment, tmp_path):
    call(folder, environment, "git", "config", "--global", "core.autocrlf", "true")
    checked_out_again(folder, environment)


def checked_out_again(folder, environment):
    for name in ("train.py", "helper.py"):
        (folder / name).unlink()
    call(folder, environment, "git", "checkout", "-q", "--", ".")
    assert (folder / "helper.py").read_bytes().endswith(b"\r\n")
    touched(folder, environment, None)


def filtered(folder, environment, tmp_path):
    """A large file kept elsewhere, by a filter in the user's configuration; the work tree was copied."""
    store = tmp_path / "objects"
    store.mkdir()
    program = tmp_path / "pointer"
    program.write_text(
        f"#!{sys.executable}\nimport hashlib, pathlib, sys\n"
        f"data, store = sys.stdin.buffer.read(), pathlib.Path({str(store)!r})\n"
        "if sys.argv[1] == 'clean':\n"
        "    name = hashlib.sha256(data).hexdigest(); (store / name).write_bytes(data); print('id', name)\n"
        "else:\n    sys.stdout.buffer.write((store / data.decode().split()[1]).read_bytes())\n"
    )
    program.chmod(0o755)
    with (Path(environment["HOME"]) / ".gitconfig").open("a") as stream:
        stream.write(f'[filter "large"]\nclean = {program} clean\nsmudge = {program} smudge\nrequired = true\n')
    (folder / ".gitattributes").write_text("*.bin filter=large -text\n")
    (folder / "model.bin").write_bytes(bytes(range(256)) * 8)
    commit(folder, environment, "two")
    os.utime(folder / "model.bin", (1, 1))


def ignored_by_the_user(folder, environment, tmp_path):
    (tmp_path / "ignored").write_text(".envs/\n")
    call(folder, environment, "git", "config", "--global", "core.excludesFile", str(tmp_path / "ignored"))
    (folder / ".envs").mkdir()
    (folder / ".envs" / "a").write_text("")


def touched(folder, environment, tmp_path):
    for name in ("train.py", "helper.py"):
        os.utime(folder / name, (1, 1))


SETTINGS = [modes_off, line_ends, line_ends_of_the_user, filtered, ignored_by_the_user, touched]


@pytest.mark.parametrize("plant", SETTINGS)
def test_what_its_own_user_calls_clean_is_clean(plant, project, looks, environment, tmp_path):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    plant(folder, environment, tmp_path)
    (tags,) = looks(folder, "train.py", silent=True)
    assert (tags["dirty"], tags["changed_files"], tags["untracked_files"]) == ("false", "0", "0"), tags
    assert tags["entry_point_state"] == "committed"


def nested(project, environment, how):
    """A project whose module lies in a repository inside its own: a submodule, or a clone that it ignores."""
    inner = project("inner", model_py=HELPER)
    text = LOOK + "_sys.path.insert(0, 'vendor/inner')\nimport model\nlook()\n"
    outer = project("outer", train_py=text, notes="vendor")
    if how == "submodule":
        call(outer, environment, "git", "submodule", "--quiet", "add", str(inner), "vendor/inner")
    else:
        (outer / ".gitignore").write_text("vendor/\n")
        call(outer, environment, "git", "clone", "-q", str(inner), "vendor/inner")
    commit(outer, environment, "two")
    return outer


@pytest.mark.parametrize("how", ["submodule", "ignored clone"])
def test_code_of_a_repository_inside_the_repository_is_judged_there(how, project, looks, environment):
    folder = nested(project, environment, how)
    (tags,) = looks(folder, "train.py", silent=True, PYTHONDONTWRITEBYTECODE="")
    assert tags["dirty"] == "false"
    assert "uncommitted_code" not in tags
    (other,) = json.loads(tags["other_repositories"])
    assert (other["name"], other["dirty"]) == ("inner", "false")
    assert other["commit"] == commit_of(folder / "vendor" / "inner")
    (folder / "vendor" / "inner" / "model.py").write_text("# edited\n" + HELPER)
    (tags,) = looks(folder, "train.py")
    (other,) = json.loads(tags["other_repositories"])
    assert other["dirty"] == "true"
    assert tags["dirty"] == ("true" if how == "submodule" else "false"), "git says so of a submodule"


@pytest.mark.parametrize("words", [
    ["train.py"], ["./train.py"], ["-m", "train"], ["-m", "cProfile", "-o", "profile", "train.py"], ["-O", "train.py"],
    ["start.py"],
])  # fmt: skip
def test_however_it_is_launched_a_clean_script_is_clean(words, project, looks):
    text = "exec('look()')\nexec(compile('look()', '<made>', 'exec'), {'__name__': '__main__', 'look': look})\n"
    start = "import runpy\nrunpy.run_path('train.py', run_name='__main__')\n"
    folder = project(train_py=f"{LOOK}import helper\n{text}", helper_py=HELPER, start_py=start)
    for tags in looks(folder, *words, silent=True):
        assert tags["dirty"] == "false", tags
        assert tags["commit"] == commit_of(folder)


def test_a_program_in_a_linked_work_tree_is_described_there(project, looks, environment, tmp_path):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    call(folder, environment, "git", "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tags,) = looks(tmp_path / "side", "train.py", silent=True)
    assert (tags["dirty"], tags["branch"]) == ("false", "side")


# --- other code than the commit's ---------------------------------------------------------------------------------

EDIT = "import pathlib, subprocess\ndef edit(name, old, new):\n    path = pathlib.Path(name)\n" \
       "    path.write_text(path.read_text().replace(old, new))\n" \
       "    subprocess.run(['git', 'commit', '-qam', 'better'], check=True)\n"  # fmt: skip


def test_an_edit_that_is_committed_between_two_runs_does_not_make_the_second_look_clean(project, looks):
    text = f"{LOOK}{EDIT}import helper\nlook()\nedit('helper.py', '1.0', '2.0')\nlook()\nassert helper.value() == 1.0\n"
    folder = project(train_py=text, helper_py=HELPER)
    first, second = looks(folder, "train.py", silent=True)
    assert tracked_nothing(first)
    assert first["dirty"] == "false"
    assert second["commit"] == commit_of(folder)
    assert first["commit"] != second["commit"]
    assert (second["dirty"], second["changed_files"]) == ("true", "0")
    assert json.loads(second["edited_since_loaded"]) == ["helper.py"]


def tracked_nothing(tags):
    return tags["changed_files"] == "0" and "edited_since_loaded" not in tags


def test_an_edit_of_the_script_itself_is_seen_even_before_the_first_run(project, looks):
    text = f"{EDIT}RATE = 0.1\nedit('train.py', 'RATE = 0.1', 'RATE = 0.2')\n{LOOK}look()\n"
    folder = project(train_py=text)
    (tags,) = looks(folder, "train.py", silent=True)
    assert (tags["dirty"], tags["entry_point_state"]) == ("true", "modified")
    assert "entry_point_sha256" not in tags, "the digest of what is on disk is not that of what runs"


def test_an_edit_of_a_function_before_the_first_look_is_seen(project, looks):
    text = f"{EDIT}import helper, time\ntime.sleep(0.1)\nedit('helper.py', '1.0', '2.0')\n{LOOK}look()\n"
    (tags,) = looks(project(train_py=text, helper_py=HELPER), "train.py", silent=True)
    assert tags["dirty"] == "true"


def test_what_cannot_be_told_is_not_called_clean(project, looks):
    """A constant is in no function: that the module on disk is the loaded one cannot be shown."""
    text = f"{EDIT}import helper, time\ntime.sleep(0.1)\nedit('helper.py', '0.1', '0.2')\n{LOOK}look()\n"
    (tags,) = looks(project(train_py=text, helper_py="RATE = 0.1\n"), "train.py", silent=True)
    assert tags["dirty"] == "unknown"
    assert json.loads(tags["perhaps_edited_since_loaded"]) == ["helper.py"]


@pytest.mark.parametrize("change", [
    "pathlib.Path('helper.py').touch()",
    "edit('other.py', '0', '1')",
    "edit('helper.py', '1.0', '2.0'); subprocess.run(['git', 'reset', '-q', '--hard', 'HEAD~1'], check=True)",
    "edit('helper.py', '1.0', '2.0'); import importlib; importlib.reload(helper)",
], ids=["touched", "another file", "there and back", "loaded anew"])  # fmt: skip
def test_a_change_that_leaves_the_running_code_as_committed_is_none(change, project, looks):
    text = f"{LOOK}{EDIT}import helper\nlook()\n{change}\nlook()\n"
    folder = project(train_py=text, helper_py=HELPER, other_py="x = 0\n")
    first, second = looks(folder, "train.py", silent=True)
    if "reload" in change:
        assert second["dirty"] in ("false", "unknown"), "loaded since the last look, and changed since then, too"
    else:
        assert (first["dirty"], second["dirty"]) == ("false", "false"), second


def test_a_forked_worker_remembers_what_its_parent_loaded(project, looks):
    text = (f"{EDIT}import helper, os, time\nif os.fork():\n    os.wait()\nelse:\n    time.sleep(0.1)\n"
            f"    edit('helper.py', '1.0', '2.0')\n    time.sleep(0.1)\n    if os.fork():\n        os.wait()\n"
            f"    else:\n        exec({LOOK!r})\n        look()\n    os._exit(0)\n")  # fmt: skip
    (tags,) = looks(project(train_py=text, helper_py=HELPER), "train.py", silent=True)
    assert tags["dirty"] == "true", "the worker is younger than the edit, what it runs is not"


def test_a_file_that_git_was_told_to_overlook_is_looked_at(project, looks, environment):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    call(folder, environment, "git", "update-index", "--assume-unchanged", "helper.py")
    (tags,) = looks(folder, "train.py", silent=True)
    assert tags["dirty"] == "false"
    (folder / "helper.py").write_text("def value():\n    return 2.0\n")
    (tags,) = looks(folder, "train.py", silent=True)
    assert tags["dirty"] == "true"


def test_loaded_files_that_the_commit_does_not_hold_are_named(project, looks):
    folder = project(train_py=SCRIPT, notes="")
    (folder / "helper.py").write_text(HELPER)
    (tags,) = looks(folder, "train.py", silent=True)
    assert tags["dirty"] == "true"
    assert json.loads(tags["uncommitted_code"]) == ["helper.py"]
    assert tags["untracked_files"] == "1"


def test_a_long_list_of_files_says_that_it_is_cut(project, looks):
    names = [f"a_module_with_quite_a_long_name_{number:03d}" for number in range(200)]
    text = LOOK + "".join(f"import {name}\n" for name in names) + "look()\n"
    folder = project(train_py=text)
    for name in names:
        (folder / f"{name}.py").write_text("")
    (tags,) = looks(folder, "train.py")
    listed = json.loads(tags["uncommitted_code"])
    assert listed[-1] == f"... and {200 - len(listed) + 1} more"


# --- what cannot be looked at costs its own tag -------------------------------------------------------------------


def shim(folder, body):
    """A `git` that goes before the real one."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(f'#!/bin/sh\n{body}\nexec {real_git()} "$@"\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def real_git():
    import shutil

    return shutil.which("git")


def test_a_status_that_takes_for_ever_costs_only_what_it_would_have_said(project, looks, tmp_path):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    path = shim(tmp_path / "shim", 'for w in "$@"; do [ "$w" = status ] && sleep 30; done')
    (tags,) = looks(folder, "train.py", PATH=path)
    assert tags["seconds"] < 2.5
    assert tags["commit"] == commit_of(folder)
    assert tags["dirty"] == "unknown"
    assert "git status took longer than" in tags["failed_code"]
    assert not {"entry_point_state", "changed_files"} & tags.keys()
    assert "none" not in (tags.get("repository"), tags.get("entry_point"))
    assert {"argv", "packages", "seeds", "determinism"} <= tags.keys()


def test_a_git_that_never_answers_costs_only_the_code(project, looks, tmp_path):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    (tags,) = looks(folder, "train.py", PATH=shim(tmp_path / "shim", "sleep 30"))
    assert tags["seconds"] < 2.5
    assert "commit" not in tags
    assert tags["dirty"] == "unknown"
    assert {"argv", "packages", "seeds", "entry_point"} <= tags.keys()


def test_without_git_the_code_is_unknown_and_the_rest_is_there(project, looks, tmp_path):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    (tmp_path / "empty").mkdir()
    (tags,) = looks(folder, "train.py", PATH=str(tmp_path / "empty"))
    assert "git is not on PATH" in tags["failed_code"]
    assert (tags["dirty"], "commit" in tags) == ("unknown", False)
    assert {"argv", "packages", "seeds"} <= tags.keys()


def test_a_damaged_repository_is_not_taken_for_the_one_around_it(project, looks):
    outer = project("outer", notes="", inner__train_py=f"{LOOK}look()\n")
    (outer / "inner" / ".git").mkdir()
    (tags,) = looks(outer / "inner", "train.py")
    assert "commit" not in tags
    assert tags["dirty"] == "unknown"


def test_a_repository_without_a_commit_names_none(project, looks, environment, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    call(folder, environment, "git", "init", "-q")
    (folder / "train.py").write_text(f"{LOOK}look()\n")
    (tags,) = looks(folder, "train.py")
    assert "commit" not in tags
    assert (tags["dirty"], tags["entry_point_state"]) == ("true", "untracked")


def test_outside_a_repository_nothing_is_claimed_that_would_hide_what_mlflow_knows(looks, tmp_path):
    (tmp_path / "plain.py").write_text(f"{LOOK}look()\n")
    (tags,) = looks(tmp_path, "plain.py")
    assert tags["entry_point_state"] == "outside"
    assert not {"commit", "repository", "dirty"} & tags.keys()


def as_a_user(environment):
    """Words that take from root the right to read everything; nothing where this is no root."""
    if os.geteuid() != 0:
        return ()
    words = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
    try:
        call("/", environment, *words, "true")
    except (AssertionError, FileNotFoundError):
        pytest.skip("root reads every file here, and cannot be kept from it")
    return words


def test_an_untracked_file_that_cannot_be_read_costs_only_its_digest(project, looks, environment):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    (folder / "outputs").mkdir()
    (folder / "outputs" / "log.txt").write_text("x")
    (folder / "outputs" / "weights.bin").write_text("x")
    (folder / "outputs" / "weights.bin").chmod(0)
    os.mkfifo(folder / "outputs" / "pipe")
    (tags,) = looks(folder, "train.py", python=(*as_a_user(environment), sys.executable))
    assert tags["untracked_sha256"].endswith("(1 of 2 files could not be read)")
    assert (tags["dirty"], tags["untracked_files"], tags["entry_point_state"]) == ("false", "2", "committed")
    assert not any(name.startswith("failed") for name in tags)


def test_a_folder_that_git_may_not_read_is_no_reason_to_stop(project, looks, environment):
    folder = project(train_py=SCRIPT, helper_py=HELPER)
    for number in range(5):
        (folder / f"hidden-{number}").mkdir()
        (folder / f"hidden-{number}").chmod(0)
    (tags,) = looks(folder, "train.py", python=(*as_a_user(environment), sys.executable))
    for number in range(5):
        (folder / f"hidden-{number}").chmod(stat.S_IRWXU)
    assert (tags["dirty"], tags["commit"]) == ("false", commit_of(folder))


def test_a_working_directory_that_is_gone_costs_only_its_name(project, looks, tmp_path):
    text = f"{LOOK}import helper, os, shutil\nos.chdir('gone')\nshutil.rmtree('../gone')\nlook()\n"
    folder = project(train_py=text, helper_py=HELPER)
    (folder / "gone").mkdir()
    (tags,) = looks(folder, "train.py")
    assert (tags["dirty"], tags["directory"]) == ("false", "."), "where it was started"
    (tmp_path / "start").mkdir()
    text = f"import os, shutil\nos.chdir({str(tmp_path / 'start')!r})\nshutil.rmtree(os.getcwd())\n{LOOK}look()\n"
    folder = project("second", train_py=text)
    (tags,) = looks(folder, str(folder / "train.py"))
    assert tags["dirty"] == "false"
    assert "directory" not in tags


@pytest.mark.parametrize(("cwd", "words", "entry"), [
    ("src", ["train.py"], "src/train.py"),
    (".", ["-m", "src.train"], "src/train.py"),
    (".", ["src/train.py"], "src/train.py"),
])  # fmt: skip
def test_the_folder_that_a_program_is_started_in_is_recorded(cwd, words, entry, project, looks):
    folder = project(src__train_py=f"{LOOK}look()\n")
    (tags,) = looks(folder / cwd, *words)
    assert (tags["directory"], tags["entry_point"], tags["dirty"]) == (cwd, entry, "false")
    assert tags["argv"].endswith(" ".join(words))
