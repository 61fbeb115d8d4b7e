"""Tables of the audit."""

from __future__ import annotations

from traceability.audit.advice import ITEMS, LEVELS, STATES
from traceability.audit.causes import RANKS
from traceability.study.registry import Column, Table

AUDIT = Table(
    "audit.tsv",
    "One row per run and item: what the record proves, what it lacks, and the line that would have recorded it.",
    (
        Column("run_id", "str", "the run", volatile=True),
        Column("experiment", "str", "name of its experiment", nullable=True),
        Column("run_name", "str", "its name", nullable=True, volatile=True),
        Column("status", "str", "its status", nullable=True),
        Column("start", "str", "when it began (ISO 8601, UTC)", nullable=True, volatile=True),
        Column("level", "int", "what the whole record is good for, from 0 to 5", minimum=0, maximum=len(LEVELS) - 1),
        Column("level_name", "str", "the level in words", values=LEVELS),
        Column("item", "str", "what the row is about", values=ITEMS),
        Column("state", "str", "how well it is known", values=STATES),
        Column("evidence", "str", "what the record says, separated by '; '", nullable=True, volatile=True),
        Column("missing", "str", "pieces that are missing, separated by '; '", nullable=True),
        Column("line", "str", "the lines of code that would have recorded them, separated by ' # ' and a blank",
               nullable=True),
    ),
    key=("run_id", "item"),
)  # fmt: skip

DRIFT = Table(
    "drift.tsv",
    "One row per fact that two runs can differ in.",
    (
        Column("part", "str", "code, parameters, environment, data, randomness, machine or metrics"),
        Column("name", "str", "the fact"),
        Column("a", "str", "in the first run", nullable=True),
        Column("b", "str", "in the second run", nullable=True),
        Column("verdict", "str", "what the two records say together",
               values=("equal", "differs", "only_a", "only_b", "unknown")),
        Column("difference", "float", "second minus first, for numbers", nullable=True),
        Column("rank", "str", "how likely such a difference changes a result", values=RANKS, nullable=True),
        Column("reason", "str", "the reason for the rank", nullable=True),
    ),
    key=("part", "name"),
)  # fmt: skip
