"""Tables of the corpus chapter."""

from __future__ import annotations

from traceability.corpus.scanner import vocabulary
from traceability.study.registry import Column, Table

_REPOSITORY = Column("repository", "str", "owner/name on GitHub, or the folder that was scanned")
_COMMIT = Column("commit", "str", "commit that was scanned; empty for a folder", nullable=True)


def _flag(name: str, meaning: str) -> Column:
    return Column(name, "int", meaning, nullable=True, minimum=0, maximum=1)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "int", meaning, nullable=True, minimum=0)


def _rates(interval: str) -> tuple[Column, ...]:
    """Precision and recall, each with its interval."""
    columns: list[Column] = []
    for name, formula in (("precision", "tp / (tp + fp)"), ("recall", "tp / (tp + fn)")):
        columns += [
            Column(name, "float", formula, nullable=True, minimum=0, maximum=1),
            Column(f"{name}_low", "float", f"lower end of its {interval}", nullable=True),
            Column(f"{name}_high", "float", f"upper end of its {interval}", nullable=True),
        ]
    return tuple(columns)


#: Trackers beside MLflow, each with a 0/1 column of its own.
TRACKERS = tuple(vocabulary.RIVALS)
#: The 0/1 columns that hand labels exist for.
FLAGS = (
    _flag("uses_mlflow", "1: the project's own code imports and uses mlflow"),
    _flag("log_param", "1: calls log_param or log_params"),
    _flag("log_metric", "1: calls log_metric, log_metrics, or log_batch with metrics"),
    _flag("autolog", "1: calls autolog, generic or of a flavor, without disable=True"),
    _flag("log_model", "1: calls log_model of any flavor"),
    _flag("log_artifact", "1: calls log_artifact or log_artifacts"),
    _flag("set_tag", "1: calls set_tag or set_tags (of runs)"),
    _flag("log_input", "1: calls log_input or log_inputs"),
    _flag("start_run", "1: calls start_run"),
    _flag("set_experiment", "1: calls set_experiment"),
    _flag("set_tracking_uri", "1: calls set_tracking_uri (set_registry_uri does not count)"),
    _flag("via_client", "1: uses an MlflowClient"),
    _flag("wrapper", "1: another library, or configuration alone, writes to MLflow for it"),
    _flag("mlproject", "1: holds a file MLproject, in any case"),
    _flag("seeds", "1: fixes or configures a random seed"),
    _flag("traces_direct", "1: log_param, log_metric or autolog in its own code"),
    _flag("traces_any", "1: traces_direct, or tracking by another library or by configuration"),
)

_MORE = (
    _flag("save_model", "1: calls save_model of any flavor"),
    _flag("log_other", "1: calls log_figure, log_dict, log_text, log_image or log_table"),
    _flag("autolog_disabled_only", "1: autolog occurs with disable=True only"),
    _flag("client_logging", "1: logs through a client"),
    _flag("genai", "1: traces calls of language models (mlflow.trace, spans, autolog of such a flavor)"),
    _flag("configured_only", "1: tracks, but only by configuration"),
    _flag("logger_offered", "1: an MLflow logger is configured and nothing chooses it"),
    _count("calls_module", "call sites mlflow.<function>"),
    _count("calls_name", "call sites by a name imported from mlflow"),
    _count("calls_client", "call sites on an MlflowClient"),
    _count("calls_reference", "places that hand a function of MLflow on without calling it"),
    _count("calls_wrapped", "call sites of the project's own functions that call MLflow"),
    _count("calls_library", "call sites of other libraries that write to MLflow"),
    _count("calls_configured", "places in configuration files that switch MLflow on"),
    *(_flag(rival, f"1: uses the tracker {rival}") for rival in TRACKERS),
    _flag("environment_file", "1: declares an environment (requirements, conda, pyproject, setup, Pipfile)"),
    _flag("lock_file", "1: holds a lock file of its environment"),
    _flag("dockerfile", "1: holds a Dockerfile"),
    _flag("data_versioning", "1: versions data (DVC, Git LFS, lakeFS, Pachyderm)"),
    _count("requirements", "requirement lines in requirements and conda files"),
    _count("requirements_pinned", "those that name one exact version"),
    _count("python_files", "the project's own .py files"),
    _count("notebooks", "the project's own notebooks"),
    _count("skipped_virtual_environment", "code files skipped: committed virtual environments"),
    _count("skipped_vendored", "code files skipped: copies of other people's libraries"),
    _count("skipped_checkpoint_copy", "code files skipped: notebook checkpoints"),
    _count("skipped_other", "code files skipped for another reason (caches, recorded runs, build copies)"),
    _count("problems", "rows of this project in the table of problems"),
)

