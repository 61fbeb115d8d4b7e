"""Tables of the chapter on public records."""

from __future__ import annotations

from traceability.audit.advice import ITEMS, LEVELS, STATES
from traceability.public_records.record_files import KINDS
from traceability.replay.reasons import REASONS
from traceability.study.registry import Column, Table

#: What became of a store.
STATUSES = ("read", "no run", "unreadable", "not in the commit", "unavailable", "gone")
#: What a record says was started.
SOURCES = ("script", "notebook", "kernel", "project", "launcher", "console", "none")
#: Stages of the static funnel, in the order of the road.
STAGES = (
    "commit", "commit_here", "script_here", "command", "data_named", "data_reachable", "environment",
    "resolves_today", "resolves_then", "seed", "flags",
)  # fmt: skip
#: The three that lead to the code that ran (the plan's claim).
LEADS = STAGES[:3]

_REPOSITORY = Column("repository", "str", "owner/name on GitHub")
_STORE = Column("store", "str", "path of the store in the repository")


def _flag(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "int", meaning, nullable=nullable, minimum=0, maximum=1)


def _count(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "int", meaning, nullable=nullable, minimum=0)


def _share(*extra: Column) -> tuple[Column, ...]:
    """A share with its interval and what it was made from."""
    return (
        *extra,
        Column("share", "float", "the share", minimum=0, maximum=1, nullable=True),
        Column("low", "float", "lower end of its interval", minimum=0, maximum=1, nullable=True),
        Column("high", "float", "upper end of its interval", minimum=0, maximum=1, nullable=True),
        Column("interval", "str", "how the interval was made"),
        _count("repositories", "repositories with at least one of the runs"),
        _count("owners", "their owners"),
        _count("runs", "the runs"),
    )


STORES = Table(
    "config/public_stores.tsv",
    "Stores of MLflow records that public repositories commit, one row per store.",
    (
        _REPOSITORY,
        Column("commit", "str", "commit at which the repository is read"),
        _STORE,
        Column("kind", "str", "file store or database", values=KINDS),
        Column("frame", "str", "kind of listing in which the repository was found, a colon, and which"),
        Column("date", "str", "date of the commit (ISO 8601)"),
        _flag("seen", "1: had been looked at before the plan's claim was written"),
    ),
    key=("repository", "store"),
)

RUNS = Table(
    "public_records/runs.parquet",
    "One row per run that is not deleted: counts, presence of fields and states; no name, value or text of the record.",
    (
        _REPOSITORY,
        _STORE,
        Column("run", "str", "first 16 digits of the SHA-256 of the run's id, to find copies"),
        Column("month", "str", "month of its start (UTC)", nullable=True),
        Column("mlflow", "str", "version of MLflow that a logged model names", nullable=True),
        Column("status", "str", "how the run ended", nullable=True),
        Column("source", "str", "what the record says was started", values=SOURCES),
        _count("params", "parameters"),
        _count("metrics", "metrics"),
        _count("points", "points of all metrics' histories"),
        _count("inputs", "data sets logged as inputs"),
        _count("models", "models logged"),
        _flag("autologged", "1: autologging wrote some of it"),
        _flag("nested", "1: the run has a parent"),
        _flag("artifacts", "1: artifacts of the run are in the commit"),
        _flag("python", "1: the version of Python is recorded"),
        _count("requirements", "packages that the record names, with or without a version"),
        _count("pinned", "those of them with one version"),
        Column("requirements_sha256", "str", "SHA-256 of the sorted list, beginning; empty: none", nullable=True),
        Column("level", "int", "level of the audit", minimum=0, maximum=len(LEVELS) - 1),
        *(Column(f"{item}_state", "str", f"state of {item} in the audit", values=STATES) for item in ITEMS),
        Column("missing", "str", "codes of missing pieces, joined by ';'", nullable=True),
        *(
            _flag(name, f"1: {meaning}")
            for name, meaning in {
                "commit": "a full commit id is recorded",
                "commit_here": "and the repository has this commit",
                "script_here": "and the commit holds the recorded script, notebook or MLproject",
                "command": "the command can be rebuilt from the source of the script, without running it",
                "data_named": "a data set's place is recorded",
                "data_reachable": "it is in the commit, or an address of the web or of an object store",
                "environment": "a logged model, or a file beside it, names packages",
                "seed": "a seed is recorded",
                "flags": "a determinism flag or the hash seed is recorded",
            }.items()
        ),
        _flag("script_anywhere", "1: script_here, or the commit has a file of that path below some folder of its own"),
        _count("unmapped", "recorded parameters that the rebuilt command does not take", nullable=True),
        _flag("file_in_repository", "1: the commit holds requirements.txt or a conda environment at its top", True),
        Column("reason", "str", "why the road ends (replay's closed list); empty: it does not end before resolving",
               nullable=True, values=tuple(REASONS)),
    ),
    key=("repository", "run"),
)  # fmt: skip

