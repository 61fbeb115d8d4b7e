"""Tables of the storage chapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from traceability.errors import StudyError, nearest
from traceability.study.registry import Column, Table

REFERENCE = "sqlite"
"""The set-up that every ratio refers to and every record is moved from."""

STORES = Table(
    "config/stores.tsv",
    "Storage set-ups: what holds records and artifacts, and what stands between them and the client.",
    (
        Column("store", "str", "name of the set-up"),
        Column("backend", "str", "what holds the records", values=("file", "sqlite", "postgresql")),
        Column("artifacts", "str", "what holds the artifacts", values=("local", "proxied", "s3")),
        Column("workers", "int", "worker processes of the tracking server; 0: no server", minimum=0, maximum=64),
        Column("access", "str", "who may use it: anyone, or accounts", values=("open", "users")),
        Column("durable", "bool", "whether what it acknowledged must survive a crash of any part: databases claim it"),
        Column("meaning", "str", "the set-up in words"),
    ),
    key=("store",),
)


def chosen(table: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of config/stores.tsv that `names` lists, in that order.

    Raises `StudyError` for an unknown name, and where the reference is not among them.
    """
    rows = {row["store"]: row for row in STORES.rows(table)}
    for name in names:
        if name not in rows:
            raise StudyError(f"storage.stores: no set-up '{name}' in {table}; {nearest(name, rows)}")
    if REFERENCE not in names:
        raise StudyError(
            f"storage.stores: '{REFERENCE}' is missing, to which the others are compared; add it to the list"
        )
    return [rows[name] for name in names]


_STORE = Column("store", "str", "set-up (row of config/stores.tsv)")
_REASON = Column("reason", "str", "why it was not measured; empty: it was", nullable=True)

ENTITIES = (
    "experiment",
    "run",
    "param",
    "metric history",
    "tag",
    "dataset input",
    "logged model",
    "model file",
    "artifact",
    "user",
    "permission",
)

MAP = Table(
    "storage/map.tsv",
    "Where each entity of the same experiment lies in each set-up, found by searching the opened stores.",
    (
        _STORE,
        Column("entity", "str", "kind of record", values=ENTITIES, nullable=True),
        Column("kind", "str", "what holds it", values=("table", "file", "object"), nullable=True),
        Column("place", "str", "table and column, or path with ids replaced by <...>", nullable=True),
        Column("count", "int", "rows, files or objects", nullable=True, minimum=1),
        Column("bytes", "int", "bytes of these rows (their values), files or objects", nullable=True, volatile=True),
        _REASON,
    ),
    key=("store", "entity", "kind", "place"),
)

CONTENTS = Table(
    "storage/contents.tsv",
    "The same experiment read back through MLflow's API from every set-up and compared with what was logged.",
    (
        _STORE,
        Column("entity", "str", "kind of record", nullable=True),
        Column("values", "int", "values read back", nullable=True, minimum=0),
        Column("equal", "bool", "every value is the one that was logged", nullable=True),
        Column("difference", "str", "first differing value, as logged and as read", nullable=True, volatile=True),
        _REASON,
    ),
    key=("store", "entity"),
)


def _interval(name: str, meaning: str) -> tuple[Column, ...]:
    """A geometric mean over rounds, with its interval."""
    low = "lower end of its 95 % interval (t, logarithms); empty for one round"
    meanings = {name: meaning, f"{name}_low": low, f"{name}_high": "upper end"}
    return tuple(
        Column(column, "float", said, nullable=True, minimum=0, volatile=True) for column, said in meanings.items()
    )


