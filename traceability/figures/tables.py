"""Tables of the values that figures show, one beside each figure."""

from __future__ import annotations

from traceability.capture.tables import VERDICTS
from traceability.reproduction.tables import VERDICTS as AGREEMENTS
from traceability.study.registry import Column, Table

ARMS = Table(
    "figures/arms.tsv",
    "Values shown in arms.svg: the primary metric of every unit, its mean and its SD, per arm.",
    (
        Column("workload", "str", "subject (a row of panels)"),
        Column("arm", "str", "arm (a line)"),
        Column("metric", "str", "primary metric of the workload"),
        Column("unit", "str", "unit of the metric"),
        Column("quantity", "str", "value, mean, SD, SD that the size of the test set alone gives, or not measured",
               values=("value", "mean", "sd", "sampling_floor", "not_measured")),
        Column("number", "int", "number of the unit, for single values", nullable=True, minimum=0),
        Column("value", "float", "value in that unit; empty where not measured", nullable=True),
        Column("low", "float", "lower end of the interval, for the SD", nullable=True),
        Column("high", "float", "upper end of the interval, for the SD", nullable=True),
        Column("units", "int", "independent units behind the row", minimum=0),
        Column("distinct_weights", "int", "different fitted weights among the runs", nullable=True),
        Column("n", "int", "runs", minimum=0),
    ),
    key=("workload", "arm", "quantity", "number"),
)  # fmt: skip


PUBLISHED_RUNS = Table(
    "figures/published_runs.tsv",
    "Values shown in published_runs.svg: the published trainings, and ours with where one further is expected.",
    (
        Column("metric", "str", "metric (a panel), as the notebook names it"),
        Column("line", "str", "published, or the libraries of our trainings", values=("published", "today", "era")),
        Column("quantity", "str", "one training, or the mean of ours", values=("value", "mean")),
        Column("number", "int", "number of the training, for single values", nullable=True, minimum=0),
        Column("value", "float", "value; accuracies as shares", nullable=True),
        Column("low", "float", "lower end of where one further training is expected", nullable=True),
        Column("high", "float", "upper end of where one further training is expected", nullable=True),
        Column("n", "int", "our trainings behind the mean", nullable=True, minimum=0),
    ),
    key=("metric", "line", "quantity", "number"),
)  # fmt: skip


def _percent(share: str, interval: str) -> tuple[Column, ...]:
    """A share and the ends of its interval, in percent."""
    words = {
        "share": share,
        "low": f"lower end of {interval} in percent",
        "high": f"upper end of {interval} in percent",
    }
    return tuple(Column(f"{name}_percent", "float", text, minimum=0, maximum=100) for name, text in words.items())


USAGE = Table(
    "figures/usage.tsv",
    "Values shown in usage.svg: share of projects that use a logging function.",
    (
        Column("source", "str", "where the projects come from"),
        Column("group", "str", "which projects, or how they were counted"),
        Column("function", "str", "function or group of functions"),
        Column("k", "int", "projects that use it", minimum=0),
        Column("n", "int", "projects", minimum=1),
        *_percent("share in percent", "the interval"),
        Column("interval", "str", "how the interval was made"),
    ),
    key=("source", "group", "function", "interval"),
)

COSTS = Table(
    "figures/costs.tsv",
    "Values shown in costs.svg: seconds of every repetition, ratio of medians and bytes stored, per level.",
    (
        Column("workload", "str", "subject"),
        Column("level", "str", "level (a line)"),
        Column(
            "quantity",
            "str",
            "single repetition, median or ratio of seconds; bytes per run",
            values=("value", "median", "ratio", "database_bytes", "artifact_bytes"),
        ),
        Column("number", "int", "number of the repetition, for single values", nullable=True, minimum=0),
        Column("value", "float", "seconds, the ratio, or bytes (median)", volatile=True),
        Column("low", "float", "lower end of the ratio's interval", nullable=True, volatile=True),
        Column("high", "float", "upper end of the ratio's interval", nullable=True, volatile=True),
        Column("n", "int", "repetitions", minimum=0),
    ),
    key=("workload", "level", "quantity", "number"),
)

