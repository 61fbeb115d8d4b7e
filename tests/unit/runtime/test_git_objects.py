"""Files of commits, straight from the objects: what changes between two commits is what is written again."""

from __future__ import annotations

from pathlib import Path

import pytest

from traceability.errors import StudyError
from traceability.runtime import git, git_objects
from traceability.runtime.git_trees import Trees


@pytest.fixture
def commits(tmp_path: Path) -> tuple[Path, list[str]]:
    """A repository in which a file becomes a folder, and that folder a file again."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "stays.py").write_text("1\n")
    (folder / "MLProject").write_text("name: file\n")
    ids = [git.commit_all(folder, "a file")]
    (folder / "MLProject").unlink()
    (folder / "MLProject").mkdir()
    (folder / "MLProject" / "inner.py").write_text("2\n")
    ids.append(git.commit_all(folder, "a folder"))
    (folder / "MLProject" / "inner.py").unlink()
    (folder / "MLProject").rmdir()
    (folder / "MLProject").write_text("name: again\n")
    ids.append(git.commit_all(folder, "a file again"))
    return folder, ids


def files(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 1), (0, 2, 1)])
def test_a_folder_shows_one_commit_after_another(
    tmp_path: Path, commits: tuple[Path, list[str]], order: tuple[int, ...]
) -> None:
    repository, ids = commits
    shown = git_objects.Folder(repository, tmp_path / "shown", 1000)
    shown.root.mkdir()
    for number in order:
        shown.show(git_objects.tree(repository, ids[number]))
        listed = git.run("ls-tree", "-r", "--name-only", ids[number], cwd=repository).split()
        expected = {name: git.run("show", f"{ids[number]}:{name}", cwd=repository) for name in listed}
        assert files(shown.root) == expected
        assert shown.left_out == {}


def test_what_is_too_large_or_not_there_is_left_out_and_told(tmp_path: Path, commits: tuple[Path, list[str]]) -> None:
    repository, ids = commits
    shown = git_objects.Folder(repository, tmp_path / "shown", 5)
    shown.root.mkdir()
    shown.show(git_objects.tree(repository, ids[0]) | {"gone.py": "1" * 40}, ["name-only"])
    assert files(shown.root) == {"stays.py": "1\n", "name-only": ""}
    assert shown.left_out == {"MLProject": 11, "gone.py": -1}


def test_the_trees_of_commits_say_what_a_listing_says(commits: tuple[Path, list[str]]) -> None:
    repository, ids = commits
    with Trees(repository, lambda name: name.endswith(".py"), lambda _name: True) as trees:
        assert sorted(trees.files(ids[1])) == ["MLProject/inner.py", "stays.py"]
        assert [trees.kind(commit, "MLProject") for commit in ids] == ["file", "folder", "file"]
        assert trees.kind(ids[1], "MLProject/inner.py") == "file"
        assert trees.kind(ids[0], "MLProject/inner.py") == ""
        assert trees.files("9" * 40) == {}


def test_a_commit_that_is_not_there_cannot_be_listed(commits: tuple[Path, list[str]]) -> None:
    with pytest.raises(StudyError, match="ls-tree"):
        git_objects.tree(commits[0], "9" * 40)
