"""The tables of the chapter, made from the observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from traceability.audit.advice import ITEMS, LEVELS, PIECES, STATES, actions
from traceability.public_records import shares
from traceability.public_records.shares import MEASURES, Bootstrap
from traceability.public_records.tables import LEADS, STAGES
from traceability.replay.reasons import REASONS

#: Stages that say something of the data: the road is told with and without them.
_OF_DATA = ("data_named", "data_reachable")
#: Fields of `fields.tsv`: need, name in words, and what makes it present in a row of runs.
_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("code", "a commit", "commit"),
    ("code", "a script, notebook or project by name", "named"),
    ("code", "a notebook's kernel instead", "kernel"),
    ("parameters", "any parameter", "any_param"),
    ("parameters", "the command line", "command_line"),
    ("environment", "the version of Python", "python"),
    ("environment", "packages by name", "environment"),
    ("environment", "all of them with a version", "all_pinned"),
    ("data", "a data set as input", "any_input"),
    ("data", "the place of the data", "data_named"),
    ("randomness", "a seed", "seed"),
    ("randomness", "a determinism flag", "flags"),
    ("results", "any metric", "any_metric"),
    ("results", "a history of a metric", "history"),
    ("results", "a model", "any_model"),
    ("results", "files of the run in the repository", "artifacts"),
    ("how it was logged", "with autologging", "autologged"),
    ("how it was logged", "nested in another run", "nested"),
)
_ERAS = (("2019-06", "before 1.0"), ("2022-11", "1"), ("2025-06", "2"), ("9999", "3"))


def prepared(runs: pd.DataFrame, resolutions: pd.DataFrame) -> pd.DataFrame:
    """Runs with every stage of the road, and with what fields and groups are made of, as columns of 0 and 1."""
    found = runs.assign(repository=runs["repository"].astype(object))
    for as_of in ("today", "then"):
        answers = resolutions[resolutions["as_of"] == as_of]
        known = answers.set_index("requirements_sha256")["resolves"]
        found[f"resolves_{as_of}"] = found["requirements_sha256"].map(known).fillna(0).astype("int64")
    missing = ";" + found["missing"].fillna("").astype(str) + ";"
    made = {
        "named": found["source"].isin(["script", "notebook", "project"]),
        "kernel": found["source"] == "kernel",
        "any_param": found["params"] > 0,
        "command_line": ~missing.str.contains(";command;|;executed;", regex=True),
        "all_pinned": (found["requirements"] > 0) & (found["pinned"] == found["requirements"]),
        "any_input": found["inputs"] > 0,
        "any_metric": found["metrics"] > 0,
        "history": found["points"] > found["metrics"],
        "any_model": found["models"] > 0,
        "leads": found[list(LEADS)].astype("int64").prod(axis=1) == 1,
    }
    return found.assign(**{name: column.astype("int64") for name, column in made.items()})


def repositories(runs: pd.DataFrame, stores: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The rows of `tables.REPOSITORIES`."""
    about = listed.drop_duplicates("repository").set_index("repository")
    history = stores.drop_duplicates("repository").set_index("repository")
    grouped = runs.groupby("repository", sort=True)
    found = pd.DataFrame({"runs": grouped.size()})
    for stage in STAGES:
        found[stage] = grouped[stage].sum().astype("int64")
    found["leads"] = grouped["leads"].sum().astype("int64")
    found["majority_leads"] = (2 * found["leads"] > found["runs"]).astype("int64")
    found["owner"] = found.index.str.partition("/").get_level_values(0)
    for name in ("frame", "seen"):
        found[name] = about[name].reindex(found.index)
    for name in ("commits", "authors", "months"):
        found[name] = history[name].reindex(found.index)
    return found.reset_index()


def funnel(runs: pd.DataFrame, how: Bootstrap) -> Iterator[dict[str, Any]]:
    """The rows of `tables.FUNNEL`."""
    everything = pd.Series(1, index=runs.index)
    for road, skipped in (("road", ()), ("road without data", _OF_DATA), ("alone", ())):
        reached = everything
        for stage in ("record", *STAGES):
            if stage in skipped:
                continue
            here = everything if stage == "record" else runs[stage].astype("int64")
            reached = here if road == "alone" else reached * here
            counts = shares.counted(runs["repository"], reached)
            for measure in MEASURES:
                yield {"stage": stage, "how": road, "measure": measure, **shares.share(counts, measure, how)}


