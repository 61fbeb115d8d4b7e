"""Whatever lies in a tree: it is refused by name or read, nothing outside is touched, and the rest is scanned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from traceability.corpus.scanner import commits, file_roles, project, scanning, sources, trees
from traceability.errors import StudyError
from traceability.runtime import git

GOOD = "import mlflow\nmlflow.log_metric('a', 1)\n"


def scan(folder: Path) -> project.Scan:
    return project.scan(trees.Folder(folder, file_roles.wanted))


def kinds(scanned: project.Scan) -> dict[str, str]:
    return {file: kind for file, kind, _ in scanned.problems}


def test_links_out_of_the_project_and_pipes_are_refused_by_name(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("import mlflow\nmlflow.log_param('a', 1)\n")
    inside = tmp_path / "project"
    inside.mkdir()
    (inside / "good.py").write_text(GOOD)
    (inside / "link.py").symlink_to(outside / "secret.py")
    (inside / "folder").symlink_to(outside)
    (inside / "round").symlink_to(inside)
    os.mkfifo(inside / "pipe.py")
    scanned = scan(inside)
    assert kinds(scanned) == {"link.py": "symlink", "pipe.py": "special_file"}
    assert scanned.usage["log_metric"] == 1
    assert scanned.usage["log_param"] == 0


def tree_of(repository: Path, entries: list[tuple[str, str, str]]) -> str:
    """A tree object with any names at all, as a hostile server could send it."""
    raw = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
    (repository / "raw").write_bytes(raw)
    return git.run("hash-object", "-t", "tree", "-w", "--literally", str(repository / "raw"), cwd=repository).strip()


def blob_of(repository: Path, text: str) -> str:
    (repository / "raw").write_text(text)
    return git.run("hash-object", "-w", str(repository / "raw"), cwd=repository).strip()


def test_a_git_tree_with_paths_that_lead_outside(tmp_path: Path) -> None:
    repository = tmp_path / "hostile"
    repository.mkdir()
    git.run("init", "--quiet", "--bare", cwd=repository)
    good, other = blob_of(repository, GOOD), blob_of(repository, "import mlflow\nmlflow.set_tag('a', 'b')\n")
    inner = tree_of(repository, [("100644", "evil.py", other)])
    root = tree_of(repository, [
        ("40000", "..", inner), ("40000", ".GIT", inner), ("120000", "link.py", other), ("100644", "Train.py", good),
        ("100644", "train.py", good), ("160000", "sub.py", "1" * 40),
    ])  # fmt: skip
    commit = git.run("commit-tree", "-m", "x", root, cwd=repository).strip()
    before = sorted(path.name for path in tmp_path.iterdir())
    scanned = project.scan(commits.Commit(repository, commit, file_roles.wanted))
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert kinds(scanned) == {
        "../evil.py": "path_refused", ".GIT/evil.py": "path_refused", "link.py": "symlink", "sub.py": "submodule",
    }  # fmt: skip
    assert {call.file for call in scanned.calls} == {"Train.py", "train.py"}  # names that differ only in case
    assert scanned.usage["set_tag"] == 0


def test_a_blob_that_a_mirror_lacks_is_unavailable_not_absent(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(GOOD)
    (tmp_path / "b.ipynb").write_text("{}")
    commit = git.commit_all(tmp_path, "x")
    oid = git.run("rev-parse", f"{commit}:b.ipynb", cwd=tmp_path).strip()
    (tmp_path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    scanned = project.scan(commits.Commit(tmp_path, commit, file_roles.wanted))
    assert kinds(scanned) == {"b.ipynb": "unavailable"}
    assert scanned.usage["log_metric"] == 1


def test_a_commit_that_is_not_there_or_no_commit_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(GOOD)
    git.commit_all(tmp_path, "x")
    with pytest.raises(StudyError, match="is not in the repository"):
        commits.Commit(tmp_path, "0" * 40, file_roles.wanted)
    with pytest.raises(StudyError, match="no full commit id"):
        commits.Commit(tmp_path, "--upload-pack=x", file_roles.wanted)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("nested.py", "x = " + "(" * 5000 + ")" * 5000 + "\nimport mlflow\n", "syntax"),
        ("chain.py", "import mlflow\nx = " + "a." * 9000 + "b\n", "too_deep"),
        ("lists.ipynb", "[" * 100_000 + '"mlflow"', "not_json"),
        ("words.ipynb", '"mlflow"', "not_a_notebook"),
        ("half.ipynb", '{"cells": [{"cell_type": "code", "source": "import mlflow', "not_json"),
        ("binary.py", "mlflow \x01\x02 = = =", "syntax"),
    ],
)
def test_files_that_break_parsers_are_one_row_each(tmp_path: Path, name: str, content: str, kind: str) -> None:
    # A file without any word that the scanner looks for is read to its end, but not parsed.
    (tmp_path / name).write_text(content)
    (tmp_path / "good.py").write_text(GOOD)
    scanned = scan(tmp_path)
    assert set(kinds(scanned)) == {name}
    assert kinds(scanned)[name] in {kind, "unreadable", "too_deep"}
    assert scanned.usage["log_metric"] == 1


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.py").open("wb") as stream:
        stream.truncate(trees.MAX_FILE_BYTES + 1)  # a hole: no space on disk
    (tmp_path / "good.py").write_text(GOOD)
    started = time.monotonic()
    assert kinds(scan(tmp_path)) == {"huge.py": "too_large"}
    assert time.monotonic() - started < 5


def test_lines_of_megabytes_do_not_hide_the_calls_around_them(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text(f"import mlflow\nDATA = '{'x' * 3_000_000}'\nmlflow.log_param('a', 1)\n")
    assert scan(tmp_path).usage["log_param"] == 1
    assert sources.MAX_PYTHON_BYTES >= 3_000_000


def test_nothing_scanned_is_ever_run(tmp_path: Path) -> None:
    (tmp_path / "mlflow.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "sitecustomize.py").write_text(f"import mlflow; open({str(tmp_path / 'ran')!r}, 'w')\n")
    cell = {"cell_type": "code", "source": f"!touch {tmp_path / 'ran'}\nimport mlflow\nmlflow.log_metric('a', 1)"}
    (tmp_path / "a.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    assert scan(tmp_path).usage["log_metric"] == 1
    assert not (tmp_path / "ran").exists()


def test_a_repository_that_lacks_objects_gets_no_program_of_its_own_started(tmp_path: Path) -> None:
    """git fetches what a partial clone lacks, and the clone's own settings say with which program."""
    project_ = tmp_path / "project"
    (project_ / "src").mkdir(parents=True)
    (project_ / "src" / "a.py").write_text(GOOD)
    commit = git.commit_all(project_, "All")
    tree = git.run("rev-parse", f"{commit}:src", cwd=project_).strip()
    (project_ / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\nexit 1\n")
    program.chmod(0o755)
    for setting in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(project_)),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(program)),
    ):
        git.run("config", *setting, cwd=project_)
    with pytest.raises(StudyError):
        commits.Commit(project_, commit, file_roles.wanted)
    assert not (tmp_path / "ran").exists()
    subprocess.run(["git", "-C", str(project_), "ls-tree", "-r", commit], capture_output=True, check=False)
    assert (tmp_path / "ran").exists(), "git without our settings does start it: the trap is a real one"