USAGE = Table(
    "corpus/usage.tsv",
    "What each project uses of MLflow: one row per project; counts and flags are empty where it could not be read.",
    (
        _REPOSITORY, _COMMIT,
        Column("status", "str", "scanned, or unavailable", values=("scanned", "unavailable")),
        *FLAGS, *_MORE,
    ),
    key=("repository", "commit"),
)  # fmt: skip

CALLS = Table(
    "corpus/calls.parquet",
    "Every place where a project reaches MLflow: one row per call site.",
    (
        _REPOSITORY, _COMMIT,
        Column("file", "str", "path in the project"),
        Column("line", "int", "line in the file, or in the cell of a notebook", minimum=0),
        Column("column", "int", "column of the line, in bytes from 1; 1 in configuration files", minimum=1),
        Column("cell", "int", "cell of a notebook, counted from 0 over all cells; -1 outside notebooks", minimum=-1),
        Column("api", "str", "what the call resolves to"),
        Column("kind", "str", "what it counts for: a column of usage.tsv, wrapper_<library>, genai, client, other"),
        Column("way", "str", "how MLflow is reached",
               values=("module", "name", "client", "reference", "wrapped", "library", "configured")),
        Column("confidence", "str", "certain: one meaning only; likely: one of several", values=("certain", "likely")),
    ),
)  # fmt: skip

PROBLEMS = Table(
    "corpus/problems.tsv",
    "Files that could not be read as they should, and projects that could not be had.",
    (
        _REPOSITORY, _COMMIT,
        Column("file", "str", "path in the project; empty: the project itself", nullable=True),
        Column("kind", "str", "what is wrong, one fixed word"),
        Column("detail", "str", "more about it", nullable=True),
    ),
)  # fmt: skip

TEXT_SEARCH = Table(
    "corpus/text_search.tsv",
    "The seed study's text search on the same projects: one row per project.",
    (
        _REPOSITORY, _COMMIT,
        *(_flag(flag.name, f"1: the word for {flag.name} occurs in a .py or .ipynb file") for flag in FLAGS
          if flag.name not in ("wrapper", "mlproject", "seeds")),
    ),
    key=("repository", "commit"),
)  # fmt: skip

ACCURACY_COLUMNS = (
    Column("instrument", "str", "resolver (this scanner) or text_search (the seed study's way)",
           values=("resolver", "text_search")),
    Column("column", "str", "column of the usage table"),
    Column("projects", "int", "projects with a truth for this column", minimum=0),
    Column("tp", "int", "said 1, is 1", minimum=0),
    Column("fp", "int", "said 1, is 0", minimum=0),
    Column("fn", "int", "said 0, is 1", minimum=0),
    Column("tn", "int", "said 0, is 0", minimum=0),
    *_rates("Wilson interval"),
    Column("resolver_only_right", "int", "projects where only the resolver is right", minimum=0),
    Column("text_only_right", "int", "projects where only the text search is right", minimum=0),
    Column("mcnemar_p", "float", "exact McNemar test of the two on the same projects", nullable=True),
)  # fmt: skip

SCANNER_ACCURACY = Table(
    "corpus/scanner_accuracy.tsv",
    "Precision and recall of the resolver and of the seed study's text search on the calibration projects.",
    ACCURACY_COLUMNS, key=("instrument", "column"),
)  # fmt: skip

LABEL_ACCURACY = Table(
    "corpus/label_accuracy.tsv",
    "Precision and recall of both on the hand-labelled development projects (METHOD: not for publication as accuracy).",
    ACCURACY_COLUMNS, key=("instrument", "column"),
)  # fmt: skip

