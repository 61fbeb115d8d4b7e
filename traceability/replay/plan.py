"""Which runs are made and replayed, and which job does it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from traceability.errors import StudyError, nearest


def plan(
    cases: Sequence[Mapping[str, Any]],
    arms: Mapping[tuple[str, str], str],
    *,
    environments: Sequence[str],
    replays_at_most: int,
    batches: int,
    epochs: int,
) -> list[dict[str, Any]]:
    """Rows of `tables.PLAN`, the cases spread evenly over the jobs.

    `arms` gives the options of an arm by (workload, arm); in them {replicate} and {pair} become the replay's number.
    Raises `StudyError` for a case of an unknown arm.
    """
    rows: list[dict[str, Any]] = []
    for case in cases:
        if case["environment"] not in environments:
            continue
        name = (str(case["workload"]), str(case["arm"]))
        if name not in arms:
            known = ["/".join(arm) for arm in arms]
            raise StudyError(f"config/replays.tsv: no arm '{'/'.join(name)}'; {nearest('/'.join(name), known)}")
        for number in range(min(int(case["n"]), replays_at_most)):
            words = shlex.split(arms[name].format(replicate=number, pair=number, base_seed=number))
            if name[0].endswith("_mlp"):
                words += ["--epochs", str(epochs)]
            environment = str(case["environment"]).rpartition("/")[2]
            parts = [*name, case["record"], environment, case["defect"], f"{number:03d}"]
            rows.append({
                "key": "/".join(map(str, parts)), "number": number, "batch": len(rows) % batches,
                "options": json.dumps(words),
                **{key: case[key] for key in ("workload", "arm", "record", "environment", "defect", "expected_reason",
                                              "help")},
            })  # fmt: skip
    return rows