COMPONENTS = Table(
    "figures/components.tsv",
    "Values shown in components.svg: standard deviation by source.",
    (
        Column("workload", "str", "subject"),
        Column("source", "str", "factor, interaction, or residual"),
        Column("sd", "float", "square root of the variance component, negatives cut at 0", minimum=0),
        Column("low", "float", "lower end of its interval; empty with 2 levels", nullable=True, minimum=0),
        Column("high", "float", "upper end of its interval", nullable=True, minimum=0),
        Column("n", "int", "runs of the design", minimum=8),
    ),
    key=("workload", "source"),
)

REPLAY_FUNNEL = Table(
    "figures/replay_funnel.tsv",
    "Values shown in replay_funnel.svg: share of replays that reach a stage.",
    (
        Column("environment", "str", "environment of the replay (a panel)"),
        Column("record", "str", "what was known of the original run (a line)"),
        Column("stage", "str", "stage, in the order of the road"),
        Column("n", "int", "replays", minimum=1),
        Column("reached", "int", "those that reached it from the record alone", minimum=0),
        Column("share_percent", "float", "their share in percent", minimum=0, maximum=100),
        Column("low_percent", "float", "lower end of its interval in percent", minimum=0, maximum=100),
        Column("high_percent", "float", "upper end in percent", minimum=0, maximum=100),
        Column("with_help_percent", "float", "share after a human added fields, in percent", minimum=0, maximum=100),
    ),
    key=("environment", "record", "stage"),
)

STORAGE_MAP = Table(
    "figures/storage_map.tsv",
    "Values shown in storage_map.svg: the places of each entity in each storage set-up.",
    (
        Column("store", "str", "storage set-up (a column of the figure)"),
        Column("entity", "str", "kind of record (a row of the figure)"),
        Column("kind", "str", "what holds it; not measured: a component could not be started", nullable=True),
        Column("shown", "str", "main place as written in the cell; empty where there is none", nullable=True),
        Column("count", "int", "rows, files or objects in the main place", minimum=0),
        Column("places", "int", "places that hold it in all", minimum=0),
    ),
    key=("store", "entity"),
)

STORAGE_COST = Table(
    "figures/storage_cost.tsv",
    "Values shown in storage_cost.svg: medians over SQLite's.",
    (
        Column("operation", "str", "what was timed"),
        Column("size", "int", "how many runs, calls, points or MiB in a row (with the operation, a panel)", minimum=1),
        Column("store", "str", "storage set-up (a line)"),
        Column("ratio", "float", "median over SQLite's", minimum=0, volatile=True),
        Column(
            "ratio_low",
            "float",
            "lower end of its interval; empty: fewer than three repetitions",
            minimum=0,
            volatile=True,
            nullable=True,
        ),
        Column("ratio_high", "float", "upper end of its interval", minimum=0, volatile=True, nullable=True),
        Column("median", "float", "median in its unit", minimum=0, volatile=True),
        Column("unit", "str", "unit of the median"),
        Column("n", "int", "repetitions", minimum=1, volatile=True),
    ),
    key=("operation", "size", "store"),
)

STORAGE_LOAD = Table(
    "figures/storage_load.tsv",
    "Values shown in storage_load.svg: acknowledged points per second and lost points.",
    (
        Column("store", "str", "storage set-up (a line)"),
        Column("writers", "int", "processes writing at the same time", minimum=1),
        Column("n", "int", "rounds", minimum=1),
        Column(
            "points_per_second", "float", "acknowledged points per second, geometric mean over rounds",
            nullable=True, minimum=0, volatile=True,
        ),
        Column("low", "float", "lower end of its interval; empty for one round", nullable=True, volatile=True),
        Column("high", "float", "upper end", nullable=True, volatile=True),
        Column("acknowledged", "int", "acknowledged points", minimum=0, volatile=True),
        Column("lost", "int", "of these, not found afterwards", minimum=0, volatile=True),
    ),
    key=("store", "writers"),
)  # fmt: skip