#: A rate over fewer positives than this says too little to be printed.
ENOUGH_POSITIVES = 20

INDEPENDENT_ACCURACY = Table(
    "corpus/independent_accuracy.tsv",
    "The frozen scanner against readers who did not see its output: per project, and per call site. Rates over fewer "
    f"than {ENOUGH_POSITIVES} positives are left empty.",
    (
        Column("level", "str", "what is counted: projects, or call sites", values=("project", "call site")),
        Column("column", "str", "column of the usage table"),
        Column("projects", "int", "labelled projects", minimum=0),
        Column("positives", "int", "projects or call sites that the readers name", minimum=0),
        Column("tp", "int", "named by both", minimum=0),
        Column("fp", "int", "named by the scanner only", minimum=0),
        Column("fn", "int", "named by the readers only", minimum=0),
        Column("readers_agree", "float", "share of projects, or of sites named by either, in which both readers agree",
               minimum=0, maximum=1),
        *_rates("interval"),
        Column("interval", "str", "how the intervals are made, or why there is no rate"),
    ),
    key=("level", "column"),
)  # fmt: skip

FRESH_ACCURACY = Table(
    "corpus/fresh_accuracy.tsv",
    "Scanner 2.0.0 against two readings of projects that nobody had seen when it was frozen. Rates over fewer than "
    f"{ENOUGH_POSITIVES} positives are left empty.",
    INDEPENDENT_ACCURACY.columns, key=INDEPENDENT_ACCURACY.key,
)  # fmt: skip

#: Where a word of the text search stands when the scanner does not name the function, nearest to a call first.
_WORD_PLACES = {
    "switched_off": "switched off by disable=True",
    "own_name": "a name in own code that is no call of MLflow's function, such as another library's or an own one",
    "comment_or_string": "a comment or a string of own code",
    "text_or_output": "a text cell or an output of a notebook",
    "others_code": "only in copies of other people's code, such as environments",
}  # fmt: skip

#: From the place that is nearest to a call to the one that is farthest from it.
PLACES_OF_WORDS = tuple(_WORD_PLACES)

WORD_PLACES = Table(
    "resources/labels/text_search.tsv",
    "Why the text search names a function that the scanner does not: the place of the word that is nearest to a call.",
    (
        _REPOSITORY, _COMMIT,
        Column("function", "str", "column of the usage table"),
        Column("place", "str", "; ".join(f"{name}: {said}" for name, said in _WORD_PLACES.items()),
               values=tuple(_WORD_PLACES)),
        Column("file", "str", "a file in which it stands there"),
    ),
    key=("repository", "function"),
)  # fmt: skip

TEXT_SEARCH_BESIDE = Table(
    "corpus/text_search_beside.tsv",
    "The seed study's text search and the resolver on the same projects, function by function.",
    (
        Column("function", "str", "column of the usage table"),
        Column("projects", "int", "projects of the sample", minimum=0),
        Column("resolver", "int", "projects that use it, by the resolver", minimum=0),
        Column("text_search", "int", "projects in which its word occurs", minimum=0),
        Column("resolver_only", "int", "named by the resolver only", minimum=0),
        Column("text_search_only", "int", "named by the text search only", minimum=0),
        Column("mcnemar_p", "float", "exact McNemar test of the two", minimum=0, maximum=1),
        *(Column(name, "int", f"named by the text search only: {said}", minimum=0)
          for name, said in _WORD_PLACES.items()),
        Column("unexplained", "int", "named by the text search only, for a reason that was not looked up", minimum=0),
    ),
    key=("function",),
)  # fmt: skip

#: Kinds of project, as the written rule and the readers name them.
KINDS = ("education", "example", "personal", "organisation")

LABELLED_KINDS = Table(
    "resources/labels/kinds.tsv",
    "Kinds of projects drawn at random, judged by a reader who saw neither the rule nor its output.",
    (
        _REPOSITORY, _COMMIT,
        Column("kind", "str", "what the project is", values=KINDS),
        Column("doubt", "str", "the second most likely kind where the reader hesitated", values=KINDS, nullable=True),
    ),
    key=("repository",),
)  # fmt: skip