COLLABORATION = Table(
    "storage/collaboration.tsv",
    "Processes that write at the same time: metric points acknowledged against metric points found afterwards.",
    (
        _STORE,
        Column("writers", "int", "processes writing at the same time", nullable=True, minimum=1),
        Column(
            "state",
            "str",
            "ready: database migrated before; asynchronous: the same with calls that return at once; fresh: first use",
            values=("ready", "asynchronous", "fresh"),
            nullable=True,
        ),
        Column("n", "int", "rounds; counts are their sums, times their geometric means", nullable=True, minimum=1),
        Column("processes", "int", "writers of all rounds", nullable=True, minimum=1),
        Column("expected", "int", "points that the writers were to log", nullable=True, minimum=0),
        Column("acknowledged", "int", "points whose logging call returned", nullable=True, minimum=0, volatile=True),
        Column("found", "int", "different points found afterwards", nullable=True, minimum=0, volatile=True),
        # How much asynchronous calls and first uses of a database lose depends on timing.
        Column("lost", "int", "acknowledged points that were not found", nullable=True, minimum=0, volatile=True),
        Column("duplicated", "int", "points found more than once", nullable=True, minimum=0, volatile=True),
        Column("torn", "int", "points found with a value that nobody logged", nullable=True, minimum=0, volatile=True),
        Column("failed_writers", "int", "writers that ended with an error", nullable=True, minimum=0, volatile=True),
        Column("reads", "int", "complete readings made meanwhile", nullable=True, minimum=0, volatile=True),
        Column("torn_reads", "int", "readings with a wrong value or an error", nullable=True, minimum=0, volatile=True),
        Column(
            "seconds",
            "float",
            "common beginning, with the store open, to last answer",
            nullable=True,
            minimum=0,
            volatile=True,
        ),
        *_interval("points_per_second", "acknowledged per second"),
        *_interval("ratio", "seconds over SQLite's in the same round, writers and state; none for first uses"),
        Column("error", "str", "what a failed writer saw", nullable=True, volatile=True),
        _REASON,
    ),
    key=("store", "writers", "state"),
)

MEANS = ("SIGKILL", "tmpfs", "RLIMIT_FSIZE")
LOGGING = ("synchronous", "asynchronous")

FAILURES = Table(
    "storage/failures.tsv",
    "What is left after a component is killed, or the disk is full, while a client logs.",
    (
        _STORE,
        Column("event", "str", "what happened", nullable=True),
        Column("means", "str", "how it was brought about", values=MEANS, nullable=True),
        Column("logging", "str", "whether calls wait for the store", values=LOGGING, nullable=True),
        Column("writers", "int", "processes writing when it happened", nullable=True, minimum=1),
        Column("acknowledged", "int", "points whose call returned", nullable=True, minimum=0, volatile=True),
        Column("found", "int", "points found afterwards", nullable=True, minimum=0, volatile=True),
        Column("lost", "int", "acknowledged and not found", nullable=True, minimum=0, volatile=True),
        Column("torn", "int", "points found with a value that nobody logged", nullable=True, minimum=0, volatile=True),
        Column("unacknowledged", "int", "found, but the call did not return", nullable=True, minimum=0, volatile=True),
        Column("artifacts_acknowledged", "int", "files whose upload returned", nullable=True, minimum=0),
        Column("artifacts_lost", "int", "of these, not there as they were", nullable=True, minimum=0),
        # What is left after a kill depends on its timing.
        Column("half", "str", "what is there in part", nullable=True, volatile=True),
        Column("run_status", "str", "status of the runs afterwards", nullable=True, volatile=True),
        Column(
            "continued", "bool", "whether the same runs take further points afterwards", nullable=True, volatile=True
        ),
        Column("seen", "str", "what the client saw, ids and addresses left out", nullable=True, volatile=True),
        _REASON,
    ),
    key=("store", "event"),
)

COST = Table(
    "storage/cost.tsv",
    "Seconds and bytes of logging operations, interleaved over the set-ups, relative to SQLite.",
    (
        _STORE,
        Column("operation", "str", "what was timed", nullable=True),
        Column("size", "int", "how many runs, calls, points or MiB at a time", nullable=True, minimum=1),
        Column("unit", "str", "unit of `median`", nullable=True),
        Column("n", "int", "repetitions: as many as the time allows", nullable=True, minimum=1, volatile=True),
        Column("median", "float", "median", nullable=True, volatile=True),
        Column("low", "float", "lower end of its 95 % bootstrap interval", nullable=True, volatile=True),
        Column("high", "float", "upper end", nullable=True, volatile=True),
        Column("ratio", "float", "median over SQLite's", nullable=True, volatile=True),
        Column("ratio_low", "float", "lower end of its 95 % bootstrap interval", nullable=True, volatile=True),
        Column("ratio_high", "float", "upper end", nullable=True, volatile=True),
        # For a size that is left out, the reason says how long it would have taken.
        replace(_REASON, meaning="why it was not measured, or has no ratio; empty: it was and has", volatile=True),
    ),
    key=("store", "operation", "size"),
)

