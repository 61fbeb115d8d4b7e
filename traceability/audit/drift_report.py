"""The answer to "why did the number change?": a sentence, candidate causes, observed effects, what is not recorded."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from traceability.audit.causes import RANKS
from traceability.audit.drift import COLUMNS, PARTS
from traceability.audit.effects import Effect
from traceability.runtime.terminal import printable

#: Causes of each rank, and effects, that are listed on the terminal; the others are counted.
_LISTED = {"likely": 20, "possible": 10, "unlikely": 3}
_EFFECTS = 12
_NAMES = 6
_WIDTH = 60


@dataclass(frozen=True)
class Drift:
    """Two runs and all that was found out about their difference."""

    a: str
    b: str
    rows: Sequence[dict[str, Any]]
    effects: Sequence[Effect]
    #: Lines of `git diff --stat` between the two commits, and how far they are apart.
    changes: Sequence[str] = ()
    distance: str = ""

    @property
    def causes(self) -> list[dict[str, Any]]:
        """Rows that may be why a result changed, the most likely first."""
        found = [row for row in self.rows if row["verdict"] == "differs" and row["part"] != "metrics"]
        return sorted(found, key=lambda row: (RANKS.index(row["rank"]), PARTS.index(row["part"]), row["name"]))

    @property
    def differ(self) -> int:
        """Number of facts, metrics included, that both records say, and say differently."""
        return sum(row["verdict"] == "differs" for row in self.rows)

    def count(self, *verdicts: str) -> int:
        """Number of facts with one of these verdicts."""
        return sum(row["verdict"] in verdicts for row in self.rows)


def sentence(found: Drift) -> str:
    """The answer in one or two sentences."""
    causes, effects = found.causes, found.effects
    changed = ""
    if effects:
        changed = f"{effects[0].name} went from {effects[0].a!r} to {effects[0].b!r}"
        changed += f", and {len(effects) - 1} more metrics changed" if len(effects) > 1 else ""
        if all(one.within for one in effects):
            changed += "; repeated runs differ by as much"
    if not causes:
        if not effects:
            return "Nothing that both records say differs."
        missing = _list([row["name"] for row in found.rows if row["verdict"] == "unknown"])
        why = f" What neither record says may be why: {missing}." if missing else ""
        return f"{_begin(changed)}, but no cause that both records say differs.{why}"
    first = causes[0]
    what = f"{'another ' if first['part'] == 'code' else ''}{first['name']}"
    why = f"the most telling difference is {_part(first['part'])} {what} ({first['reason']})"
    others = f", besides {len(causes) - 1} more" if len(causes) > 1 else ""
    if effects:
        return f"{_begin(changed)}; {why}{others}."
    common = any(row["part"] == "metrics" and row["verdict"] == "equal" for row in found.rows)
    lead = "All metrics that both record are equal" if common else "No metric can be compared"
    return f"{lead}; {why}{others}."


def _part(part: str) -> str:
    return {"parameters": "the parameter", "environment": "in the environment,", "code": "in the code,",
            "data": "in the data,", "randomness": "in randomness,", "machine": "in the machine,"}[part]  # fmt: skip


def _begin(text: str) -> str:
    """The sentence as it is: it begins with the name of a metric, which is written as the user wrote it."""
    return text


def lines(found: Drift, everything: bool = False) -> Iterator[str]:
    """Lines for the terminal; what comes from a record stays on its line."""
    yield printable(sentence(found))
    yield from _causes(found.causes, everything)
    if found.changes:
        yield f"code between the commits{f' ({found.distance})' if found.distance else ''}, by git diff --stat:"
        yield from (f"  {printable(line)}" for line in found.changes)
    if found.effects:
        yield "observed effects, a -> b:"
        shown = found.effects if everything else found.effects[:_EFFECTS]
        yield from (f"  {printable(one.words())}" for one in shown)
        if len(found.effects) > len(shown):
            yield f"  and {len(found.effects) - len(shown)} more metrics (--all)"
    missing = list(not_recorded(found.rows))
    if missing:
        yield "not recorded, so neither equal nor different:"
        yield from (f"  {printable(line)}" for line in missing)
    if everything:
        yield "equal:"
        for row in found.rows:
            if row["verdict"] == "equal":
                yield f"  {row['part']:<12} {printable(_flat(row['name']))}: {printable(_flat(row['a']))}"
    unknown = found.count("unknown")
    yield f"{found.differ} differ, {found.count('equal')} equal, {unknown} unknown (in neither record)"


def _causes(causes: Sequence[dict[str, Any]], everything: bool) -> Iterator[str]:
    if causes:
        yield "candidate causes, a -> b, by how likely such a difference changes a result:"
    for rank in RANKS:
        some = [row for row in causes if row["rank"] == rank]
        shown = some if everything else some[: _LISTED[rank]]
        for row in shown:
            a, b = _pair(row["a"], row["b"])
            yield f"  {rank:<9} {row['part']:<12} {printable(_flat(row['name']))}: {printable(a)} -> {printable(b)}"
            yield f"            {row['reason']}"
        if len(some) > len(shown):
            rest = _list([_flat(row["name"]) for row in some[len(shown) :]])
            yield f"  {rank:<9} and {len(some) - len(shown)} more (--all): {printable(rest)}"


def not_recorded(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """One line for each part and side of what a record does not say."""
    for part in PARTS:
        for verdict, who in (("unknown", "neither says"), ("only_a", "only a says"), ("only_b", "only b says")):
            names = [_flat(row["name"]) for row in rows if row["part"] == part and row["verdict"] == verdict]
            if names:
                yield f"{part}: {who} {_list(names)}"


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES])
    return f"{shown} and {len(names) - _NAMES} more" if len(names) > _NAMES else shown


def _pair(a: str, b: str) -> tuple[str, str]:
    """Two values short enough for a line: long ones around the place where they begin to differ."""
    one, two = _flat(a), _flat(b)
    if one == two:
        return one, f"{two} (what is hidden differs)" if "***" in one else f"{two} (in blanks)"
    if max(len(one), len(two)) <= _WIDTH:
        return one, two
    same = next((n for n, (x, y) in enumerate(zip(one, two, strict=False)) if x != y), min(len(one), len(two)))
    begin = max(0, same - _WIDTH // 3)
    return _cut(one, begin), _cut(two, begin)


def _cut(text: str, begin: int) -> str:
    end = begin + _WIDTH
    return ("..." if begin else "") + text[begin:end] + ("..." if end < len(text) else "")


def _flat(value: object) -> str:
    return " ".join(str(value).split())


def as_json(found: Drift) -> str:
    """Everything as JSON."""
    whole = {
        "a": found.a, "b": found.b, "sentence": sentence(found), "differ": found.differ, "equal": found.count("equal"),
        "causes": found.causes, "effects": [one.as_json() for one in found.effects],
        "not_recorded": list(not_recorded(found.rows)), "changes": list(found.changes), "distance": found.distance,
        "rows": list(found.rows),
    }  # fmt: skip
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def as_tsv(found: Drift) -> str:
    """All facts as rows of `tables.DRIFT`."""
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, COLUMNS, delimiter="\t", lineterminator="\n")
    table.writeheader()
    table.writerows(
        {key: printable(_flat(value)) if isinstance(value, str) else value for key, value in row.items()}
        for row in found.rows
    )
    return buffer.getvalue()
