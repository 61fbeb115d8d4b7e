"""A subject becomes a repository with an origin, the same commit on every machine."""

import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.runtime import git
from traceability.study import subjects


def test_a_subject_gets_the_same_commit_on_a_machine_without_git_identity(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    source = ROOT / "subjects" / "diabetes_linear"
    one = subjects.stage(source, tmp_path / "one" / "diabetes_linear", tmp_path / "one.json")
    two = subjects.stage(source, tmp_path / "two" / "diabetes_linear", tmp_path / "two.json")
    assert one.commit == two.commit
    assert git.run("remote", "get-url", "origin", cwd=one.worktree).strip() == one.origin
    assert git.run("cat-file", "-t", one.commit, cwd=one.origin).strip() == "commit"
    assert subjects.read(tmp_path / "one.json") == one


def test_a_folder_that_is_no_subject_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudyError, match=r"has no train\.py"):
        subjects.stage(tmp_path / "empty", tmp_path / "out", tmp_path / "out.json")
