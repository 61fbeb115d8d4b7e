"""How far a project is maintained, as its history at hand and its file names say; who owns it does not count.

Seven signs, fixed before any share was looked at; a project's place on the scale is the number that it shows. The
history is that of the pinned commit: persons are counted by address, so that one with two addresses counts twice.
"""

from __future__ import annotations

import pandas as pd

#: Sign, and what shows it.
SIGNS = {
    "authors": "at least 3 author addresses", "commits": "at least 50 commits", "months": "commits in 6 months or more",
    "tags": "a tag", "ci": "continuous integration", "tests": "tests", "licence": "a licence",
}  # fmt: skip
_AT_LEAST = {"authors": 3, "commits": 50, "months": 6, "tags": 1, "ci": 1, "tests": 1}
#: Groups of the scale, by the number of signs from and to which they reach.
LEVELS = {"no or one sign": (0, 1), "2 or 3 signs": (2, 3), "4 or 5 signs": (4, 5), "6 or 7 signs": (6, 7)}


def signs(projects: pd.DataFrame) -> pd.DataFrame:
    """0/1 for each of `SIGNS`, one row per row of the table of projects."""
    shown = {name: (projects[name].fillna(0) >= least).astype(int) for name, least in _AT_LEAST.items()}
    return pd.DataFrame(shown | {"licence": (projects["licence"] != "none").astype(int)}, index=projects.index)[
        list(SIGNS)
    ]


def levels(shown: pd.DataFrame) -> pd.Series:
    """The group of `LEVELS` of each row of `signs`."""
    number = shown.sum(axis=1)
    return number.map({n: name for name, (low, high) in LEVELS.items() for n in range(low, high + 1)})
