"""Two readings of the same projects made into one table of labels: what both name, and what has to be looked at again.

    python -m traceability.corpus.readings FOLDER_A FOLDER_B [--decided TABLE] --projects TABLE --sites TABLE

Each folder holds `*.tsv` (a row per call site: repository, path, cell, line, column, route, remark) and
`*.projects.tsv` (a row per project with 0/1 columns). What only one reading names is printed, to be decided by a third
look at the code, which does not see what the scanner says; `--decided` is the table of these decisions (the same
columns, and `truth`). Route `none` is a place that a reader decided against and is no site.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from traceability.corpus import tables
from traceability.corpus.independent import SITE
from traceability.errors import StudyError
from traceability.study.registry import read_frame

#: Lines that two readers may count differently for one call over several lines.
NEAR = 5
#: What a reader says of a whole project.
PROJECT = ("uses_mlflow", "wrapper", "seeds")
_PLACE = ["repository", "file", "cell", "column"]


def sites(folder: Path) -> pd.DataFrame:
    """Call sites of one reading: `SITE`, and 0/1 `ambiguous`. Raises `StudyError` for a folder without any."""
    paths = sorted(path for path in folder.glob("*.tsv") if not path.name.endswith(".projects.tsv"))
    if not paths:
        raise StudyError(f"{folder}: no reading; expected batch1.tsv and so on")
    whole = pd.concat([read_frame(path, {"remark": "str", "path": "str"}) for path in paths], ignore_index=True)
    whole = whole.rename(columns={"path": "file"})
    whole["ambiguous"] = whole["remark"].fillna("").str.lower().str.startswith("ambiguous").astype(int)
    named = whole[whole["route"] != "none"]
    return named[[*SITE, "ambiguous"]].groupby(SITE, as_index=False).max()


def projects(folder: Path) -> pd.DataFrame:
    """What one reading says of each project (index): `PROJECT` and `ambiguous`."""
    paths = sorted(folder.glob("*.projects.tsv"))
    whole = pd.concat([read_frame(path, {"remark": "str"}) for path in paths], ignore_index=True)
    return whole.set_index("repository")[[*PROJECT, "ambiguous"]].sort_index()


def together(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Both readings side by side: `SITE`, `reader_1`, `reader_2`, `ambiguous`; a call counted `NEAR` lines off is one.

    Such pairs take the first reading's line.
    """
    both = first.merge(second, on=SITE, how="outer", suffixes=("_1", "_2"), indicator=True)
    both["reader_1"] = (both["_merge"] != "right_only").astype(int)
    both["reader_2"] = (both["_merge"] != "left_only").astype(int)
    both["ambiguous"] = both[["ambiguous_1", "ambiguous_2"]].max(axis=1).fillna(0).astype(int)
    both = both[[*SITE, "reader_1", "reader_2", "ambiguous"]].reset_index(drop=True)
    return _paired(both, "reader_1", "reader_2")


def _paired(both: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """`both` without the rows of `other` that are rows of `one` a few lines off."""
    gone: list[int] = []
    for _, part in both[both[one] != both[other]].groupby(_PLACE):
        left = list(part.index[part[one] == 1])
        for row in part.index[part[other] == 1]:
            near = [place for place in left if abs(both.loc[place, "line"] - both.loc[row, "line"]) <= NEAR]
            if near:
                twin = min(near, key=lambda place: abs(both.loc[place, "line"] - both.loc[row, "line"]))
                left.remove(twin)
                both.loc[twin, other] = 1
                both.loc[twin, "ambiguous"] = max(both.loc[twin, "ambiguous"], both.loc[row, "ambiguous"])
                gone.append(row)
    return both.drop(index=gone).reset_index(drop=True)


def settled(both: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """`both` with `truth`: what both readings name, and else what `decided` says; NA where it says nothing."""
    made = both.merge(decided[[*SITE, "truth"]], on=SITE, how="left")
    agreed = made["reader_1"] == made["reader_2"]
    made["truth"] = made["truth"].where(~agreed, 1).astype("Int64")
    return made


def flags(said: pd.DataFrame, labelled: pd.DataFrame) -> pd.DataFrame:
    """Columns of the usage table for each project of `said` (index), from the sites that are true and what was said."""
    made = said.copy()
    true = labelled[labelled["truth"] == 1]
    for column in sorted(set(labelled["column"]) - set(PROJECT)):
        made[column] = made.index.isin(true.loc[true["column"] == column, "repository"]).astype(int)
    made["traces_direct"] = made[["log_param", "log_metric", "autolog"]].max(axis=1)
    made["traces_any"] = made[["traces_direct", "wrapper"]].max(axis=1)
    return made


def main() -> None:
    """Print what is undecided; write both tables of labels where nothing is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--decided", type=Path)
    parser.add_argument("--corpus", type=Path, default=Path("config/projects.tsv"))
    parser.add_argument("--projects", type=Path)
    parser.add_argument("--sites", type=Path)
    given = parser.parse_args()
    whole = together(sites(given.first), sites(given.second))
    decided = read_frame(given.decided) if given.decided else pd.DataFrame(columns=[*SITE, "truth"])
    labelled = settled(whole, decided)
    open_ = labelled[labelled["truth"].isna()]
    said = [projects(folder) for folder in (given.first, given.second)]
    differ = [
        (name, column)
        for column in PROJECT
        for name in said[0].index[said[0][column] != said[1].loc[said[0].index, column]]
        if decided[(decided["repository"] == name) & (decided["column"] == f"project:{column}")].empty
    ]
    if len(open_) or differ:
        sys.stdout.write(open_.to_csv(sep="\t", index=False))
        sys.stdout.writelines(f"{name}\t\t\t\tproject:{column}\n" for name, column in differ)
        sys.exit(f"{len(open_)} sites and {len(differ)} flags are not decided")
    agreed = said[0][[*PROJECT]].copy()
    for row in decided[decided["column"].str.startswith("project:")].to_dict("records"):
        agreed.loc[str(row["repository"]), str(row["column"]).removeprefix("project:")] = int(row["truth"])
    commits = tables.PROJECTS.read(given.corpus).set_index("repository")["commit"]
    made = flags(agreed, labelled)
    named = [
        flags(said[number][[*PROJECT]], labelled.assign(truth=labelled[f"reader_{number + 1}"])) for number in (0, 1)
    ]
    apart = named[0].ne(named[1])
    differs = {str(name): ";".join(apart.columns[row]) for name, row in zip(apart.index, apart.to_numpy(), strict=True)}
    made["ambiguous"] = [int(max(one.loc[name, "ambiguous"] for one in said)) for name in made.index]
    made["reader2_differs"] = [differs[str(name)] for name in made.index]
    made.insert(0, "commit", [commits[str(name)] for name in made.index])
    made.to_csv(given.projects, sep="\t", index_label="repo")
    labelled.insert(1, "commit", labelled["repository"].map(commits))
    tables.FRESH_CALLS.write(labelled.to_dict("records"), given.sites)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
