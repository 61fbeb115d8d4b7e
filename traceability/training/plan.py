"""Which replicates there are and which job runs them.

A batch is a block (METHOD 10): it holds an even share of every arm of its workload, in a random order that is drawn
from the configuration's seed and recorded. Only an arm with fewer units than there are batches is not in each.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from traceability.study.arms import cell_of, options_of, pair_of
from traceability.training import tables

UNSEEDED = "unseeded"
#: Kinds of arms whose claim is that a run gives itself again: their first replicates also run as fresh processes. Where
#: nothing is fixed two runs differ anyway, and the other seeded arms are made the same way as these.
REPEATS = frozenset({"same_seed", "seed_varied", "split_fixed"})


@dataclass(frozen=True)
class Sizes:
    """How much of everything: the numbers of the configuration that decide what a batch holds."""

    replicates: int
    crossed_levels: int
    batch_size: int
    base_seed: int
    #: None for a program without an option --epochs
    epochs: int | None
    fresh_controls: int = 0
    at_most: int = 10**9
    #: Share of the images that subjects with an option `--share` use.
    share: float = 1.0
    #: Digest of the plan, from which seeds of confirmatory runs are derived.
    plan_sha256: str = ""


@dataclass(frozen=True)
class Replicate:
    """One run of a subject: who it is, and the words that follow `train.py` on its command line."""

    workload: str
    arm: str
    kind: str
    replicate: int
    pair: int
    seed: str
    batch: int
    position: int
    process: str
    evaluation: str
    tracking: str
    options: tuple[str, ...]
    init: int | None = None
    shuffle: int | None = None
    split: int | None = None

    @property
    def key(self) -> str:
        """Name of the replicate, the same in every attempt."""
        suffix = "" if self.process == "forked" else f"-{self.process}"
        return f"{self.workload}/{self.arm}/{self.replicate:04d}{suffix}"

    @property
    def label(self) -> str:
        """Name of the MLflow run and of the replicate's files, unique in its workload."""
        return tables.label(self.arm, self.replicate, self.process)


def replicates_of(arm: Mapping[str, Any], sizes: Sizes) -> int:
    """How many replicates `arm` (a row of the arms table) has; a crossed arm has each cell of its design once."""
    if arm["kind"] == "crossed":
        return sizes.crossed_levels**3
    return min(sizes.at_most, sizes.replicates if arm["replicates"] is None else int(arm["replicates"]))


def process_of(arm: Mapping[str, Any]) -> str:
    """How the replicates of `arm` run here: on macOS, whose frameworks do not survive a fork, none is forked."""
    process = str(arm["process"])
    return "fresh" if sys.platform == "darwin" and process == "forked" else process


def batch_count(arms: Sequence[Mapping[str, Any]], sizes: Sizes) -> int:
    """Number of batches of a workload with these arms (needed when the workflow is planned)."""
    return -(-sum(replicates_of(arm, sizes) for arm in arms) // sizes.batch_size)


def _share(count: int, batch: int, batches: int, unit: int) -> range:
    """The replicates of an arm that batch number `batch` of `batches` holds: even shares of whole units.

    A unit is `unit` replicates: the two runs of a seed stay together.
    """
    units = -(-count // unit)
    first, last = units * batch // batches, units * (batch + 1) // batches
    return range(unit * first, min(unit * last, count))


def batch_of(arms: Sequence[Mapping[str, Any]], batch: int, sizes: Sizes) -> list[Replicate]:
    """The replicates of batch number `batch` in the order in which they run.

    Raises `StudyError` when an arm's options cannot be read.
    """
    batches = batch_count(arms, sizes)
    rows: list[dict[str, Any]] = []
    for arm in arms:
        count = replicates_of(arm, sizes)
        process = process_of(arm)
        controls = sizes.fresh_controls if process == "forked" and arm["kind"] in REPEATS else 0
        for number in _share(count, batch, batches, 2 if arm["kind"] == "seed_varied" else 1):
            rows.append(_row(arm, number, process, sizes))
            if number < controls:
                rows.append(_row(arm, number, "fresh", sizes))
    random.Random(f"{sizes.base_seed}:{arms[0]['workload']}:{batch}").shuffle(rows)  # noqa: S311 - an order, not a secret
    return [Replicate(**row, batch=batch, position=position) for position, row in enumerate(rows)]


def _row(arm: Mapping[str, Any], number: int, process: str, sizes: Sizes) -> dict[str, Any]:
    kind = str(arm["kind"])
    words = options_of(
        arm, number, crossed_levels=sizes.crossed_levels, base_seed=sizes.base_seed, epochs=sizes.epochs,
        share=sizes.share, plan_sha256=sizes.plan_sha256,
    )  # fmt: skip
    seed = words[words.index("--seed") + 1] if "--seed" in words else UNSEEDED
    return {
        "workload": str(arm["workload"]), "arm": str(arm["arm"]), "kind": kind, "replicate": number,
        "pair": pair_of(kind, number),
        "seed": seed, "process": process, "evaluation": str(arm["evaluation"]), "tracking": str(arm["tracking"]),
        "options": tuple(words), **(cell_of(number, sizes.crossed_levels) if kind == "crossed" else {}),
    }  # fmt: skip
