"""The road of a corpus through git end to end: bundles, mirrors, a scan that is published and checked."""

from __future__ import annotations

import http.server
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from scripts import fetch_project, scan_corpus, scan_project, take_observations, verify_observations
from traceability.corpus import batches, fetching, observations, tables
from traceability.errors import StudyError
from traceability.runtime import git

CODE = "import mlflow\nmlflow.log_metric('a', 1)\n"


@pytest.fixture
def upstream(tmp_path: Path) -> tuple[Path, str, str]:
    """A repository of two commits: its folder, the first commit, the last."""
    folder = tmp_path / "upstream" / "one+project"
    folder.mkdir(parents=True)
    (folder / "train.py").write_text(CODE)
    first = git.commit_all(folder, "first")
    (folder / "train.py").write_text("print('no longer tracked')\n")
    return folder, first, git.commit_all(folder, "second")


def test_a_bundle_is_fetched_at_an_older_commit(tmp_path: Path, upstream: tuple[Path, str, str]) -> None:
    folder, first, _ = upstream
    git.run("bundle", "create", "--quiet", str(tmp_path / "one+project.bundle"), "--all", cwd=folder)
    found = fetching.fetch("one/project", first, f"{tmp_path}/{{owner}}+{{name}}.bundle", tmp_path / "got")
    assert found.path == str(tmp_path / "got")
    assert git.run("show", f"{first}:train.py", cwd=found.path) == CODE


@pytest.mark.parametrize("keep", [0, 30, 0.5, 0.98])
def test_a_bundle_that_is_cut_or_none_is_a_project_that_cannot_be_had(
    tmp_path: Path, upstream: tuple[Path, str, str], keep: float
) -> None:
    folder, first, _ = upstream
    bundle = tmp_path / "one+project.bundle"
    git.run("bundle", "create", "--quiet", str(bundle), "--all", cwd=folder)
    content = bundle.read_bytes()
    bundle.write_bytes(content[: int(keep * len(content)) if keep < 1 else int(keep)])
    template = f"{tmp_path}/{{owner}}+{{name}}.bundle"
    found = fetching.fetch("one/project", first, template, tmp_path / "got", pause=lambda _seconds: None)
    assert found.path == ""
    assert found.detail
    assert not (tmp_path / "got").exists()


def test_a_mirror_on_this_machine_is_read_where_it_lies(tmp_path: Path, upstream: tuple[Path, str, str]) -> None:
    folder, first, _ = upstream
    found = fetching.fetch("one/project", first, f"file://{folder.parent}/{{owner}}+{{name}}", tmp_path / "got")
    assert found.path == str(folder)
    assert not (tmp_path / "got").exists()


def test_a_server_that_limits_and_then_has_nothing_is_left_after_the_tries(
    tmp_path: Path, serving: Callable[[object], AbstractContextManager[str]]
) -> None:
    answers: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.append(429 if len(answers) < 2 else 404)
            self.send_error(answers[-1])

        def log_message(self, *_: object) -> None: ...

    with serving(Handler) as url:
        pauses: list[float] = []
        gone = fetching.fetch("one/other", "1" * 40, url + "/{repository}.git", tmp_path / "none", pause=pauses.append)
    assert gone.path == ""
    assert "not found" in gone.detail
    assert len(pauses) == 2
    assert min(pauses) > 40  # a limit is waited for longer than a hiccup
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["../evil", "a/..", "a/b/c", "-x/y", "a/b;c", "a"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StudyError, match="no repository name"):
        fetching.fetch(name, "0" * 40, "https://example.org/{repository}", tmp_path)


def test_templates_that_run_programs_or_name_unknown_parts_are_refused() -> None:
    with pytest.raises(StudyError, match="no address"):
        fetching.address("ext::sh -c x {name}", "a/b")
    with pytest.raises(StudyError, match="unknown part"):
        fetching.address("https://x/{repo}", "a/b")