def reasons(runs: pd.DataFrame, how: Bootstrap) -> Iterator[dict[str, Any]]:
    """The rows of `tables.REASONS_OF_STOPS`: the first reason of each run."""
    unresolved = runs["reason"].isna() & (runs["resolves_today"] == 0)
    said = runs["reason"].astype(object).where(~unresolved, "requirement_unresolvable").fillna("none")
    for reason in [name for name in ("none", *REASONS) if (said == name).any()]:
        meaning = "the road does not end before the program would run" if reason == "none" else REASONS[reason][1]
        counts = shares.counted(runs["repository"], said == reason)
        yield {"reason": reason, "meaning": meaning, **shares.share(counts, "mean", how)}


def fields(runs: pd.DataFrame, how: Bootstrap) -> Iterator[dict[str, Any]]:
    """The rows of `tables.FIELDS`."""
    for need, words, column in _FIELDS:
        yield {
            "need": need,
            "field": words,
            **shares.share(shares.counted(runs["repository"], runs[column] == 1), "mean", how),
        }


def groups(runs: pd.DataFrame, units: pd.DataFrame, stores: pd.DataFrame, how: Bootstrap) -> Iterator[dict[str, Any]]:
    """The rows of `tables.GROUPS`."""
    whats = {"leads to its code": runs["leads"], "names packages": runs["environment"], "has a seed": runs["seed"],
             "is enough to try (level 3)": runs["level"] >= 3}  # fmt: skip
    levels = {f"level {number}: {name}": runs["level"] == number for number, name in enumerate(LEVELS)}
    for dimension, labels in _dimensions(runs, units, stores).items():
        for group in sorted(labels.dropna().unique()):
            inside = labels == group
            for what, having in (whats | levels if dimension == "year" else whats).items():
                counts = shares.counted(runs["repository"][inside], having[inside])
                yield {"dimension": dimension, "group": str(group), "what": what, **shares.share(counts, "mean", how)}


def _dimensions(runs: pd.DataFrame, units: pd.DataFrame, stores: pd.DataFrame) -> dict[str, pd.Series]:
    """What runs are grouped by: a label for each run."""
    by_name = units.set_index("repository")
    named = runs["mlflow"].astype(object).str.extract(r"^(\d+)\.")[0].replace({"0": "before 1.0"})
    month = runs["month"].astype(object)
    era = named.where(named.notna(), month.map(_era, na_action="ignore"))

    def of_unit(column: str, ends: tuple[int, ...], words: tuple[str, ...]) -> pd.Series:
        values = runs["repository"].map(by_name[column]).astype("float64")
        return pd.cut(values, [0, *ends, float("inf")], labels=list(words)).astype(object)

    return {
        "year": month.str[:4],
        "MLflow": era,
        "what was started": runs["source"].astype(object),
        "logging": runs["autologged"].map({0: "explicit calls only", 1: "autologging"}),
        "authors": of_unit("authors", (1, 3), ("1 author", "2 or 3 authors", "4 authors or more")),
        "months of work": of_unit("months", (1, 6), ("1 month", "2 to 6 months", "7 months or more")),
        "commits": of_unit("commits", (10, 50), ("at most 10 commits", "11 to 50 commits", "more than 50 commits")),
        "kind of store": _kinds(runs, stores),
        "frame": _family(runs["repository"].map(by_name["frame"])),
    }


def _family(frames: pd.Series[str]) -> pd.Series[str]:
    """The kind of listing: what stands before the colon of a frame."""
    return frames.astype(object).str.partition(":")[0]


def _kinds(runs: pd.DataFrame, stores: pd.DataFrame) -> pd.Series[str]:
    """The kind of store of each run."""
    joined = runs[["repository", "store"]].merge(stores[["repository", "store", "kind"]], how="left")
    return pd.Series(joined["kind"].astype(object).to_numpy(), index=runs.index)


def _era(month: str) -> str:
    """The major version of MLflow that was new in a month."""
    return next(name for first, name in _ERAS if month < first)