CORPUS = Table(
    "figures/corpus.tsv",
    "Values shown in corpus.svg: kinds of project, depth of tracing, other trackers, signals of re-execution.",
    (
        Column("dimension", "str", "panel", values=("kind", "depth", "tracker", "signal")),
        Column("label", "str", "line of the panel; for depth the exact number of kinds of records"),
        Column("k", "int", "projects with it", minimum=0),
        Column("n", "int", "projects", minimum=1),
        *_percent("share in percent, standardised over frames", "its primary interval (owner bootstrap)"),
    ),
    key=("dimension", "label"),
)

CONTEXTS = Table(
    "figures/contexts.tsv",
    "Values shown in contexts.svg: use along the scale of maintenance, and kinds of project by two readings.",
    (
        Column("dimension", "str", "panel", values=("maintenance", "judged kind")),
        Column("group", "str", "group of the scale, or kind"),
        Column("function", "str", "flag that is counted; of this kind: the group's share of all judged projects"),
        Column("k", "int", "projects with it", minimum=0),
        Column("n", "int", "projects", minimum=1),
        *_percent("share in percent", "its interval (owner bootstrap)"),
    ),
    key=("dimension", "group", "function"),
)

USAGE_BY_GROUP = Table(
    "figures/usage_by_group.tsv",
    "Values shown in usage_by_group.svg: use of each logging function by kind of project and by sampling frame.",
    (
        Column("dimension", "str", "panel", values=("kind", "frame")),
        Column("group", "str", "kind of project, or frame"),
        Column("implies_tracking", "int", "1: who is in this frame tracks, because of how it was found"),
        Column("function", "str", "logging function"),
        Column("k", "int", "projects with it", minimum=0),
        Column("n", "int", "projects", minimum=1),
        *_percent("share in percent", "Wilson's interval"),
    ),
    key=("dimension", "group", "function"),
)


def _of_repositories(*extra: Column) -> tuple[Column, ...]:
    """A mean share over repositories, with what it was made from."""
    return (
        *extra,
        *_percent("mean share of a repository's runs in percent", "its interval, which draws owners,"),
        Column("repositories", "int", "repositories", minimum=0),
        Column("owners", "int", "their owners", minimum=0),
        Column("runs", "int", "their runs", minimum=0),
    )


PUBLIC_FUNNEL = Table(
    "figures/public_funnel.tsv",
    "Values shown in public_funnel.svg: how far public records lead, stage by stage.",
    _of_repositories(
        Column("road", "str", "way of counting (a panel)"), Column("stage", "str", "stage, in the order of the road")
    ),
    key=("road", "stage"),
)

PUBLIC_FIELDS = Table(
    "figures/public_fields.tsv",
    "Values shown in public_fields.svg: fields of public records by need.",
    _of_repositories(Column("need", "str", "what it is needed for"), Column("field", "str", "the field")),
    key=("need", "field"),
)

PUBLIC_LEVELS = Table(
    "figures/public_levels.tsv",
    "Values shown in public_levels.svg: levels of public records by year.",
    _of_repositories(
        Column("year", "int", "year in which the run began"), Column("level", "str", "level of the audit")
    ),
    key=("year", "level"),
)

PUBLIC_ADVICE = Table(
    "figures/public_advice.tsv",
    "Values shown in public_advice.svg: runs that one more recorded thing would lift to a higher level.",
    _of_repositories(
        Column("piece", "str", "what would have been recorded"),
        Column("line", "str", "the line, or the variable, that records it"),
        Column("lifted", "int", "runs that would be lifted", minimum=0),
    ),
    key=("piece",),
)