def project_row(repository: str, commit: str) -> dict[str, object]:
    return {
        "repository": repository, "commit": commit, "frame": "MLPROJECT_ROOT", "implies_tracking": 0,
        "listed": "2026-11-23", "committed": "2024-01-15", "licence": "none", "cluster": repository, "selected": 1,
        "owner": repository.partition("/")[0], "kind": "personal", "commits": 2, "authors": 1, "months": 1, "tags": 0,
        "ci": 0, "tests": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "template", "said"),
    [
        (("one/project", "abc123"), "https://example.org/{repository}", "'abc123' is not a full commit id"),
        (("one", "0" * 40), "https://example.org/{repository}", "'one' is no repository name"),
        (("one/project", "0" * 40), "https://example.org/{repo}", "unknown part"),
    ],
)
def test_a_project_that_cannot_be_asked_for_is_found_before_any_is_fetched(
    tmp_path: Path, row: tuple[str, str], template: str, said: str
) -> None:
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row("a/first", "1" * 40), project_row(*row)], projects)
    with pytest.raises(StudyError, match=said):
        batches.count(projects, 20, template)


def test_projects_that_can_be_asked_for_are_counted_in_batches(tmp_path: Path) -> None:
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row(f"one/project-{number}", "1" * 40) for number in range(5)], projects)
    assert [batches.count(projects, size, "https://example.org/{repository}") for size in (2, 5, 6)] == [3, 1, 1]


def test_from_table_to_published_observations_and_back(tmp_path: Path, upstream: tuple[Path, str, str]) -> None:
    folder, first, _ = upstream
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row("gone/away", "1" * 40), project_row("one/project", first)], projects)
    template = f"file://{folder.parent}/{{owner}}+{{name}}"
    fetched, repositories = tmp_path / "fetched.tsv", tmp_path / "repositories"
    fetch_project.main(projects, 0, 2, template, repositories, fetched)
    scans = [tmp_path / "scan" / name for name in observations.SCAN_TABLES]
    scan_project.main(fetched, repositories, scans)
    published = tmp_path / "published"
    files = [published / name for name in (*observations.SCAN_TABLES, "provenance.json")]
    scan_corpus.main(scans, projects, files)
    usage = tables.USAGE.read(published / "usage.tsv").set_index("repository")
    assert list(usage["status"]) == ["unavailable", "scanned"]  # gone is a row, not a failure
    assert usage.loc["one/project", "log_metric"] == 1

    taken = [tmp_path / "results" / file.name for file in files]
    take_observations.main(files, projects, taken)
    assert (tmp_path / "results" / "calls.parquet").read_bytes() == (published / "calls.parquet").read_bytes()
    verify_observations.main(projects, files, 2, 1, template, tmp_path / "verified.tsv")
    verdicts = tables.VERIFIED.read(tmp_path / "verified.tsv").set_index("repository")["verdict"]
    assert dict(verdicts) == {"gone/away": "gone", "one/project": "same"}

    changed = (published / "usage.tsv").read_text().replace("one/project", "two/project")
    (published / "usage.tsv").write_text(changed)
    with pytest.raises(StudyError, match=r"usage\.tsv: sha256 is"):
        take_observations.main(files, projects, taken)


def test_a_published_row_that_a_fresh_scan_does_not_give_is_found(
    tmp_path: Path, upstream: tuple[Path, str, str]
) -> None:
    from traceability.corpus.scanner import scanning

    folder, first, last = upstream
    projects = tmp_path / "projects.tsv"
    tables.PROJECTS.write([project_row("one/project", first)], projects)
    place = scanning.Place("one/project", str(folder), first)
    observations.write(tmp_path / "published", scanning.scan_places([place]).frames(), projects, "2026-11-24")
    other = scanning.scan_places([scanning.Place("one/project", str(folder), last)]).frames()
    said = observations.differences(tmp_path / "published", other)
    assert any("usage.tsv differs" in line for line in said)


def test_a_project_of_which_the_published_scan_lacked_a_file_may_differ(
    tmp_path: Path, upstream: tuple[Path, str, str]
) -> None:
    from traceability.corpus.scanner import scanning

    folder, first, _ = upstream
    projects, published = tmp_path / "projects.tsv", tmp_path / "published"
    tables.PROJECTS.write([project_row("one/project", first)], projects)
    lacking = tmp_path / "lacking"
    shutil.copytree(folder, lacking)
    for line in git.run("ls-tree", "-r", first, cwd=lacking).splitlines():
        blob = line.split()[2]
        (lacking / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    place = scanning.Place("one/project", str(lacking), first)
    observations.write(published, scanning.scan_places([place]).frames(), projects, "2026-11-24")
    verify_observations.main(projects, [published / "usage.tsv"], 1, 1, folder.as_uri(), tmp_path / "verified.tsv")
    (row,) = tables.VERIFIED.read(tmp_path / "verified.tsv").to_dict("records")
    assert row["verdict"] == "incomplete"
    assert "usage.tsv differs" in row["detail"]
