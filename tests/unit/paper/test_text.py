"""The text says what the tables say, chooses its words by them, and holds no number of its own."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from traceability.errors import StudyError
from traceability.paper import number_table, typesetting

#: Digits that are no results: the year of the study, names of its questions, parts of a table's width.
HARMLESS = re.compile(r"\b2024\b|\bE[1-4]\b|\b\d+(\.\d+)?fr\b")
WRITTEN = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty-\w+|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|hundreds?|thousands?|percent|half|twice|thrice|doubled|majority)\b",
    re.IGNORECASE,
)
#: Number words that are part of the design or of a phrase, with the words beside them.
PHRASES = (
    "four questions",
    "no two of",
    "the two",
    "run twice",
    "half done",
    "half a record",
    "were doubled",
    "two unseeded runs",
    "two jobs",
)
VERDICT: dict[str, Any] = {
    "contrast": "split_fixed_spread", "question": "?", "test": "brown_forsythe", "workload": "digits_mlp",
    "metric": "test_accuracy", "first": "split_fixed", "second": "unseeded", "n_planned": 50, "n_first": 50,
    "n_second": 50, "estimate": 1.1, "p": 0.2, "p_holm": 0.4, "verdict": "not_shown",
}  # fmt: skip


def prose(source: str) -> str:
    """A Typst source without comments, labels, citations and those strings that are names."""
    names = {number.name for number in number_table.NUMBERS} | {"confidence"}
    text = re.sub(r"^\s*//.*$", "", source, flags=re.MULTILINE)
    text = re.sub(r'"([^"]*)"', lambda found: "" if found[1] in names or found[1].endswith("_1") else found[1], text)
    return re.sub(r"(?<!\w)@[\w-]+|<[\w-]+>", "", text)


def test_text_holds_no_number(root: Path) -> None:
    text = prose((root / "paper" / "study.typ").read_text(encoding="utf-8"))
    # Paths of figures and the like hold none either; names of numbers are left out above.
    found = [line.strip() for line in HARMLESS.sub("", text).splitlines() if re.search(r"\d", line)]
    assert found == []
    flat = re.sub("|".join(PHRASES), "", " ".join(text.split()), flags=re.IGNORECASE)
    assert [found[0] for found in WRITTEN.finditer(flat)] == []


def test_no_semicolon_is_taken_for_the_end_of_a_command(root: Path) -> None:
    """Typst swallows one that follows a call; it must be escaped there."""
    text = (root / "paper" / "study.typ").read_text(encoding="utf-8")
    assert re.findall(r"#[\w-]+(?:\([^()]*\)|\[[^\[\]]*\])+;", text) == []
    assert re.findall(r"[)\]];\s", text) == []


def test_words_hold_no_number(root: Path) -> None:
    """In words.typ digits belong to the arithmetic: none stands in what is printed."""
    source = (root / "paper" / "words.typ").read_text(encoding="utf-8")
    printed = re.findall(r"\[([^\[\]#]*)\]", source) + re.findall(r'"([^"]*)"', source)
    assert [text for text in printed if re.search(r"\d", text) and "numbers.json" not in text] == []


def test_numbers_of_other_papers_name_their_reference_and_every_reference_is_cited(root: Path) -> None:
    text = (root / "paper" / "study.typ").read_text(encoding="utf-8")
    references = yaml.safe_load((root / "paper" / "references.yml").read_text(encoding="utf-8"))
    cited = yaml.safe_load((root / "paper" / "cited.yml").read_text(encoding="utf-8"))
    assert set(re.findall(r"(?<!\w)@([a-z]+\d{4})", text)) == set(references)
    assert set(re.findall(r'#cited\("([\w-]+)"\)', text)) == set(cited)
    assert {entry["source"] for entry in cited.values()} <= set(references)


@pytest.mark.parametrize(
    ("distinct", "expected"),
    [
        (1, "all 30 runs gave the same fitted weights"),
        (7, "the 30 runs gave 7 different fitted weights"),
        (30, "no two of the 30 runs gave the same fitted weights"),
    ],
)
def test_agreement_of_runs_is_worded_by_their_number(study: Any, distinct: int, expected: str) -> None:
    study.put_arms({"distinct_weights": distinct})
    assert expected in study.words()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"verdict": "shown", "p_holm": 0.0004}, "spread: it does (ratio 1.10, n = 50, adjusted p < 0.001)"),
        ({}, "spread: no change was shown (ratio 1.10, n = 50, adjusted p = 0.400)"),
        ({"verdict": "too_few", "n_first": 2}, "there were fewer runs than planned (2 instead of 50)"),
        ({"verdict": "not_measured", "p": None, "p_holm": None}, "spread: it could not be tested here"),
    ],
)
def test_verdict_on_a_contrast_is_worded_by_the_table(study: Any, changes: dict[str, Any], expected: str) -> None:
    study.put("statistics/contrasts.tsv", VERDICT | changes)
    assert expected in study.words()


@pytest.mark.parametrize(
    ("interval", "said"), [((0.9, 1.1), True), ((1.01, 1.1), False), ((0.8, 0.9), False), ((None, None), False)]
)
def test_no_difference_is_claimed_only_by_an_interval_that_holds_one(
    study: Any, interval: tuple[float | None, float | None], said: bool
) -> None:
    row = {"workload": "digits_mlp", "level": "deterministic", "quantity": "total_seconds", "n": 10, "failed": 0}
    row |= {"weights": 1, "median": 3.0, "ratio": 1.04, "low": interval[0], "high": interval[1]}
    study.put("statistics/costs.tsv", row)
    assert ("no measurable difference" in study.words()) is said


def test_changed_table_changes_the_text(study: Any) -> None:
    study.put_shares({})
    assert "94.3 % (91.0 to 97.6 %, n = 216) trace their runs" in study.words()
    study.put_shares({"standardised": 0.123, "standardised_low": 0.1, "standardised_high": 0.15, "n": 1216})
    changed = study.words()
    assert "12.3 % (10.0 to 15.0 %, n = 1,216) trace their runs" in changed
    assert "94.3" not in changed


def test_what_was_not_measured_is_said(study: Any) -> None:
    said = study.words()
    assert "not measured" in said
    assert re.findall(r"\bnone\b(?! with all features)", said) == [], "a missing value was printed"
    study.put_arms({})
    assert said.count("not measured") > study.words().count("not measured") > 0


def test_two_runs_give_the_same_bytes(study: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In another folder, in another time zone, at another time."""
    first = study.pdf().read_bytes()
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    assert study.pdf().read_bytes() == first
    assert os.fsencode(tmp_path) not in first


