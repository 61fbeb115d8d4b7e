"""Launches as rows of the table: every field with its verdict, and the planted defects with theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from traceability.capture import entries
from traceability.capture.fields import FIELDS, MLFLOW, OURS
from traceability.capture.judges import JUDGES
from traceability.capture.judges.verdict import Launched
from traceability.capture.tables import CAPTURE, NOT_MISLEADING
from traceability.errors import StudyError
from traceability.runtime.files import read_jsonl


def rows(line: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of `tables.CAPTURE` for one launch (a line of a batch); a launch that failed is one row with its reason."""
    case = {name: line[name] for name in ("system", "version", "launch_mode", "tracking")}
    if line.get("reason"):
        return [case | {"reason": line["reason"]}]
    claims = entries.claims(line["system"], line["evidence"], line["tracking"], line["truth"]["explicit"])
    launched = Launched(tuple(claims), line["truth"])
    judged = []
    for field in FIELDS:
        verdict = JUDGES[field.name](launched)
        claim = verdict.claim
        judged.append(case | {
            "need": field.need, "field": field.name, "verdict": verdict.verdict, "share": verdict.share,
            "place": claim.place if claim else None, "by_whom": claim.by_whom if claim else None,
            "expected": short(verdict.expected), "recorded": short(verdict.recorded), "ours": field.need in OURS,
        })  # fmt: skip
    return judged


def short(text: str, limit: int = 300) -> str:
    """One line of at most `limit` characters, fit for a cell of a table."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def planted(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `tables.PLANTED`: every field of every damaged record, with the verdict that it must have.

    Fields that the damage is about must get the verdict that the plan names, and another verdict or share than in the
    same launch undamaged; all others must keep theirs. A damaged record whose launch failed is an error in itself.
    """
    judged = {line["key"]: {row.get("field"): row for row in rows(line)} for line in lines}
    whole = {_case(line): judged[line["key"]] for line in lines if line["defect"] == "none"}
    verdicts = []
    for line in lines:
        if line["defect"] == "none":
            continue
        wanted = _by_field(line["expected"])
        before, after = whole.get(_case(line), {}), judged[line["key"]]
        for name in [field.name for field in FIELDS if field.name in wanted or field.name in before]:
            old, new = before.get(name), after.get(name, {})
            expected = wanted.get(name) or (old or {})["verdict"]
            # A planted field can only be compared where the same launch was also made undamaged.
            noticed = old is None or (new.get("verdict"), new.get("share")) != (old["verdict"], old["share"])
            verdicts.append({
                **{key: line[key] for key in ("tracker", "launch_mode", "tracking", "defect")}, "field": name,
                "planted": name in wanted, "before": old["verdict"] if old else None, "expected_verdict": expected,
                "verdict": new.get("verdict"),
                "error": new.get("verdict") != expected or (name in wanted and not noticed),
                "reason": line.get("reason") or None,
            })  # fmt: skip
    return verdicts


def _by_field(words: str | None) -> dict[str, str]:
    """Verdicts by field, from `field=verdict;field=verdict` of a table."""
    return dict(word.strip().split("=") for word in (words or "").split(";") if word.strip())


def _case(line: Mapping[str, Any]) -> tuple[str, str, str]:
    return line["tracker"], line["launch_mode"], line["tracking"]


def collect(files: Sequence[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `tables.CAPTURE` for sound records in the order of their names, of `tables.PLANTED` for damaged ones,
    and of `tables.CROSSCHECK` for every launch that MLflow recorded."""
    lines = sorted((line for path in files for line in read_jsonl(path)), key=lambda line: line["key"])
    sound = [row for line in lines if line["defect"] == "none" for row in rows(line)]
    checked = [
        {name: line[name] for name in ("key", "version")} | row for line in lines for row in line.get("crosscheck", [])
    ]
    return pd.DataFrame(sound, columns=CAPTURE.column_names), planted(lines), checked


def refuse_errors(damaged: Sequence[Mapping[str, Any]]) -> None:
    """Raise `StudyError` where a planted defect did not get its verdict: then the instrument is wrong."""
    wrong = [row for row in damaged if row["error"]]
    if wrong:
        row = wrong[0]
        raise StudyError(
            f"capture {row['launch_mode']}, {row['tracking']}, planted {row['defect']}: {row['field']} was judged "
            f"'{row['verdict']}', expected '{row['expected_verdict']}' ({len(wrong)} of {len(damaged)} verdicts on "
            f"planted cases are wrong{'; ' + row['reason'] if row['reason'] else ''}); mend the judge or the plan"
        )


def against_expectation(
    captured: pd.DataFrame, modes: Sequence[Mapping[str, Any]], trackers: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of `tables.EXPECTED`; what was not measured has no row.

    For the newest MLflow of the table: the verdict on the commit that config/launch_modes.tsv expects, by itself and
    with the plugin, and that with the plugin nothing else about the code misleads where it is reached (METHOD 7). For
    every tracker: what config/trackers.tsv expects of a plain script.
    """
    versions = captured.loc[captured["system"] == MLFLOW, "version"]
    newest = max(versions, key=numbers, default="")
    others = [field.name for field in FIELDS if field.need == "code_version" and field.name != "commit"]
    wanted: dict[tuple[str, str, str, str, str], str] = {}
    for mode in modes:
        name = mode["launch_mode"]
        wanted[MLFLOW, newest, name, "params_metrics", "commit"] = mode["expected_commit"]
        wanted[MLFLOW, newest, name, "plugin", "commit"] = mode["expected_plugin"]
        if mode["reached"]:
            wanted |= {(MLFLOW, newest, name, "plugin", field): NOT_MISLEADING for field in others}
    for tracker in trackers:
        for field, verdict in _by_field(tracker["expected"]).items():
            wanted[tracker["system"], tracker["version"], "script", "params_metrics", field] = verdict
    key = ["system", "version", "launch_mode", "tracking", "field"]
    measured = captured.dropna(subset=["verdict"]).set_index(key)["verdict"].to_dict()
    compared = []
    for place, expected in wanted.items():
        observed = measured.get(place)
        if observed is not None:
            agrees = observed != "misleading" if expected == NOT_MISLEADING else observed == expected
            row = dict(zip(key, place, strict=True))
            compared.append(row | {"expected": expected, "observed": observed, "agrees": agrees})
    return compared


def numbers(version: str) -> list[int]:
    """A version such as 3.17.2 as numbers, to be compared."""
    return [int(part) for part in version.split(".")]
