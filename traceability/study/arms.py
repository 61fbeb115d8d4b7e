"""Arms and workloads: which words follow a subject's `train.py` in one replicate of an arm.

Training and replay both fill an arm's options in here: replicate 3 of an arm is the same command in both.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from traceability.errors import StudyError, nearest


def chosen(
    arms: Iterable[Mapping[str, Any]], workloads: Iterable[Mapping[str, Any]], data_sets: Iterable[str]
) -> list[Mapping[str, Any]]:
    """The arms whose workload learns from one of `data_sets`; all are rows of their tables.

    Raises `StudyError` for an arm of a workload that the table of workloads does not have.
    """
    data_of = {str(row["workload"]): row["dataset"] for row in workloads}
    wanted = set(data_sets)
    kept = []
    for arm in arms:
        name = str(arm["workload"])
        if name not in data_of:
            raise StudyError(
                f"arm '{name}/{arm['arm']}': no workload '{name}' in the table of workloads; {nearest(name, data_of)}"
            )
        if data_of[name] in wanted:
            kept.append(arm)
    return kept


def pair_of(kind: str, replicate: int) -> int:
    """Number of the seed of a replicate: in an arm of kind `seed_varied` two replicates share each seed."""
    return replicate // 2 if kind == "seed_varied" else replicate


def cell_of(replicate: int, levels: int) -> dict[str, int]:
    """The cell of a crossed design with `levels` levels per factor that a replicate has."""
    return {"init": replicate % levels, "shuffle": replicate // levels % levels, "split": replicate // levels**2}


def plan_seed(plan_sha256: str, workload: str, number: int) -> int:
    """Seed number `number` of a workload, derived from the digest of the plan (31 bits).

    Nobody can have seen its results before the plan was written: a changed plan has other seeds.
    """
    named = f"{plan_sha256}:{workload}:{number}"
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:4], "big") >> 1


def options_of(
    arm: Mapping[str, Any],
    replicate: int,
    *,
    crossed_levels: int,
    base_seed: int,
    epochs: int | None,
    share: float = 1.0,
    plan_sha256: str = "",
) -> list[str]:
    """The words of one replicate's command line, with the numbers in braces filled in.

    `arm` is a row of the arms table. {init}, {shuffle} and {split} are known in crossed arms only. {plan_seed} is
    derived from the plan's digest, for confirmatory runs. `epochs` is None for a program that has no option `--epochs`;
    a `share` below 1 is passed to one that can learn from a share of its data. Raises `StudyError` for
    options that cannot be filled in.
    """
    kind = str(arm["kind"])
    known = {"replicate": replicate, "pair": pair_of(kind, replicate), "base_seed": base_seed}
    known["plan_seed"] = plan_seed(plan_sha256, str(arm["workload"]), known["pair"] if kind == "seed_varied" else 0)
    if kind == "crossed":
        known |= cell_of(replicate, crossed_levels)
    try:
        words = shlex.split(str(arm["options"] or "").format(**known))
    except (KeyError, ValueError, IndexError) as error:
        raise StudyError(
            f"config/arms.tsv: options of arm '{arm['workload']}/{arm['arm']}' cannot be filled in ({error}); "
            f"known: {', '.join(f'{{{name}}}' for name in known)}"
        ) from None
    words += [] if epochs is None else ["--epochs", str(epochs)]
    return words if share == 1 else [*words, "--share", f"{share:g}"]