def test_missing_figure_is_told_in_one_line(study: Any, root: Path) -> None:
    missing = study.figures[0]
    sources, listed, target = sorted((root / "paper").glob("*.*")), study.figures, study.root / "study.pdf"
    missing.unlink()
    with pytest.raises(StudyError, match=rf"{missing.name}: no such file; run the rule that makes it first") as told:
        typesetting.compile_pdf(sources, study.numbers(), listed, target)
    assert "\n" not in str(told.value)
    # Not given at all: Typst's own complaint, with the place in the text.
    with pytest.raises(StudyError, match=rf"^paper/layout\.typ:\d+:\d+: file not found .*{missing.name}") as told:
        typesetting.compile_pdf(sources, study.numbers(), study.figures, target)
    assert "\n" not in str(told.value)
    assert not target.exists()


def test_number_that_nobody_declared_is_told_in_one_line(study: Any, root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "paper", tmp_path / "paper")
    with (tmp_path / "paper" / "study.typ").open("a") as text:
        text.write('\n#value("arm.no.such.thing")\n')
    with pytest.raises(StudyError, match=r"no number 'arm\.no\.such\.thing'; declare it in traceability/paper") as told:
        typesetting.compile_pdf(
            sorted((tmp_path / "paper").iterdir()), study.numbers(), study.figures, tmp_path / "study.pdf"
        )
    assert "\n" not in str(told.value)


def test_figures_of_the_text_are_found(root: Path) -> None:
    names = typesetting.figures_of(root / "paper" / "study.typ")
    assert len(names) >= 5 and all(name.endswith(".svg") for name in names)
    with pytest.raises(StudyError, match=r"no\.typ: no such file"):
        typesetting.figures_of(root / "no.typ")
