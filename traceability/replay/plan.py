"""Which runs are made and replayed, and which job does it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from traceability.errors import StudyError, nearest
from traceability.study.arms import options_of


def plan(
    cases: Sequence[Mapping[str, Any]],
    arms: Sequence[Mapping[str, Any]],
    *,
    epochs: Mapping[str, int | None],
    environments: Sequence[str],
    replays_at_most: int,
    batches: int,
    crossed_levels: int,
    base_seed: int,
) -> list[dict[str, Any]]:
    """Rows of `tables.PLAN`, the cases spread evenly over the jobs: neighbours, which import the same, in one job.

    `arms` are rows of the arms table: the n-th replay of an arm has the options of its n-th replicate. `epochs` has
    the workloads that are replayed, with the epochs of their programs (None where there is no such option); cases of
    other workloads and environments are left out. Raises `StudyError` for a case of an unknown arm or options that
    cannot be filled in.
    """
    known = {(str(arm["workload"]), str(arm["arm"])): arm for arm in arms}
    rows: list[dict[str, Any]] = []
    for case in cases:
        name = (str(case["workload"]), str(case["arm"]))
        if name not in known:
            names = ["/".join(arm) for arm in known]
            raise StudyError(f"config/replays.tsv: no arm '{'/'.join(name)}'; {nearest('/'.join(name), names)}")
        if case["environment"] not in environments or name[0] not in epochs:
            continue
        for number in range(min(int(case["n"]), replays_at_most)):
            words = options_of(
                known[name], number, crossed_levels=crossed_levels, base_seed=base_seed, epochs=epochs[name[0]]
            )
            environment = str(case["environment"]).rpartition("/")[2]
            parts = [*name, case["record"], environment, case["defect"], f"{number:03d}"]
            rows.append({
                "key": "/".join(map(str, parts)), "number": number,
                "options": json.dumps(words),
                **{key: case[key] for key in ("workload", "arm", "record", "environment", "defect", "expected_reason",
                                              "help")},
            })  # fmt: skip
    return [row | {"batch": place * batches // len(rows)} for place, row in enumerate(rows)]
