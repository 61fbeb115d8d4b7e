"""The recorded commit is restored from what its host really has, or the reason says what is missing."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from traceability.replay import code
from traceability.replay.reasons import Stopped
from traceability.replay.record import Record
from traceability.runtime import git


def repository(folder: Path, files: dict[str, str], *options: str) -> str:
    """A repository with one commit; its id."""
    folder.mkdir(parents=True)
    git.run("init", "--quiet", *options, cwd=folder)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return git.commit_all(folder, "first")


def restored(address: Path | str, commit: str, target: Path) -> Path:
    code.restore(Record("r", "mlflow", repository=str(address), commit=commit), target)
    return target


def reason(address: Path | str, commit: str, target: Path) -> Stopped:
    with pytest.raises(Stopped) as stopped:
        restored(address, commit, target)
    assert not target.exists(), "nothing is left of what was not wanted"
    return stopped.value


def test_a_commit_that_no_branch_holds_any_more_is_asked_for_by_its_id(tmp_path):
    repository(tmp_path / "work", {"fit.py": "1\n"})
    git.run("clone", "--quiet", "--bare", "work", "host.git", cwd=tmp_path)
    git.run("checkout", "--quiet", "-b", "topic", cwd=tmp_path / "work")
    (tmp_path / "work" / "fit.py").write_text("2\n")
    squashed = git.commit_all(tmp_path / "work", "second")
    address = f"file://{tmp_path}/host.git"
    assert reason(address, squashed, tmp_path / "never").code == "commit_missing"
    git.run("push", "--quiet", address, "topic", cwd=tmp_path / "work")
    git.run("push", "--quiet", address, ":topic", cwd=tmp_path / "work")
    found = restored(address, squashed, tmp_path / "found")
    assert (found / "fit.py").read_text() == "2\n"
    assert git.run("remote", "get-url", "origin", cwd=found).strip() == address


def test_a_repository_with_sha_256(tmp_path):
    commit = repository(tmp_path / "work", {"fit.py": "1\n"}, "--object-format=sha256")
    assert len(commit) == 64
    assert (restored(tmp_path / "work", commit, tmp_path / "found") / "fit.py").is_file()
    assert reason(tmp_path / "work", "a" * 64, tmp_path / "none").code == "commit_missing"
    assert reason(tmp_path / "work", "a" * 40, tmp_path / "none").code == "commit_missing"


def test_submodules_come_along_or_are_named(tmp_path):
    repository(tmp_path / "library", {"model.py": "x = 1\n"})
    repository(tmp_path / "work", {"fit.py": "import model\n"})
    git.run("submodule", "--quiet", "add", str(tmp_path / "library"), "lib", cwd=tmp_path / "work")
    commit = git.commit_all(tmp_path / "work", "with a library")
    assert (restored(tmp_path / "work", commit, tmp_path / "found") / "lib" / "model.py").read_text() == "x = 1\n"
    shutil.rmtree(tmp_path / "library")
    assert reason(tmp_path / "work", commit, tmp_path / "none").code == "submodule_missing"


def test_a_submodule_of_a_repository_from_a_network_names_no_folder_of_this_machine(tmp_path):
    repository(tmp_path / "private", {"secret.txt": "secret\n"})
    repository(tmp_path / "work", {"fit.py": ""})
    git.run("submodule", "--quiet", "add", str(tmp_path / "private"), "lib", cwd=tmp_path / "work")
    git.commit_all(tmp_path / "work", "points at a folder")
    clone = tmp_path / "clone"
    git.run("clone", "--quiet", str(tmp_path / "work"), str(clone))
    with pytest.raises(Stopped) as stopped:
        code._submodules(clone, files=False)
    assert stopped.value.code == "submodule_missing"
    assert list((clone / "lib").iterdir()) == []


def test_pointers_of_large_files_are_named_as_such(tmp_path):
    content = b"weights"
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"
    )
    attributes = {".gitattributes": "# filter=lfs in a comment counts for nothing\n"}
    commit = repository(tmp_path / "plain", attributes | {"model.bin": pointer})
    assert restored(tmp_path / "plain", commit, tmp_path / "one"), "a text like a pointer, in no repository of git-lfs"
    attributes = {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"}
    commit = repository(tmp_path / "large", attributes | {"data/model.bin": pointer})
    stopped = reason(tmp_path / "large", commit, tmp_path / "two")
    assert stopped.code == "large_files_missing"
    assert "data/model.bin" in stopped.detail


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed")
def test_large_files_are_fetched_where_git_lfs_is_installed(tmp_path):
    work, host = tmp_path / "work", tmp_path / "host.git"
    content = bytes(range(256)) * 40
    repository(work, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    git.run("init", "--quiet", "--bare", str(host))
    git.run("remote", "add", "origin", host.as_uri(), cwd=work)
    # The filter turns the file into its pointer; git-lfs then hands the content to the host.
    git.run("config", "filter.lfs.clean", "git-lfs clean -- %f", cwd=work)
    (work / "model.bin").write_bytes(content)
    commit = git.commit_all(work, "with weights")
    assert git.run("show", f"{commit}:model.bin", cwd=work).startswith("version https://git-lfs")
    git.run("push", "--quiet", "origin", "HEAD:refs/heads/main", cwd=work)
    git.run("lfs", "push", "--all", "origin", cwd=work)
    found = restored(host.as_uri(), commit, tmp_path / "found")
    assert (found / "model.bin").read_bytes() == content
    shutil.rmtree(host / "lfs")
    assert "git lfs pull" in reason(host.as_uri(), commit, tmp_path / "lost").detail


def test_a_tree_of_a_few_hundred_bytes_that_stands_for_millions_of_files_is_not_laid_out(tmp_path):
    commit = repository(tmp_path / "bomb", {"leaf": "x"})
    tree = git.run("rev-parse", f"{commit}^{{tree}}", cwd=tmp_path / "bomb").strip()
    for _ in range(7):
        lines = "".join(f"040000 tree {tree}\t{number}\n" for number in range(10))
        tree = git.run_bytes("mktree", cwd=tmp_path / "bomb", stdin=lines.encode()).decode().strip()
    bomb = git.run("commit-tree", "-m", "bomb", tree, cwd=tmp_path / "bomb").strip()
    git.run("update-ref", "refs/heads/bomb", bomb, cwd=tmp_path / "bomb")
    stopped = reason(tmp_path / "bomb", bomb, tmp_path / "found")
    assert stopped.code == "commit_missing"
    assert "more than 200000 files" in stopped.detail


@pytest.mark.parametrize("address", ["ext::sh -c touch% ran", "-uevil", "--upload-pack=touch ran", "fd::3", "none"])
def test_an_address_that_is_a_command_runs_none(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert reason(address, "a" * 40, tmp_path / "found").code == "repository_unreachable"
    assert list(tmp_path.iterdir()) == []


def test_what_a_restored_commit_configures_does_not_act(tmp_path):
    files = {".gitattributes": "*.txt filter=evil\n", ".lfsconfig": "[lfs]\nurl = http://127.0.0.1:9\n", "a.txt": "a\n"}
    commit = repository(tmp_path / "work", files)
    assert (restored(tmp_path / "work", commit, tmp_path / "found") / "a.txt").read_text() == "a\n"
    listed = subprocess.run(["git", "config", "--local", "--list"], cwd=tmp_path / "found", capture_output=True,
                            text=True, check=True).stdout  # fmt: skip
    assert "filter." not in listed
