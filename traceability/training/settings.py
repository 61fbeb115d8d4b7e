"""Configuration of the training chapter."""

from __future__ import annotations

from pydantic import Field

from traceability.study.settings import Settings, Source


class FashionMnist(Settings):
    """Sizes of the study's own experiment, whose runs take minutes."""

    arms: list[str] = Field(default=["unseeded", "same_seed"], min_length=1)
    """Arms of it that are run; as published all four: unseeded, same_seed, era_unseeded, era_numpy_tf."""
    at_most: int = Field(default=4, ge=2, le=100_000)
    """No arm of it gets more replicates than this; as published 30 and 10."""
    epochs: int = Field(default=3, ge=1, le=1000)
    """Epochs of each training; as published 10."""
    share: float = Field(default=0.3, gt=0, le=1)
    """Share of the images of each part that is used; as published all."""
    batch_size: int = Field(default=6, ge=1, le=10_000)
    """About how many replicates one job runs."""


class Section(Settings):
    """Replicated training runs; the arms themselves are rows of config/arms.tsv."""

    source: Source = "measured"
    """`measured`: on this machine, now; `published`: the raw tables of resources/published/, which is far faster."""
    arms: str = "config/arms.tsv"
    """Table of arms: one row per arm."""
    workloads: str = "config/workloads.tsv"
    """Table of workloads: one row per subject, with the data set it learns from."""
    replicates: int = Field(default=10, ge=2, le=100_000)
    """Replicates of an arm whose row of the table does not say how many."""
    at_most: int = Field(default=10, ge=2, le=100_000)
    """No arm gets more replicates than this (a crossed design has its own size); as published 100,000."""
    crossed_levels: int = Field(default=4, ge=2, le=20)
    """Levels of initialisation, shuffling and split in the crossed design: levels cubed
    replicates; as published 10."""
    batch_size: int = Field(default=48, ge=1, le=10_000)
    """About how many replicates one job runs (fresh controls come on top); a batch mixes all arms of a workload."""
    fresh_controls: int = Field(default=3, ge=0, le=1000)
    """Replicates of each arm that repeats a seed to run as fresh processes too, to check the fork; as published 10."""
    epochs: int = Field(default=10, ge=1, le=1000)
    """Epochs of the networks."""
    fashion_mnist: FashionMnist = Field(default=FashionMnist())
    """Sizes of the experiment on Fashion-MNIST instead of `at_most`, `epochs` and `batch_size`; its arms have no fresh
    controls. Keys: arms, at_most, epochs, share, batch_size."""
    order_seed: int = Field(default=20240115, ge=0, le=2**32 - 1)
    """Seed of the random order in which a batch runs its replicates."""
    costs: str = "config/costs.tsv"
    """Table of the levels whose cost is compared: one row per way of tracking, or of being deterministic."""
    cost_repetitions: int = Field(default=3, ge=2, le=1000)
    """Repetitions of each level; as published 10."""
    cost_epochs: int = Field(default=2, ge=1, le=1000)
    """Epochs of the network in these runs: few, because what is compared is the cost around them."""
