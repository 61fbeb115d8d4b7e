"""The numbers of the paper are those of the tables, and what was not measured has no number."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from traceability.capture.fields import NAMES
from traceability.capture.tables import VERDICTS
from traceability.errors import StudyError
from traceability.paper import number_table, numbers
from traceability.paper.numbers import Number
from traceability.replay.reasons import REASONS, STAGES
from traceability.statistics import corpus_shares, plan

ARMS = "statistics/arms.tsv"


def cells(root: Path, name: str, column: str) -> set[str]:
    """What a table of the configuration holds in a column."""
    frame = pd.read_csv(root / "config" / name, sep="\t", dtype=str, keep_default_na=False)
    return set(frame[column])


def test_value_n_and_interval_are_those_of_the_row(study: Any) -> None:
    study.put_shares({}, {"function": "autolog", "standardised": 0.26})
    found = numbers.collect(number_table.NUMBERS, study.root)["corpus.traces_any"]
    assert (found["value"], found["n"], found["low"], found["high"]) == (0.943, 216, 0.91, 0.976)


def test_what_was_not_measured_has_no_value(study: Any) -> None:
    found = numbers.collect(number_table.NUMBERS, study.root)
    assert {name for name, entry in found.items() if entry["value"] is not None} == set()


def test_cell_that_is_empty_has_no_value(study: Any) -> None:
    study.put_arms({"sd": None, "sd_low": None, "sd_high": None, "sd_interval": "one unit"})
    found = numbers.collect(number_table.NUMBERS, study.root)
    assert found["arm.digits_mlp.same_seed.sd"]["value"] is None
    assert found["arm.digits_mlp.same_seed.distinct"]["value"] == 1


def test_counts_are_of_the_rows_that_were_chosen(study: Any) -> None:
    rows = [{"arm": f"arm {number}", "distinct_weights": distinct} for number, distinct in enumerate((1, 1, 2, 5))]
    study.put_arms(*rows, {"metric": "test_loss"})
    where = {"metric": "test_accuracy"}

    def take(how: Any, **more: Any) -> dict[str, Any]:
        number = Number("it", ARMS, "count", "distinct_weights", where=where, take=how, **more)
        return numbers.collect([number], study.root)["it"]

    assert (take("count", among={"distinct_weights": "1"})["value"], take("count")["n"]) == (2, 4)
    assert take("sum")["value"] == 9
    assert take("distinct")["value"] == 3
    assert (take("max", label="arm")["value"], take("max", label="arm")["label"]) == (5, "arm 3")
    assert take("min", n="n")["n"] == 30


def test_latencies_of_the_text_are_those_of_servers_without_accounts(study: Any) -> None:
    """A server that checks passwords has one worker and a kept connection too, and is the slowest of all."""
    kept: dict[str, Any] = {"store": "server", "n": 40, "low_ms": 1.0, "high_ms": 900.0, "connection": "kept"}
    study.put(
        "storage/latency.tsv",
        *(
            kept | {"workers": workers, "loop": loop, "accounts": accounts, "median_ms": milliseconds} | more
            for workers, loop, accounts, milliseconds, more in (
                (1, "asyncio", "none", 7.6, {}),
                (1, "asyncio", "checked", 246.0, {}),
                (1, "asyncio", "remembered", 9.0, {}),
                (2, "asyncio", "none", 48.0, {}),
                (2, "asyncio", "checked", 290.0, {}),
                (2, "asyncio", "none", 9.5, {"connection": "new"}),
                (2, "asyncio", "checked", 250.0, {"connection": "new"}),
                (2, "uvloop", "none", 7.7, {}),
                (2, "uvloop", "checked", 247.0, {}),
            )
        ),
    )
    found = numbers.collect(number_table.NUMBERS, study.root)
    medians = {name.removeprefix("latency."): at["value"] for name, at in found.items() if name.startswith("latency.")}
    assert medians == {"one": 7.6, "several": 48.0, "several_new": 9.5, "several_uvloop": 7.7}


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (
            lambda study: (study.root / "results" / ARMS).unlink(),
            "arms.tsv: no such table; check its name, or run the rule that makes it first",
        ),
        (lambda study: (study.root / "results" / ARMS).write_text("workload\n"), "arms.tsv: column 'arm' is missing"),
        (
            lambda study: study.put_arms({}, {"metric": "test_loss"}),
            "'it' needs one row where {'arm': 'same_seed'}, but 2 fit",
        ),
    ],
)
def test_broken_tables_are_told_in_one_line(study: Any, break_it: Callable[[Any], Any], expected: str) -> None:
    break_it(study)
    with pytest.raises(StudyError, match=re.escape(expected)) as told:
        numbers.collect([Number("it", ARMS, "count", "n", where={"arm": "same_seed"})], study.root)
    assert "\n" not in str(told.value)


def test_every_number_is_read_from_a_declared_table_and_columns() -> None:
    for number in number_table.NUMBERS:
        known = numbers.declared_table(number.table).column_names
        assert set(number.columns) <= set(known), f"{number.name}: {set(number.columns) - set(known)}"
    with pytest.raises(StudyError, match=r"no table statistics/arm\.tsv .* did you mean '.*arms\.tsv'"):
        numbers.declared_table("statistics/arm.tsv")


def test_every_filter_asks_for_something_that_can_be_there(root: Path) -> None:
    """A row that nobody writes would be told as 'not measured' for ever."""
    preregistered = plan.read(root / "config" / "preregistration.yaml")
    possible: dict[str, set[str]] = {
        "launch_mode": cells(root, "launch_modes.tsv", "launch_mode"),
        "tracking": cells(root, "trackings.tsv", "tracking"),
        "system": cells(root, "trackers.tsv", "system"), "version": cells(root, "trackers.tsv", "version"),
        "field": set(NAMES), "verdict": set(VERDICTS), "record": cells(root, "replays_paper.tsv", "record"),
        "environment": cells(root, "replays_paper.tsv", "environment"),
        "defect": cells(root, "replays_paper.tsv", "defect"),
        "stage": {*STAGES, "same_result", "bitwise", ""}, "reason_alone": set(REASONS),
        "workload": cells(root, "arms.tsv", "workload"), "arm": cells(root, "arms.tsv", "arm"),
        "store": cells(root, "stores.tsv", "store"), "contrast": set(preregistered.confirmatory.contrasts),
        "metric": {about.metric for about in preregistered.primary_metrics.values()},
        "function": {*corpus_shares.FUNCTIONS, "uses_mlflow", "any_other_tracker", "of this kind",
                     *number_table.SIGNALS},
    }  # fmt: skip
    crossed = cells(root, "arms.tsv", "options")
    possible["source"] = {found for words in crossed for found in re.findall(r"\{(\w+)\}", words)} | {
        "residual",
        "published",
    }
    levels = cells(root, "costs.tsv", "arm")
    for number in number_table.NUMBERS:
        for column, value in (*number.where.items(), *number.among.items()):
            wanted = {value} if isinstance(value, str) else set(value)
            (known,) = [c for c in numbers.declared_table(number.table).columns if c.name == column]
            if allowed := known.values:  # noqa: PD011 - no data frame
                assert wanted <= {*allowed, ""}, f"{number.name}: {column} {wanted}"
            if column == "level" and number.table.endswith("costs.tsv"):
                assert wanted <= levels, f"{number.name}: {wanted - levels}"
            if column in possible:
                assert wanted <= possible[column], f"{number.name}: {column} {wanted - possible[column]}"


def names_in(text: str) -> re.Pattern[str]:
    """What fits the names that a Typst source asks for: whole strings, and strings put together with variables."""
    found = []
    for parts in re.findall(r'"[^"\n]*"(?:\s*\+\s*(?:"[^"\n]*"|\w+))*', text):
        pieces = re.findall(r'"[^"]*"|\w+', re.sub(r'"([^"]*)"', lambda m: f'"{m[1]}"', parts))
        # Only what the text calls `name` is a name with points in it.
        fits = [re.escape(p[1:-1]) if p[0] == '"' else r"[\w.]+" if p == "name" else r"[\w &]+" for p in pieces]
        found.append("".join(fits))
    return re.compile("|".join(found))


def test_every_number_is_used_or_goes(root: Path) -> None:
    asked = names_in((root / "paper" / "study.typ").read_text(encoding="utf-8"))
    # How words.typ looks up what belongs to a contrast.
    inside = names_in((root / "paper" / "words.typ").read_text(encoding="utf-8"))
    unused = [n.name for n in number_table.NUMBERS if not asked.fullmatch(n.name) and not inside.fullmatch(n.name)]
    assert unused == []