def sensitivity(
    runs: pd.DataFrame, units: pd.DataFrame, stores: pd.DataFrame, how: Bootstrap
) -> Iterator[dict[str, Any]]:
    """The rows of `tables.SENSITIVITY`."""
    largest = units.sort_values("runs", ascending=False)["repository"].tolist()
    by_name = units.set_index("repository")
    kinds = _kinds(runs, stores)
    kept: dict[str, pd.Series[bool]] = {
        "nothing": runs["params"] >= 0,
        "the largest repository": ~runs["repository"].isin(largest[:1]),
        "the three largest repositories": ~runs["repository"].isin(largest[:3]),
        "the ten largest repositories": ~runs["repository"].isin(largest[:10]),
        "repositories seen before": runs["repository"].map(by_name["seen"]) == 0,
        "repositories with a single run": runs["repository"].map(by_name["runs"]) > 1,
        "databases": kinds == "file store",
        "file stores": kinds == "sqlite",
    }
    families = _family(runs["repository"].map(by_name["frame"]))
    for family in sorted(families.unique()):
        kept[f"all frames but: {family}"] = families == family
    for measure in MEASURES:
        about = shares.share(shares.counted(runs["repository"], runs["script_anywhere"]), measure, how)
        yield {"left_out": "nothing, and a script in any folder counts", "measure": measure, **about}
    for left_out, inside in kept.items():
        counts = shares.counted(runs["repository"][inside], runs["leads"][inside])
        for measure in MEASURES:
            about = shares.share(counts, measure, how)
            yield {"left_out": left_out, "measure": measure, **about}


def advice(runs: pd.DataFrame, how: Bootstrap) -> Iterator[dict[str, Any]]:
    """The rows of `tables.ADVICE`: the audit's own rule says what each line would lift."""
    shapes = list(zip(_entries(runs), runs["level"].astype(int), strict=True))
    known = {shape: number for number, shape in enumerate(dict.fromkeys(shapes))}  # far fewer than runs
    places = [known[shape] for shape in shapes]
    for action in actions():
        levels = [max(level, action.level_after(entries)) for entries, level in known]
        after = pd.Series([levels[place] for place in places], index=runs.index)
        for what, lifted in (("higher", after > runs["level"]), ("enough_to_try", (after >= 3) & (runs["level"] < 3))):
            about = shares.share(shares.counted(runs["repository"], lifted), "mean", how)
            yield {"piece": action.what, "line": action.line, "what": what, "lifted": int(lifted.sum()), **about}


def _entries(runs: pd.DataFrame) -> list[tuple[tuple[int, tuple[str, ...]], ...]]:
    """For each run, by item: the state's number and the missing pieces, as the audit's advice wants them."""
    items = {code: piece.item for code, piece in PIECES.items()}
    found = []
    for row in runs[[*(f"{item}_state" for item in ITEMS), "missing"]].itertuples(index=False):
        pieces = [code for code in str(row[-1] or "").split(";") if code in items]
        found.append(tuple(
            (STATES.index(row[place]), tuple(code for code in pieces if items[code] == item))
            for place, item in enumerate(ITEMS)
        ))  # fmt: skip
    return found


#: Columns of the corpus' usage, and what such a call leaves in a record.
_CALLS: Mapping[str, tuple[str, str]] = {
    "log_param": ("parameters", "any_param"), "log_metric": ("metrics", "any_metric"),
    "autolog": ("the mark of autologging", "autologged"), "log_model": ("a model", "any_model"),
    "log_artifact": ("files of the run in the repository", "artifacts"), "log_input": ("a data set", "any_input"),
    "seeds": ("a seed", "seed"),
}  # fmt: skip


def code_and_records(runs: pd.DataFrame, usage: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of `tables.CODE_AND_RECORDS`, for repositories that the corpus scanned and whose records hold a run."""
    scanned = usage[usage["log_param"].notna()].drop_duplicates("repository").set_index("repository")
    names = sorted(set(scanned.index) & set(runs["repository"]))
    held = runs[runs["repository"].isin(names)].groupby("repository")
    for function, (words, column) in _CALLS.items():
        calls = scanned.loc[names, function].fillna(0).astype("int64") > 0
        left = held[column].max().reindex(names).fillna(0).astype("int64") > 0
        yield {
            "function": function, "field": words, "both": int((calls & left).sum()),
            "code_only": int((calls & ~left).sum()), "records_only": int((~calls & left).sum()),
            "neither": int((~calls & ~left).sum()), "projects": len(names),
        }  # fmt: skip