LATENCY = Table(
    "storage/latency.tsv",
    "Milliseconds per request to a tracking server, by number of workers and by how the client connects.",
    (
        _STORE,
        Column("workers", "int", "worker processes", minimum=1),
        Column("loop", "str", "event loop of the server", values=("asyncio", "uvloop")),
        Column(
            "accounts",
            "str",
            "no accounts, the password checked at every request, or remembered (auth_cache_ttl_seconds)",
            values=("none", "checked", "remembered"),
        ),
        Column(
            "connection",
            "str",
            "one kept connection, one whose client acknowledges each packet at once (TCP_QUICKACK), or a new one each",
            values=("kept", "kept, acknowledged at once", "new"),
        ),
        Column("n", "int", "requests", nullable=True, minimum=1),
        Column("median_ms", "float", "median", nullable=True, volatile=True),
        Column("low_ms", "float", "lower end of its 95 % bootstrap interval", nullable=True, volatile=True),
        Column("high_ms", "float", "upper end", nullable=True, volatile=True),
        _REASON,
    ),
    key=("store", "workers", "loop", "accounts", "connection"),
)

DURABILITY = Table(
    "storage/durability.tsv",
    "What was acknowledged and lost, over all measurements of a set-up with synchronous calls; first use of a fresh "
    "database by several processes, a row of its own in collaboration.tsv, is not among them.",
    (
        _STORE,
        Column("durable", "bool", "whether the set-up claims to keep what it acknowledged (config/stores.tsv)"),
        Column("measurements", "int", "rows of collaboration.tsv and failures.tsv that are counted", minimum=0),
        Column("acknowledged", "int", "points whose call returned", nullable=True, minimum=0, volatile=True),
        Column("lost", "int", "of these, not found afterwards", nullable=True, minimum=0),
        Column("torn", "int", "points found with a value that nobody logged", nullable=True, minimum=0),
        Column("artifacts_acknowledged", "int", "files whose upload returned", nullable=True, minimum=0),
        Column("artifacts_lost", "int", "of these, not there as they were", nullable=True, minimum=0),
        Column("agrees", "bool", "nothing acknowledged was lost or changed, or nothing is claimed", nullable=True),
        _REASON,
    ),
    key=("store",),
)

ACCESS = Table(
    "storage/access.tsv",
    "Attempts of users on an experiment of one of them, and the server's answers.",
    (
        _STORE,
        Column("actor", "str", "who tries: its owner, another account, or nobody", nullable=True),
        Column("permission", "str", "what the other account was given", nullable=True),
        Column("action", "str", "what is tried", nullable=True),
        Column("allowed", "bool", "whether it was done", nullable=True),
        Column("answer", "str", "the server's answer", nullable=True),
        _REASON,
    ),
    key=("store", "actor", "permission", "action"),
)

MOVES = Table(
    "storage/moves.tsv",
    "The same experiment moved from one set-up to another: which values arrive.",
    (
        Column("source", "str", "set-up it was moved from"),
        Column("target", "str", "set-up it was moved to"),
        Column("tool", "str", "how it was moved"),
        Column("entity", "str", "kind of record", nullable=True),
        Column("values", "int", "values there before", nullable=True, minimum=0),
        Column("kept", "int", "of these, the same afterwards", nullable=True, minimum=0),
        Column("lost", "str", "first value that is not, with what became of it", nullable=True, volatile=True),
        _REASON,
    ),
    key=("source", "target", "tool", "entity"),
)