CAPTURE_MATRIX = Table(
    "figures/capture_matrix.tsv",
    "Values shown in capture_matrix.svg: launches per verdict, field and way of tracking.",
    (
        Column("need", "str", "need that the field serves (a group of lines)"),
        Column("ours", "bool", "is the need one that this study adds?"),
        Column("field", "str", "fact about the run (a line)"),
        Column("tracking", "str", "way of tracking (a column)"),
        Column("version", "str", "version of MLflow"),
        Column("n", "int", "launches", minimum=1),
        *(Column(verdict, "int", f"launches in which the field is {verdict}", minimum=0) for verdict in VERDICTS),
        Column("mean_share", "float", "mean part that is recorded and right", minimum=0, maximum=1),
    ),
    key=("field", "tracking"),
)

LAUNCH_MODES = Table(
    "figures/launch_modes.tsv",
    "Values shown in launch_modes.svg: the verdict per launch mode, field of the code and way of tracking.",
    (
        Column("group", "str", "kind of launch mode (a group of lines)"),
        Column("launch_mode", "str", "launch mode (a line)"),
        Column("part", "str", "panel: version of MLflow, with the plugin, or the commit of other ways"),
        Column("column", "str", "field of the code; for the commit of other ways the way"),
        Column("verdict", "str", "record against truth; empty: not measured", nullable=True, values=("", *VERDICTS)),
        Column("share", "float", "part that is recorded and right", nullable=True, minimum=0, maximum=1),
        Column("expected", "str", "verdict that config/launch_modes.tsv expects of the commit", nullable=True),
        Column("agrees", "bool", "did it come out as expected?", nullable=True),
        Column("reason", "str", "why it was not measured", nullable=True, volatile=True),
    ),
    key=("launch_mode", "part", "column"),
)

TRACKERS = Table(
    "figures/trackers.tsv",
    "Values shown in trackers.svg: launches per verdict, field and tracker.",
    (
        Column("need", "str", "need that the field serves (a group of lines)"),
        Column("ours", "bool", "is the need one that this study adds?"),
        Column("field", "str", "fact about the run (a line)"),
        Column("tracker", "str", "tracker and version (a column)"),
        Column("n", "int", "launches; 0: not measured", minimum=0),
        *(Column(verdict, "int", f"launches in which the field is {verdict}", minimum=0) for verdict in VERDICTS),
        Column("mean_share", "float", "mean part that is recorded and right", nullable=True, minimum=0, maximum=1),
        Column("reason", "str", "why it was not measured", nullable=True, volatile=True),
    ),
    key=("field", "tracker"),
)

DIGEST_BLIND_SPOTS = Table(
    "figures/digest_blind_spots.tsv",
    "Values shown in digest_blind_spots.svg: changes that a digest sees.",
    (
        Column("kind", "str", "how the data were given (a group of lines)"),
        Column("change", "str", "what was changed (a line)"),
        Column("digest", "str", "digest (a column)"),
        Column("seen", "bool", "does the digest differ after the change? empty: there is none", nullable=True),
    ),
    key=("kind", "change", "digest"),
)

REPRODUCTION = Table(
    "figures/reproduction.tsv",
    "Values shown in reproduction.svg: numbers per chapter and verdict, and how far each is from the published one.",
    (
        Column("panel", "str", "numbers counted, one estimate, or one cost", values=("verdicts", "estimate", "cost")),
        Column("chapter", "str", "chapter that measures it (a line)"),
        Column("number", "str", "name of the number, for single ones", nullable=True),
        Column("verdict", "str", "what the comparison says", values=AGREEMENTS),
        Column("value", "float", "how many; of an estimate, the difference in units of its interval's half towards 0; "
               "of a cost, here by published", volatile=True),
        Column("limit", "float", "beyond which it differs: 1, or the factor of costs", nullable=True),
    ),
    key=("panel", "chapter", "verdict", "number"),
)  # fmt: skip