#: Kinds of project as two readings of README and file names judge them, `unclear` where these do not say.
JUDGED_KINDS = ("education", "example", "personal", "research", "organisation", "unclear")

KINDS_JUDGED = Table(
    "resources/labels/kinds_judged.tsv",
    "Kinds of projects drawn at random from those that use mlflow, by two readings that did not see each other.",
    (
        _REPOSITORY, _COMMIT,
        Column("kind", "str", "what the project is, by the first reading", values=JUDGED_KINDS),
        Column("doubt", "str", "its second most likely kind", values=JUDGED_KINDS, nullable=True),
        Column("kind_2", "str", "what it is by the second reading", values=JUDGED_KINDS),
        Column("doubt_2", "str", "its second most likely kind", values=JUDGED_KINDS, nullable=True),
    ),
    key=("repository",),
)  # fmt: skip

KIND_AGREEMENT = Table(
    "corpus/kind_agreement.tsv",
    "The written rule for the kind of a project against a reader's judgement.",
    (
        Column("kind", "str", "kind of project, or all", values=(*KINDS, "all")),
        Column("projects", "int", "judged projects", minimum=0),
        Column("by_reader", "int", "projects that are of this kind to the reader", minimum=0),
        Column("by_rule", "int", "projects that are of this kind by the rule", minimum=0),
        Column("both", "int", "of this kind to both", minimum=0),
        Column("near", "int", "the rule gives the reader's first or second choice", minimum=0),
        Column("share", "float", "both / by_reader", nullable=True, minimum=0, maximum=1),
        Column("low", "float", "lower end of its Wilson interval", nullable=True, minimum=0, maximum=1),
        Column("high", "float", "upper end of it", nullable=True, minimum=0, maximum=1),
        Column("kappa", "float", "Cohen's kappa; for all kinds together", nullable=True, maximum=1),
    ),
    key=("kind",),
)

LABELLED_CALLS = Table(
    "resources/labels/independent_calls.tsv",
    "Call sites in executable code that two readers named, independently of each other and of the scanner.",
    (
        _REPOSITORY, _COMMIT,
        Column("file", "str", "path in the project"),
        Column("cell", "int", "cell of a notebook, counted from 0 over all cells; -1 outside notebooks", minimum=-1),
        Column("line", "int", "line of the file or cell on which the call begins", minimum=1),
        Column("column", "str", "column of the usage table that the call sets"),
        Column("reader_1", "int", "1: named by the first reader", minimum=0, maximum=1),
        Column("reader_2", "int", "1: named by the second reader", minimum=0, maximum=1),
    ),
    key=("repository", "file", "cell", "line", "column"),
)  # fmt: skip

FRESH_CALLS = Table(
    "resources/labels/fresh_calls.tsv",
    "Call sites that two readers named in projects that nobody had seen when scanner 2.0.0 was frozen.",
    (
        *LABELLED_CALLS.columns,
        Column("ambiguous", "int", "1: a reader says that it could be decided otherwise", minimum=0, maximum=1),
        Column("truth", "int", "1: a site, as both readers say, or by a third look where they differ", minimum=0,
               maximum=1),
    ),
    key=LABELLED_CALLS.key,
)  # fmt: skip

CALIBRATION_CALLS = Table(
    "corpus/calibration_calls.tsv", "Call sites that the scanner finds in the calibration projects.", CALLS.columns
)

FRAMES = (
    Column("frame", "str", "how the name was found"),
    Column("meaning", "str", "the listing behind it, and its limit"),
    Column("implies_tracking", "int", "1: a project found so tracks by the way it was found", minimum=0, maximum=1),
    Column(
        "stratum",
        "str",
        "course, template, infrastructure or open",
        values=("course", "template", "infrastructure", "open"),
    ),
)
SAMPLING_FRAMES = Table("config/frames.tsv", "Sampling frames of the corpus.", FRAMES, key=("frame",))

