"""Published raw tables are what their provenance says, or they are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.study import publish as publishing
from traceability.study import published, registry

PLAN = ROOT / "config" / "preregistration.yaml"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results with the raw tables of the capture chapter, as bytes."""
    folder = tmp_path / "results"
    (folder / "capture").mkdir(parents=True)
    for name in published.FILES["capture"]:
        (folder / "capture" / name).write_text(f"table\n{name}\n")
    return folder


def publish(results: Path, target: Path) -> dict[str, object]:
    return publishing.publish(
        results,
        target,
        "capture",
        status="trial",
        commit="c" * 40,
        settings={"capture": {"batches": 2}},
        plan=PLAN,
    )


def test_what_is_published_comes_back_byte_by_byte(results: Path, tmp_path: Path) -> None:
    provenance = publish(results, tmp_path / "published")
    assert provenance["configuration"] == {"batches": 2}
    assert {"commit", "plan_sha256", "machine", "measured", "versions", "sha256", "status"} <= set(provenance)
    outputs = [tmp_path / "again" / name for name in published.FILES["capture"]]
    published.take(tmp_path / "published" / "capture", outputs)
    assert [path.read_bytes() for path in outputs] == [
        (results / "capture" / path.name).read_bytes() for path in outputs
    ]


def test_where_the_study_lay_is_not_published(results: Path, tmp_path: Path) -> None:
    (results / "capture" / "capture.tsv").write_text(f"remote\n{tmp_path}/results/subjects/a.git\n")
    publish(results, tmp_path / "published")
    text = (tmp_path / "published" / "capture" / "capture.tsv").read_text()
    assert text == "remote\n<study>/results/subjects/a.git\n"


def test_a_changed_table_is_refused_by_name_and_nothing_is_taken(results: Path, tmp_path: Path) -> None:
    publish(results, tmp_path / "published")
    (tmp_path / "published" / "capture" / "digests.tsv").write_text("table\nanother\n")
    output = tmp_path / "again" / "capture.tsv"
    with pytest.raises(StudyError, match=r"digests\.tsv: sha256 is .* expected .*; restore the file"):
        published.take(tmp_path / "published" / "capture", [output])
    assert not output.exists()


def test_the_numbers_of_the_paper_are_published_with_the_whole_configuration(results: Path, tmp_path: Path) -> None:
    (results / "paper").mkdir()
    (results / "paper" / "numbers.json").write_text("{}\n")
    settings = {"capture": {"batches": 2}, "storage": {"seed": 1}, "tracking": {"uri": "postgresql://somewhere"}}
    made = publishing.publish(results, tmp_path / "published", published.PAPER, status="trial", commit="c" * 40,
                              settings=settings, plan=PLAN)  # fmt: skip
    assert made["configuration"] == {"capture": {"batches": 2}, "storage": {"seed": 1}}
    assert published.read(tmp_path / "published" / published.PAPER) == made


def test_an_unfinished_run_is_not_published(results: Path, tmp_path: Path) -> None:
    (results / "capture" / "expected.tsv").unlink()
    with pytest.raises(StudyError, match=r"expected\.tsv: no such file; finish the run"):
        publish(results, tmp_path / "published")
    assert not (tmp_path / "published").exists()


def test_every_published_table_is_declared() -> None:
    declared = {table.name for _, table in registry.all_tables()}
    named = {f"{chapter}/{name}" for chapter, names in published.FILES.items() for name in names}
    assert {name for name in named if not name.endswith(".npz")} <= declared


def test_the_committed_tables_are_whole() -> None:
    for chapter in (*published.FILES, published.PAPER):
        folder = ROOT / published.FOLDER / chapter
        if folder.exists():
            assert published.read(folder)["status"] in published.STATUSES
