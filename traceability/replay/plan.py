"""Which runs are made and replayed, and which job does it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from traceability.errors import StudyError, nearest

#: What an arm's options may hold in braces.
_NUMBERED = ("replicate", "pair", "base_seed", "init", "shuffle", "split")


def plan(
    cases: Sequence[Mapping[str, Any]],
    arms: Mapping[tuple[str, str], str],
    *,
    workloads: Collection[str],
    environments: Sequence[str],
    replays_at_most: int,
    batches: int,
    epochs: int,
) -> list[dict[str, Any]]:
    """Rows of `tables.PLAN`, the cases spread evenly over the jobs.

    `arms` gives the options of an arm by (workload, arm); in them {replicate}, {pair} and the levels of a crossed
    design become the replay's number. Cases of other workloads and environments are left out. Raises `StudyError` for
    a case of an unknown arm or options that cannot be read.
    """
    rows: list[dict[str, Any]] = []
    for case in cases:
        name = (str(case["workload"]), str(case["arm"]))
        if name not in arms:
            known = ["/".join(arm) for arm in arms]
            raise StudyError(f"config/replays.tsv: no arm '{'/'.join(name)}'; {nearest('/'.join(name), known)}")
        if case["environment"] not in environments or name[0] not in workloads:
            continue
        for number in range(min(int(case["n"]), replays_at_most)):
            try:
                words = shlex.split(arms[name].format(**dict.fromkeys(_NUMBERED, number)))
            except (KeyError, ValueError, IndexError) as error:
                raise StudyError(
                    f"config/arms.tsv: options of arm '{'/'.join(name)}' cannot be filled in ({error}); "
                    f"known: {', '.join(f'{{{known}}}' for known in _NUMBERED)}"
                ) from None
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