BLANK = {
    "params.yaml": "\n" * 300_000,
    "conf.yaml": "mlflow\nreport_to:" + "\n" * 290_000,
    "spaces.yaml": "mlflow\n" + " " * 290_000 + "!\nreport_to:" + " " * 1000 + "!",
    "requirements.txt": "name" + " " * 290_000 + "x\n",
    "setup.py": "-" + " " * 290_000 + "!",
}


def test_configuration_of_blanks_alone_is_read_to_its_end(tmp_path: Path) -> None:
    for name, content in BLANK.items():
        (tmp_path / name).write_text(content)
    assert "too_slow" not in kinds(scan(tmp_path)).values()


def notebook(*outputs: dict[str, object]) -> str:
    cell = {"cell_type": "code", "source": GOOD, "outputs": list(outputs)}
    return json.dumps({"nbformat": 4, "cells": [cell]}, ensure_ascii=False)


def test_memory_stays_bounded_whatever_the_size_of_the_tree(tmp_path: Path) -> None:
    """Many pictures; text just small enough to be read, with a character of four bytes; text that is too much."""
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 2_000_000}}
    for number in range(12):
        (tmp_path / f"{number}.ipynb").write_text(notebook(*[picture] * 5))
    text = {"output_type": "stream", "name": "stdout", "text": ["a line of a long output \U0001f600\n"] * 1000}
    (tmp_path / "text.ipynb").write_text(notebook(*[text] * 450, picture))
    (tmp_path / "longer.ipynb").write_text(notebook(*[text] * 1500))
    # Linux hands ru_maxrss of the process that forked through exec: a child of a large pytest would be charged for it.
    code = (
        "import resource, sys; from pathlib import Path; "
        "from traceability.corpus.scanner import project, trees, file_roles;"
        "s = project.scan(trees.Folder(Path(sys.argv[1]), file_roles.wanted)); assert len(s.calls) == 13;"
        "assert [(p[0], p[1]) for p in s.problems] == [('longer.ipynb', 'too_large')], s.problems;"
        "status = Path('/proc/self/status');"
        "peak = [int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith('VmHWM')]"
        " if status.exists() else [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss];"
        "print(peak[0])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300 * 2**20, f"{int(done.stdout) / 2**20:.0f} MiB"


def test_a_project_that_is_gone_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.py").write_text(GOOD)
    places_ = [scanning.Place("a/gone", str(tmp_path / "gone")), scanning.Place("b/here", str(tmp_path / "here"))]
    rows = scanning.scan_places(places_, jobs=2)
    assert [row["status"] for row in rows.usage] == ["unavailable", "scanned"]
    assert rows.problems[0]["kind"] == "unavailable"
    assert str(tmp_path) not in rows.problems[0]["detail"]


# -- repositories and folders that mean harm: one row, at once, and nothing of git stays -----------------------------


def gits_in(folder: Path) -> list[str]:
    """Processes of git whose working directory is in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text().strip() == "git" and (process / "cwd").resolve().is_relative_to(folder):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def committed(folder: Path, name: str = "a.py") -> tuple[str, Path]:
    """A repository of two files: its commit, and the loose object of one of them."""
    folder.mkdir(parents=True)
    (folder / name).write_text(GOOD)
    (folder / "b.py").write_text("import mlflow\nmlflow.set_tag('a', 'b')\n")
    commit = git.commit_all(folder, "x")
    oid = git.run("rev-parse", f"{commit}:{name}", cwd=folder).strip()
    return commit, folder / ".git" / "objects" / oid[:2] / oid[2:]


def unavailable(folder: Path, commit: str) -> str:
    """Why a place cannot be had; it must be told within seconds."""
    started = time.monotonic()
    said = scanning.scan_place(scanning.Place("a/b", str(folder), commit))
    assert time.monotonic() - started < 60
    assert isinstance(said, str), said.usage
    assert gits_in(folder) == []
    return said


@pytest.mark.parametrize("name", ["object", "packed-refs", "ref"])
def test_a_pipe_in_a_repository_is_not_waited_for(tmp_path: Path, name: str) -> None:
    commit, place = committed(tmp_path / "r")
    place = {"object": place, "packed-refs": tmp_path / "r/.git/packed-refs", "ref": tmp_path / "r/.git/refs/x"}[name]
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    assert "a link, a pipe or a device" in unavailable(tmp_path / "r", commit)


def test_a_setting_that_includes_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, _ = committed(tmp_path / "r")
    os.mkfifo(tmp_path / "pipe")
    git.run("config", "include.path", str(tmp_path / "pipe"), cwd=tmp_path / "r")
    monkeypatch.setattr(commits, "ANSWER_SECONDS", 1.0)
    assert "git gives no answer" in unavailable(tmp_path / "r", commit)


def test_an_object_exchanged_for_a_pipe_while_it_is_read_is_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, loose = committed(tmp_path / "r")
    monkeypatch.setattr(commits, "ANSWER_SECONDS", 1.0)
    tree = commits.Commit(tmp_path / "r", commit, file_roles.wanted)
    loose.unlink()
    os.mkfifo(loose)
    scanned = project.scan(tree)
    assert kinds(scanned)["a.py"] == "unavailable"
    assert gits_in(tmp_path / "r") == []


def test_git_ends_with_a_scanner_that_is_killed(tmp_path: Path) -> None:
    commit, _ = committed(tmp_path / "r")
    os.mkfifo(tmp_path / "pipe")
    git.run("config", "include.path", str(tmp_path / "pipe"), cwd=tmp_path / "r")
    program = str(Path(sys.executable).parent / "traceability")
    scanner = subprocess.Popen([program, "scan", str(tmp_path / "r"), "--commit", commit], stderr=subprocess.DEVNULL)
    started = time.monotonic()
    while not gits_in(tmp_path / "r"):
        assert time.monotonic() - started < 60
        time.sleep(0.05)
    scanner.kill()
    scanner.wait()
    started = time.monotonic()
    while gits_in(tmp_path / "r"):
        assert time.monotonic() - started < 10
        time.sleep(0.05)


def test_a_tree_of_trees_that_stands_for_billions_of_files_is_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "bomb"
    repository.mkdir()
    git.run("init", "--quiet", "--bare", cwd=repository)
    oid = blob_of(repository, GOOD)
    tree = tree_of(repository, [("100644", f"f{n}.py", oid) for n in range(10)])
    for _ in range(9):
        tree = tree_of(repository, [("40000", f"d{n}", tree) for n in range(10)])
    commit = git.run("commit-tree", "-m", "x", tree, cwd=repository).strip()
    monkeypatch.setattr(commits, "MAX_FILES", 20_000)
    assert "more than 20000 files" in unavailable(repository, commit)


def test_no_repository_around_or_elsewhere_is_read(tmp_path: Path) -> None:
    outer, _ = committed(tmp_path / "outer", "private.py")
    inbox = tmp_path / "outer" / "inbox"
    for name in ("objects", "refs"):
        (inbox / name).mkdir(parents=True)
    (inbox / "HEAD").write_text("nonsense\n")
    (inbox / "own.py").write_text("x = 1\n")
    said = scanning.scan_place(scanning.Place("a/b", str(inbox)))
    assert isinstance(said, project.Scan)
    assert (said.usage["python_files"], said.calls) == (1, [])
    assert "no git repository" in unavailable(inbox, outer)
    (inbox / "HEAD").write_text("ref: refs/heads/main\n")  # now git itself is asked, and must not climb
    assert "is not in the repository" in unavailable(inbox, outer)

    worktree = tmp_path / "worktree"
    worktree.mkdir()
    (worktree / ".git").write_text(f"gitdir: {tmp_path / 'outer' / '.git'}\n")
    assert "leads to a repository elsewhere" in unavailable(worktree, outer)
    for name, text in (
        ("objects/info/alternates", "../../../outer/.git/objects\n"),
        ("commondir", "../../outer/.git\n"),
    ):
        folder = tmp_path / name.replace("/", "_")
        committed(folder)
        (folder / ".git" / name).parent.mkdir(exist_ok=True)
        (folder / ".git" / name).write_text(text)
        assert "objects of another repository" in unavailable(folder, outer)


def test_a_folder_exchanged_for_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.py").write_text("import mlflow\nmlflow.log_param('a', 1)\n")
    (tmp_path / "p" / "inner").mkdir(parents=True)
    (tmp_path / "p" / "inner" / "a.py").write_text(GOOD)
    tree = trees.Folder(tmp_path / "p", file_roles.wanted)
    (tmp_path / "p" / "inner").rename(tmp_path / "moved")
    (tmp_path / "p" / "inner").symlink_to(tmp_path / "outside")
    with tree:
        tree._folder = None  # as if another folder had been read in between
        scanned = project.scan(tree)
    assert scanned.usage["log_param"] == 0
    assert set(kinds(scanned).values()) == {"unreadable"}


def test_files_that_come_and_go_hide_no_other(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"m{number}.py").write_text(GOOD)
    code = (
        "import sys, pathlib\nfolder = pathlib.Path(sys.argv[1])\nwhile True:\n"
        "    for n in range(8):\n        f = folder / f'.tmp{n}'\n        f.touch()\n        f.unlink()\n"
    )
    busy = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        for _ in range(30):
            scanned = scan(tmp_path)
            assert (scanned.usage["python_files"], scanned.problems) == (100, [])
    finally:
        busy.kill()
        busy.wait()


def test_what_is_read_takes_no_more_memory_than_it_has(tmp_path: Path) -> None:
    """The address space of 4,000 kept files stays small: each once took a map of 64 MB of its own."""
    for number in range(4000):
        folder = tmp_path / f"d{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{number}.py").write_text("x = 1\n")
    (tmp_path / "zzz.py").write_text('import mlflow\nprint "x"\n')
    code = (
        "import resource, sys; from pathlib import Path;"
        "from traceability.corpus.scanner import project, trees, file_roles;"
        "resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000,) * 2);"
        "s = project.scan(trees.Folder(Path(sys.argv[1]), file_roles.wanted));"
        "assert [(p[0], p[1]) for p in s.problems] == [('zzz.py', 'syntax')], s.problems;"
        "assert s.usage['python_files'] == 4001"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