PROJECTS = Table(
    "config/projects.tsv",
    "The pinned corpus: one row per project.",
    (
        Column("repository", "str", "owner/name on GitHub"),
        Column("commit", "str", "full commit id"),
        Column("frame", "str", "sampling frame, a row of config/frames.tsv"),
        Column("implies_tracking", "int", "of the frame", minimum=0, maximum=1),
        Column("listed", "str", "date on which name and commit were listed"),
        Column("committed", "str", "date of the commit"),
        Column("licence", "str", "licence by its file at the root, or none"),
        Column("cluster", "str", "repository that stands for all copies of it; the sample holds one per cluster"),
        Column("selected", "int", "1: in the sample; 0: a copy of another one", minimum=0, maximum=1),
        Column("owner", "str", "owner of the repository"),
        Column("kind", "str", "by the written rule", values=KINDS),
        Column("commits", "int", "commits in the history at hand", nullable=True, minimum=0),
        Column("authors", "int", "distinct author addresses in it", nullable=True, minimum=0),
        Column("months", "int", "months with a commit", nullable=True, minimum=0),
        Column("tags", "int", "tags", nullable=True, minimum=0),
        Column("ci", "int", "1: continuous integration is configured", minimum=0, maximum=1),
        Column("tests", "int", "1: holds tests", minimum=0, maximum=1),
    ),
    key=("repository",),
)  # fmt: skip

FETCHED = Table(
    "corpus/fetched/batch.tsv",
    "What became of each project of a batch when it was fetched.",
    (
        Column("repository", "str", "owner/name on GitHub"),
        Column("commit", "str", "full commit id"),
        Column("path", "str", "folder of its bare repository; empty: it is gone", nullable=True),
        Column("detail", "str", "why it is gone", nullable=True),
    ),
    key=("repository",),
)

VERIFIED = Table(
    "corpus/verified.tsv",
    "Projects fetched and scanned again, compared with the published observations.",
    (
        Column("repository", "str", "owner/name on GitHub"),
        Column("commit", "str", "full commit id"),
        Column(
            "verdict",
            "str",
            "what the second scan says; incomplete: it differs, the published one lacked files",
            values=("same", "differs", "incomplete", "gone"),
        ),
        Column("detail", "str", "the difference, or why the project is gone", nullable=True),
    ),
    key=("repository",),
)

USAGE_COUNTS = Table(
    "corpus/usage_counts.tsv",
    "How many projects of each group use each function (counts only; the statistics chapter makes intervals).",
    (
        Column("source", "str", "where the projects come from, with the date of the scan"),
        Column("group", "str", "which projects of it"),
        Column("function", "str", "column of the usage table"),
        Column("k", "int", "projects that use it", minimum=0),
        Column("n", "int", "projects", minimum=0),
    ),
    key=("source", "group", "function"),
)

SAMPLE = Table(
    "corpus/sample.tsv",
    "The sample as the shares are computed from it: one row per selected project that could be scanned.",
    (
        Column("repository", "str", "owner/name on GitHub"),
        Column("owner", "str", "owner of the repository"),
        Column("frame", "str", "sampling frame"),
        Column("implies_tracking", "int", "1: the frame implies that a project tracks", minimum=0, maximum=1),
        Column("stratum", "str", "course, template, infrastructure or open"),
        Column("kind", "str", "education, example, personal or organisation"),
        *FLAGS, *_MORE,
    ),
    key=("repository",),
)  # fmt: skip

LISTED = Table(
    "corpus/listed.tsv",
    "What GitHub's search gave for the configured queries, each repository pinned to a commit.",
    (
        Column("repository", "str", "owner/name on GitHub"),
        Column("commit", "str", "commit of the default branch; empty: it is gone", nullable=True),
        Column("status", "str", "listed, or gone between search and pinning", values=("listed", "gone")),
        Column("query", "str", "first query that gave it"),
        Column("listed", "str", "date of the search"),
        Column("branch", "str", "default branch"),
        Column("fork", "int", "1: a fork", minimum=0, maximum=1),
        Column("owner_type", "str", "User or Organization", nullable=True),
        Column("licence", "str", "licence that GitHub recognises, or none"),
        Column("created", "str", "date of creation", nullable=True),
    ),
    key=("repository",),
)
