"""Configuration of the storage chapter."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from traceability.study.settings import Settings, Source

#: Processes that write at once: a PostgreSQL of the study takes 200 connections.
Writers = Annotated[int, Field(ge=1, le=128)]
SingleCalls = Annotated[int, Field(ge=1, le=100_000)]
BatchPoints = Annotated[int, Field(ge=1, le=1_000_000)]


class Section(Settings):
    """Storage set-ups to start, open, load and break."""

    source: Source = "measured"
    """`measured`: on this machine, now; `published`: the raw tables of resources/published/, which is far faster."""
    table: str = "config/stores.tsv"
    """Table of storage set-ups: one row per set-up."""
    stores: list[str] = Field(
        default=[
            "file",
            "sqlite",
            "server_sqlite",
            "server_postgresql_4",
        ],
        min_length=1,
    )
    """Set-ups to measure (rows of the table; as published all). `sqlite` is among them: every ratio needs it."""
    swift: str = ""
    """Folder of an environment that holds OpenStack Swift; empty: the study builds one from the package index."""
    postgresql: str = ""
    """URI of an existing PostgreSQL, such as postgresql://user@host/postgres; the password goes into PGPASSWORD or
    ~/.pgpass, the role needs CREATEDB, what is created is dropped at the end. Empty: the study starts its own."""
    writers: list[Writers] = Field(default=[1, 4], min_length=1)
    """How many processes write at the same time."""
    writers_with_accounts: list[Writers] = Field(default=[1, 4], min_length=1)
    """The same for set-ups with accounts, where each request waits some 0.2 s for its password."""
    load_rounds: int = Field(default=2, ge=1, le=100)
    """How often that is measured on each set-up, in turn with the others; two or more give intervals."""
    runs_per_writer: int = Field(default=2, ge=1, le=1000)
    """Runs that each of these processes creates, one after the other."""
    metrics_per_run: int = Field(default=5, ge=1, le=10_000)
    """Metric points per run, each logged by a call of its own."""
    repetitions: int = Field(default=10, ge=2, le=1000)
    """Timed repetitions of each operation and size on each set-up, interleaved; a first, untimed one warms up."""
    single_calls: list[SingleCalls] = Field(default=[1, 10], min_length=1)
    """Single calls in one repetition, one row of the table each."""
    batch_points: list[BatchPoints] = Field(default=[100, 1000], min_length=1)
    """Metric points logged in batches in one repetition, one row each (MLflow sends at most 1,000 in one request)."""
    upload_mib: int = Field(default=2, ge=1, le=1024)
    """Size of the uploaded model in one repetition."""
    repeat_seconds: float = Field(default=1.0, gt=0, le=3600)
    """An operation is repeated on a set-up until it has taken this long there; `n` says how often that was."""
    at_most_seconds: float = Field(default=5.0, gt=0, le=86_400)
    """A size that would take a set-up longer than this once, judged by the size below, is left out with that reason."""
    requests: int = Field(default=20, ge=5, le=10_000)
    """Small requests per kind of server and connection, to see how long one takes."""
    resamples: int = Field(default=2000, ge=100, le=100_000)
    """Bootstrap resamples for the intervals of medians and ratios."""
    seed: int = Field(default=20240115, ge=0, le=2**32 - 1)
    """Seed of the bootstrap."""
