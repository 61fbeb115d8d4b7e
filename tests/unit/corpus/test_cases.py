"""Small projects that a scanner once read wrongly, or nearly: every call that counts, and no other, is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from traceability.corpus.scanner import file_roles, project, trees
from traceability.corpus.scanner.vocabulary import CLIENT

CASES = Path(__file__).parents[2] / "cases" / "scan"


def found(folder: Path) -> set[str]:
    """`file:line column`, with `client` behind it, of all calls but those of the project's own functions."""
    calls = project.scan(trees.Folder(folder, file_roles.wanted)).calls
    return {
        f"{call.file}:{call.line} {call.kind}{' client' * call.api.startswith(CLIENT)}"
        for call in calls
        if call.way != "wrapped" and call.kind not in ("other", "client")
    }


@pytest.mark.parametrize("name", sorted(folder.name for folder in CASES.iterdir()))
def test_what_counts_is_found_and_nothing_else(name: str) -> None:
    expected = (CASES / name / "EXPECTED").read_text(encoding="utf-8").splitlines()
    assert found(CASES / name) == {line for line in expected if line}


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("what_a_client_returned", {"uses_mlflow", "via_client"}),
        ("another_package_named_alike", set()),
        ("flavors_by_name", {"uses_mlflow", "autolog", "log_model", "log_param", "log_metric", "traces_direct",
                             "traces_any"}),
        ("hydra_option_of_another_name", {"wrapper", "traces_any"}),
        ("handlers_of_others", {"uses_mlflow", "log_metric", "wrapper", "traces_direct", "traces_any"}),
    ],
)  # fmt: skip
def test_the_flags_of_a_project_follow(name: str, flags: set[str]) -> None:
    usage = project.scan(trees.Folder(CASES / name, file_roles.wanted)).usage
    assert {column for column in project.COLUMNS if usage[column]} == flags


def test_python_newer_than_the_one_that_runs_is_no_problem() -> None:
    assert project.scan(trees.Folder(CASES / "newer_python", file_roles.wanted)).problems == []


def test_values_that_a_client_returned_are_no_calls_of_it() -> None:
    calls = project.scan(trees.Folder(CASES / "what_a_client_returned", file_roles.wanted)).calls
    assert {call.api for call in calls if call.way == "client"} == {
        CLIENT, f"{CLIENT}().search_runs", f"{CLIENT}().get_latest_versions", f"{CLIENT}().get_run",
        f"{CLIENT}().get_metric_history", f"{CLIENT}().get_experiment_by_name",
    }  # fmt: skip


def test_cython_is_named_as_not_read(tmp_path: Path) -> None:
    (tmp_path / "fast.pyx").write_text("cimport numpy\nimport mlflow\n")
    (tmp_path / "plain.pyx").write_text("cimport numpy\n")
    problems = project.scan(trees.Folder(tmp_path, file_roles.wanted)).problems
    assert [(file, kind) for file, kind, _ in problems] == [("fast.pyx", "not_read")]
