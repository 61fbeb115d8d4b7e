"""Configuration of the storage chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.configuration import Settings


class Section(Settings):
    """Storage set-ups to start, open, load and break."""

    table: str = "config/stores.tsv"
    """Table of storage set-ups: one row per set-up."""
    stores: list[str] = Field(
        default=[
            "file",
            "sqlite",
            "postgresql",
            "server_sqlite",
            "server_postgresql_1",
            "server_postgresql_4",
            "server_s3",
            "server_users",
        ],
        min_length=1,
    )
    """Set-ups to measure; rows of the table. `sqlite` is always among them, as the reference of every ratio."""
    swift: str = ""
    """Folder of an environment that holds OpenStack Swift; empty: the study builds one from the package index."""
    writers: list[int] = Field(default=[1, 4], min_length=1)
    """How many processes write at the same time, one measurement each."""
    runs_per_writer: int = Field(default=2, ge=1, le=1000)
    """Runs that each of these processes creates, one after the other."""
    metrics_per_run: int = Field(default=10, ge=1, le=10_000)
    """Metric points per run, each logged by a call of its own."""
    repetitions: int = Field(default=10, ge=2, le=1000)
    """Timed repetitions of each operation on each set-up, interleaved; a first, untimed one warms up."""
    single_calls: int = Field(default=5, ge=1, le=300)
    """Single calls in one repetition."""
    batch_points: int = Field(default=500, ge=1, le=100_000)
    """Metric points of the batch in one repetition (MLflow sends at most 1,000 in one request)."""
    upload_mib: int = Field(default=2, ge=1, le=1024)
    """Size of the uploaded file in one repetition."""
    requests: int = Field(default=40, ge=5, le=10_000)
    """Small requests per kind of server and connection, to see how long one takes."""
    resamples: int = Field(default=2000, ge=100, le=100_000)
    """Bootstrap resamples for the intervals of medians and ratios."""
    seed: int = Field(default=20240115, ge=0, le=2**32 - 1)
    """Seed of the bootstrap."""