LISTING = Table(
    "results/public_records/listing.tsv",
    "Repositories that a listing names, whose stores are to be found: what `list_public_stores` begins with.",
    (
        _REPOSITORY,
        Column("commit", "str", "commit at which the repository is to be read"),
        Column("frame", "str", "kind of listing in which the repository was found, a colon, and which"),
        Column("date", "str", "date of the commit (ISO 8601)"),
        _flag("seen", "1: had been looked at before the plan's claim was written"),
    ),
    key=("repository",),
)

AUDITED = Table(
    "public_records/stores.tsv",
    "One row per store: what became of it, and what is known of its repository.",
    (
        _REPOSITORY,
        Column("commit", "str", "commit at which it was read"),
        _STORE,
        Column("kind", "str", "file store or database", values=KINDS),
        Column("status", "str", "what became of it", values=STATUSES),
        Column("detail", "str", "why it was not read", nullable=True),
        Column("schema", "str", "layout: file store, or the version of the database's schema", nullable=True),
        _count("runs", "runs that count"),
        _count("deleted", "runs that are deleted"),
        _count("repeated", "runs that an earlier store of the repository holds too"),
        _count("unreadable", "runs whose record cannot be read"),
        _count("files_missing", "record files of the repository that its copy lacks, or that are too large"),
        _count("commits", "commits before and with this one", nullable=True),
        _count("authors", "their authors", nullable=True),
        _count("months", "calendar months in which they were made", nullable=True),
    ),
    key=("repository", "store"),
)

FETCHED = Table(
    "public_records/fetched/{batch}.tsv",
    "What became of each repository of a batch: where it lies, or why it cannot be had.",
    (
        _REPOSITORY,
        Column("path", "str", "the repository, below the batch's folder or on this machine", True, volatile=True),
        Column("detail", "str", "why it cannot be had", nullable=True, volatile=True),
    ),
    key=("repository",),
)

VERIFIED = Table(
    "public_records/verified.tsv",
    "Repositories drawn at random that were fetched and audited again, beside the published observations.",
    (
        _REPOSITORY,
        Column("verdict", "str", "what came of it", values=("same", "differs", "gone")),
        _count("runs", "runs found now"),
        Column("detail", "str", "what differs", nullable=True),
    ),
    key=("repository",),
)

LISTS = Table(
    "public_records/lists.parquet",
    "Requirement lists that records name, one row per list and version of Python; not published.",
    (
        Column("requirements_sha256", "str", "SHA-256 of the sorted list and of the version of Python, beginning"),
        Column("python", "str", "version of Python, as 3.10; empty: not recorded", nullable=True),
        Column("first_day", "str", "first day on which a run had this list", nullable=True),
        Column("text", "str", "the list, one requirement a line"),
    ),
    key=("requirements_sha256",),
)

RESOLUTIONS = Table(
    "public_records/resolutions.tsv",
    "Whether a requirement list still resolves to wheels of the package index, today and as of the first run's day.",
    (
        Column("requirements_sha256", "str", "SHA-256 of the sorted list and of the version of Python, beginning"),
        Column("as_of", "str", "which packages may be taken", values=("today", "then")),
        _flag("resolves", "1: all of it resolves; empty: it was not asked, or not in time", True),
        Column("reason", "str", "why not", nullable=True,
               values=("no such version", "no wheel", "conflict", "no package of the index", "time", "other")),
        _count("requirements", "lines of the list"),
        Column("asked", "str", "day on which the index was asked"),
    ),
    key=("requirements_sha256", "as_of"),
)  # fmt: skip

REPOSITORIES = Table(
    "public_records/repositories.tsv",
    "One row per repository with at least one run: the unit of every share.",
    (
        _REPOSITORY,
        Column("owner", "str", "its owner, the cluster of every interval"),
        Column("frame", "str", "listing in which it was found"),
        _flag("seen", "1: had been looked at before the plan's claim was written"),
        _count("runs", "runs that count"),
        *(
            _count(name, f"runs with this stage of the road reached by itself: {name.replace('_', ' ')}", nullable=True)
            for name in STAGES
        ),
        _count("leads", "runs that lead to the code that ran"),
        _flag("majority_leads", "1: more than half of its runs lead to the code that ran"),
        _count("commits", "commits of the repository", nullable=True),
        _count("authors", "authors of the repository", nullable=True),
        _count("months", "months in which it was worked on", nullable=True),
    ),
    key=("repository",),
)

FUNNEL = Table(
    "public_records/funnel.tsv",
    "How far records lead, stage by stage, without executing anything.",
    _share(
        Column("stage", "str", "stage, in the order of the road", values=("record", *STAGES)),
        Column("how", "str", "with all stages before it, also without those of the data, or by itself",
               values=("road", "road without data", "alone")),
        Column("measure", "str", "mean share of a repository's runs; repositories with most, or all, of their runs; "
               "share of all runs", values=("mean", "most", "all", "pooled")),
    ),
    key=("stage", "how", "measure"),
)  # fmt: skip

