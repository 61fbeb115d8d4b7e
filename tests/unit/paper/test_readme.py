"""What the README says is what the published tables say: sentences, pictures and the rule graph."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from traceability.errors import StudyError
from traceability.figures import catalogue
from traceability.paper import readme
from traceability.study import config_schema, published

TRAININGS = ROOT / readme.TRAININGS


def script(name: str) -> Any:
    """`main` of a rule's script."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statistics and figures of the published tables, made by the scripts of the workflow's rules."""
    folder = tmp_path_factory.mktemp("results")
    for name in ("statistics", "corpus", "figures", "public_records"):
        (folder / name).mkdir()
    settings = config_schema.check({})["statistics"]
    drawn = {name: settings[name] for name in ("resamples", "seed", "confidence")}
    statistics, observed, config = folder / "statistics", ROOT / "resources" / "observations", ROOT / "config"
    script("compare_published_runs")(
        provenance=TRAININGS / published.PROVENANCE, runs=TRAININGS / "runs.parquet",
        plan_of_runs=TRAININGS / "preregistration.yaml", table=statistics / "published_runs.tsv",
        arms_table=statistics / "fashion_arms.tsv", slip=statistics / "slip.tsv", **drawn,
    )  # fmt: skip
    script("estimate_corpus")(
        usage=observed / "usage.tsv", text_search=observed / "text_search.tsv",
        provenance=observed / "provenance.json", projects=config / "projects.tsv", frames=config / "frames.tsv",
        plan=config / "preregistration.yaml", sample=folder / "corpus" / "sample.tsv",
        counts=folder / "corpus" / "usage_counts.tsv", corpus=statistics / "corpus_shares.tsv",
        shares=statistics / "usage_shares.tsv", **drawn,
    )  # fmt: skip
    script("count_captures")(
        captured=ROOT / published.FOLDER / "capture" / "capture.tsv", counts=statistics / "capture_counts.tsv",
        confidence=drawn["confidence"],
    )  # fmt: skip
    public = folder / "public_records"
    made = ("repositories", "funnel", "reasons", "fields", "groups", "sensitivity", "advice")
    script("count_public_records")(
        runs=observed / "public_runs.parquet", audited=observed / "public_stores.tsv",
        resolutions=observed / "public_resolutions.tsv", stores=config / "public_stores.tsv",
        **{name: public / f"{name}.tsv" for name in made}, **drawn,
    )  # fmt: skip
    sources = {
        "published_runs": [statistics / "published_runs.tsv", TRAININGS / "runs.parquet"],
        "usage": [statistics / "usage_shares.tsv"],
        "corpus": [statistics / "corpus_shares.tsv", statistics / "usage_shares.tsv"],
    }
    for name, tables in sources.items():
        catalogue.plot(name, tables, folder / "figures" / f"{name}.svg", folder / "figures" / f"{name}.tsv")
    return folder


def test_its_sentences_are_those_of_the_published_tables(results: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    told = "\n".join(readme.numbered(readme.findings(results, TRAININGS / published.PROVENANCE)))
    assert told in text, "the README is not that of the published tables: run `make readme`"
    short = "\n".join(readme.numbered(readme.briefly(results, TRAININGS / published.PROVENANCE)))
    assert short in (ROOT / "report" / "workflow.rst").read_text(encoding="utf-8"), "run `make readme`"
    assert len(short.splitlines()) <= 12, "the first page of the report has little room"
    sentences = re.findall(r"^\d\. .+?(?=^\d\. |\Z)", told, re.MULTILINE | re.DOTALL)
    assert len(sentences) == 5
    assert all(re.search(r"\d", sentence) for sentence in sentences)


@pytest.mark.parametrize("name", sorted(readme.FIGURES))
def test_its_pictures_are_drawn_from_the_published_tables(name: str, results: Path) -> None:
    committed = ROOT / "docs" / "figures" / name
    assert committed.read_bytes() == (results / "figures" / name).read_bytes(), "run `make readme`"
    assert f"docs/figures/{name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_rule_graph_is_that_of_the_workflow() -> None:
    assert f"```mermaid\n{readme.graph()}```" in (ROOT / "README.md").read_text(encoding="utf-8"), "run `make readme`"


def test_chapters_stand_for_their_rules_and_say_each_way_once(tmp_path: Path) -> None:
    (tmp_path / "a.smk").write_text("rule one:\n    input: 'x'\nuse rule one as two with:\n    input: 'y'\n")
    (tmp_path / "b.smk").write_text("if True:\n\n    rule three:\n        input: 'z'\n")
    (tmp_path / "c.smk").write_text("rule four:\n    input: 'z'\n")
    dot = (
        '0[label = "one", x];\n1[label = "two", x];\n2[label = "three", x];\n3[label = "four", x];\n4[label = "all"];\n'
    )
    dot += "0 -> 1\n1 -> 2\n2 -> 3\n0 -> 3\n3 -> 4\n"
    drawn = readme.by_chapter(dot, readme.chapters_of_rules(tmp_path))
    assert drawn.splitlines() == [
        "flowchart LR", '    a["a<br/>2 rules"]', '    b["b<br/>1 rule"]', '    c["c<br/>1 rule"]',
        "    a --> b", "    b --> c",
    ]  # fmt: skip


def test_a_readme_without_its_markers_is_refused_in_one_line() -> None:
    with pytest.raises(StudyError, match="expected '<!-- findings: begin -->'"):
        readme.between("# Title\n", "findings", "text")
