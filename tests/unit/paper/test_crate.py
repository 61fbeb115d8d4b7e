"""The crate is readable, complete and true: what it names is there, with the digest it states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rocrate.model import File
from rocrate.rocrate import ROCrate

from traceability.errors import StudyError
from traceability.paper import crate
from traceability.runtime.files import sha256_file


@pytest.fixture
def written(study: Any, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A crate of a study that measured one thing."""
    monkeypatch.chdir(study.root)
    study.put_arms({})
    study.pdf()
    write(study.root, repository)
    return study.root / "results" / "paper"


def write(folder: Path, repository: Path) -> None:
    paper = Path("results/paper")
    run = crate.Run(repository, "0.1.0", "9.27.1", (repository / "config" / "config.yaml",))
    results = sorted(path.relative_to(folder) for path in folder.glob("results/[!p]*/*") if path.is_file())
    crate.write(run, results, [paper / "study.pdf", paper / "numbers.json"], folder / paper)


def test_crate_reads_back_with_workflow_run_results_and_licence(written: Path) -> None:
    found = ROCrate(written)
    assert found.mainEntity.id == "files/Snakefile"
    assert found.mainEntity["programmingLanguage"]["version"] == "9.27.1"
    assert found.license["@id"] == "https://spdx.org/licenses/MIT"
    profiles = {profile["@id"] for profile in found.root_dataset["conformsTo"]}
    assert {"https://w3id.org/ro/wfrun/process/0.6", "https://w3id.org/ro/wfrun/workflow/0.6"} <= profiles
    assert any("workflow-ro-crate" in name for name in profiles)
    action = found.root_dataset["mentions"]
    assert action["instrument"].id == found.mainEntity.id
    assert action["object"].id == "files/config/config.yaml"
    results = {entity.id for entity in action["result"]}
    assert {"study.pdf", "numbers.json", "files/results/statistics/arms.tsv"} <= results
    assert "files/results/figures/arms.svg" in results
    assert found.get("files/results/statistics/arms.tsv")["description"].startswith("Spread of every metric")


def test_every_file_is_there_with_the_digest_and_size_that_are_stated(written: Path) -> None:
    files = [entity for entity in ROCrate(written).data_entities if isinstance(entity, File)]
    assert len(files) > 60
    for entity in files:
        path = written / entity.id
        assert entity["sha256"] == sha256_file(path), entity.id
        assert int(entity["contentSize"]) == path.stat().st_size, entity.id
    named = {entity.id for entity in files}
    there = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert there - named == {crate.METADATA}


def test_crate_names_no_folder_of_this_machine(written: Path, tmp_path: Path) -> None:
    assert str(tmp_path) not in (written / crate.METADATA).read_text(encoding="utf-8")


def test_changed_result_changes_its_digest_and_the_name_of_the_run(written: Path, study: Any, repository: Path) -> None:
    def facts() -> tuple[str, str]:
        found = ROCrate(written)
        return found.get("files/results/statistics/arms.tsv")["sha256"], found.root_dataset["mentions"].id

    before = facts()
    write(study.root, repository)
    assert facts() == before, "the same results are the same run"
    study.put_arms({"distinct_weights": 2})
    write(study.root, repository)
    assert all(one != other for one, other in zip(before, facts(), strict=True))


def test_configuration_of_the_user_is_taken_along(written: Path, study: Any, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("training: {replicates: 3}\n")
    run = crate.Run(repository, "0.1.0", "9.27.1", (tmp_path / "mine.yaml",))
    crate.write(run, [], [Path("results/paper/study.pdf")], written)
    action = ROCrate(written).root_dataset["mentions"]
    assert action["object"].id == "files/configuration/mine.yaml"
    assert (written / "files/configuration/mine.yaml").read_text() == "training: {replicates: 3}\n"


def test_metadata_is_plain_json_ld(written: Path) -> None:
    read = json.loads((written / crate.METADATA).read_text(encoding="utf-8"))
    assert "w3id.org/ro/crate/" in str(read["@context"])
    identifiers = [entity["@id"] for entity in read["@graph"]]
    assert len(identifiers) == len(set(identifiers))
    # Whatever is referred to inside the crate is described in it.
    known = {*identifiers}
    references = json.dumps(read["@graph"]).split('{"@id": "')[1:]
    inside = {text.partition('"')[0] for text in references}
    assert {name for name in inside if not name.startswith("http")} <= known


def test_missing_result_is_told_in_one_line(study: Any, repository: Path) -> None:
    run = crate.Run(repository, "0.1.0", "9.27.1", ())
    with pytest.raises(StudyError, match=r"none\.tsv: no such file; run the rule that makes it first") as told:
        crate.write(run, [study.root / "results" / "none.tsv"], [], study.root / "results" / "paper")
    assert "\n" not in str(told.value)


def test_files_of_the_study_are_all_that_rules_reach_and_nothing_generated(root: Path) -> None:
    names = {path.relative_to(root).as_posix() for path in crate.study_files(root)}
    assert {"Snakefile", "uv.lock", "LICENSE", "rules/paper.smk", "scripts/write_crate.py", "paper/study.typ"} <= names
    assert {"config/preregistration.yaml", "traceability/paper/crate.py", "envs/paper.yaml"} <= names
    assert not any("__pycache__" in name or name.startswith(("results/", ".venv/", "tests/")) for name in names)