REASONS_OF_STOPS = Table(
    "public_records/reasons.tsv",
    "Why the road of a run ends, from the closed list of replays.",
    _share(Column("reason", "str", "reason", values=("none", *REASONS)), Column("meaning", "str", "in words")),
    key=("reason",),
)

FIELDS = Table(
    "public_records/fields.tsv",
    "Mean share of a repository's runs that hold a field, by need.",
    _share(Column("need", "str", "what the field is needed for"), Column("field", "str", "the field")),
    key=("need", "field"),
)

GROUPS = Table(
    "public_records/groups.tsv",
    "Mean share of a repository's runs with something, by group: year, era, kind of source, upkeep, and so on.",
    _share(
        Column("dimension", "str", "what the runs are grouped by"),
        Column("group", "str", "the group"),
        Column("what", "str", "what the share is of"),
    ),
    key=("dimension", "group", "what"),
)

SENSITIVITY = Table(
    "public_records/sensitivity.tsv",
    "The share of runs that lead to the code that ran, with parts of the data left out.",
    _share(
        Column("left_out", "str", "what was left out, or what alone was kept"),
        Column("measure", "str", "as in funnel.tsv", values=("mean", "most", "all", "pooled")),
    ),
    key=("left_out", "measure"),
)

ADVICE = Table(
    "public_records/advice.tsv",
    "What one more recorded thing would lift: runs that would reach a higher level, and level 3 (enough to try).",
    _share(
        Column("piece", "str", "what would have been recorded"),
        Column("line", "str", "the line, or the variable, that records it"),
        Column("what", "str", "a higher level, or level 3", values=("higher", "enough_to_try")),
        _count("lifted", "runs that would be lifted"),
    ),
    key=("piece", "what"),
)

CODE_AND_RECORDS = Table(
    "public_records/code_and_records.tsv",
    "What the code of a project calls beside what its records hold, for projects of both the corpus and this chapter.",
    (
        Column("function", "str", "logging function in the code"),
        Column("field", "str", "what it would leave in a record"),
        _count("both", "projects with it in the code and in at least one run"),
        _count("code_only", "projects with it in the code and in no run"),
        _count("records_only", "projects with it in a run, though the code does not call it"),
        _count("neither", "projects with neither"),
        _count("projects", "projects that are in both"),
    ),
    key=("function",),
)

CLAIM = Table(
    "public_records/claim.tsv",
    "The plan's one confirmatory claim on public records, and its estimate with parts left out.",
    (
        Column("sample", "str", "all, or without repositories that had been seen before"),
        _count("k", "owners that lead"),
        _count("n", "owners"),
        Column("share", "float", "k / n", nullable=True, minimum=0, maximum=1),
        Column("low", "float", "lower end of the exact interval", minimum=0, maximum=1),
        Column("high", "float", "upper end of the exact interval", minimum=0, maximum=1),
        Column("against", "float", "share that is tested against"),
        Column("p", "float", "exact two-sided p-value; empty for estimates that are no test", nullable=True),
        Column("power", "float", "power with this number of owners at the plan's smallest difference"),
        Column("planned", "int", "owners that were planned for"),
        Column("verdict", "str", "what follows", values=("fewer than half", "more than half", "undecided", "estimate")),
    ),
    key=("sample",),
)

CHECKS = Table(
    "public_records/instrument_checks.tsv",
    "How often the audit of public records was right, where somebody else looked at the same records.",
    (
        Column("check", "str", "who looked, at what"),
        Column("what", "str", "field or stage that was judged"),
        _count("judged", "judgements"),
        _count("positive", "judgements in which it was there, and so could have been missed"),
        _count("errors", "judgements in which the audit was wrong"),
        Column("rate", "float", "errors of judged", minimum=0, maximum=1),
        Column("low", "float", "lower end of its exact interval", minimum=0, maximum=1),
        Column("high", "float", "upper end of its exact interval", minimum=0, maximum=1),
    ),
    key=("check", "what"),
)

SECOND_COUNT = Table(
    "resources/labels/public_second_count.tsv",
    "Every run counted a second time by a program that shares no code with the audit: raw git objects and SQLite.",
    (
        Column("what", "str", "field or stage"),
        _count("judged", "runs compared"),
        _count("positive", "runs in which the second count found something"),
        _count("differing", "runs in which the two differed"),
        _count("errors", "of these, runs in which the audit was wrong and still is"),
        Column("note", "str", "what explains the differences", nullable=True),
    ),
    key=("what",),
)

HAND = Table(
    "resources/labels/public_hand.tsv",
    "Runs drawn at random whose raw files were read by hand: one row per run and field, beside what the audit says.",
    (
        _REPOSITORY,
        Column("run", "str", "as in runs.parquet"),
        Column("field", "str", "field or stage"),
        Column("read", "int", "what the reader found"),
        Column("audited", "int", "what the audit said when the run was read"),
        Column("note", "str", "what explains a difference", nullable=True),
    ),
    key=("repository", "run", "field"),
)
