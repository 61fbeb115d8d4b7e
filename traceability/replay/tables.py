"""Tables of the replay chapter."""

from __future__ import annotations

from traceability.replay.reasons import REASONS, VERDICTS
from traceability.replay.reasons import STAGES as STAGES  # noqa: PLC0414 - a word of other chapters too
from traceability.study.registry import Column, Table

RECORDS = ("notes", "mlflow_explicit", "mlflow_autolog_model", "mlflow_everything", "mlflow_project", "plugin")
DEFECTS = ("none", "dirty_tree", "missing_commit", "changed_data", "unresolvable_requirement")
_REASONS = ("", *REASONS)
_STAGES = ("", *STAGES)

_CASE = (
    Column("workload", "str", "subject that is run (folder of subjects/)"),
    Column("arm", "str", "arm whose options the source run gets"),
    Column("record", "str", "what is known of the source run: notes by hand, or MLflow used in one of its ways",
           values=RECORDS),
    Column("environment", "str", "environment of the replay: same, recorded, recorded_then or era"),
    Column("defect", "str", "what was damaged on purpose", values=DEFECTS),
)  # fmt: skip

CASES = Table(
    "config/replays.tsv",
    "The replays to be made; a row is a case.",
    (
        *_CASE,
        Column("n", "int", "source runs, each replayed once", minimum=1),
        Column("expected_reason", "str", "reason code that the case must stop with; empty: none", nullable=True),
        Column("help", "str", "fields that a human would add when they are missed, separated by ';'", nullable=True),
    ),
    key=("workload", "arm", "record", "environment", "defect"),
)

PLAN = Table(
    "replay/plan.tsv",
    "One row per source run and its replay, with the words of its command line.",
    (
        Column("key", "str", "name of the replay"),
        *_CASE,
        Column("number", "int", "number of the replay in its case, from 0", minimum=0),
        Column("batch", "int", "job that makes it", minimum=0),
        Column("options", "str", "options of the source run, as JSON"),
        Column("expected_reason", "str", "reason code that it must stop with; empty: none", nullable=True),
        Column("help", "str", "fields that a human would add when they are missed, separated by ';'", nullable=True),
    ),
    key=("key",),
)

REPLAYS = Table(
    "replay/replays.tsv",
    "One row per replay: how far it came from the record alone and with help, and what it gave.",
    (
        Column("key", "str", "name of the replay"),
        *_CASE,
        Column("number", "int", "number of the replay in its case, from 0", minimum=0),
        Column("run_id", "str", "the source run: an MLflow run or the file name of the notes", volatile=True),
        Column("commit", "str", "recorded commit", nullable=True),
        Column("command", "str", "rebuilt command", nullable=True),
        Column("param_unmapped", "str", "recorded parameters that are no option of the program", nullable=True),
        Column("param_defaulted", "str", "options that the record does not give", nullable=True),
        Column("data", "str", "how far the data could be verified",
               values=("data_unverified", "sha256", "mlflow_digest")),
        Column("environment_origin", "str", "where the packages were named: same, model, repository, file",
               nullable=True),
        Column("network", "str", "was the network taken away?", nullable=True, volatile=True,
               values=("", "off", "open")),
        Column("stage_alone", "str", "last stage reached from the record alone", nullable=True, values=_STAGES),
        Column("reason_alone", "str", "why it stopped there; empty: it did not", nullable=True, values=_REASONS),
        Column("added", "str", "fields that a human had to add", nullable=True),
        Column("ease", "int", "number of those fields", minimum=0),
        Column("stage", "str", "last stage reached with that help", nullable=True, values=_STAGES),
        Column("reason", "str", "why it stopped there; empty: it did not", nullable=True, values=_REASONS),
        Column("detail", "str", "the reason in words", nullable=True, volatile=True),
        Column("expected_reason", "str", "reason code that a planted defect must give", nullable=True),
        Column("verdict", "str", "what the comparison says", values=VERDICTS),
        Column("weights_recorded", "int", "1: the record holds weights that can be read safely, or their digest",
               minimum=0, maximum=1),
        Column("weights_equal", "bool", "are the weights equal bit for bit? empty: one side has none", nullable=True),
        Column("metrics_common", "int", "metrics that record and replay both have", minimum=0),
        Column("metrics_equal", "int", "those that are equal digit for digit", minimum=0),
        Column("largest_difference", "float", "largest absolute difference of a metric", nullable=True, volatile=True),
        Column("differences", "str", "replay minus record per metric, as JSON", volatile=True),
        Column("replayed", "str", "metrics of the replay, as JSON", volatile=True),
        Column("run_seconds", "float", "seconds of the replayed process", nullable=True, volatile=True),
        Column("seconds", "float", "seconds of the whole replay", volatile=True),
    ),
    key=("key",),
)  # fmt: skip

THIRD_PARTY = Table(
    "config/third_party.tsv",
    "Projects of other people that may be executed, if the configuration names them; a row is a project.",
    (
        Column("project", "str", "name in the configuration"),
        Column("repository", "str", "owner/name"),
        Column("commit", "str", "full id of the commit that runs"),
        Column("source", "str", "script or notebook that is started, with its options"),
        Column("requirements", "str", "requirements file in the repository"),
        Column("added", "str", "packages that it needs and does not name, separated by blanks", nullable=True),
        Column("python", "str", "Python version, as 3.11"),
        Column("until", "str", "only packages published by this day (ISO date) are taken; empty: today's",
               nullable=True),
        Column("files", "str", "files that it expects in its home, as PATH:SHA256, separated by blanks; of a .gz file "
               "the digest of its content", nullable=True),
        Column("n", "int", "how often it runs", minimum=1),
        Column("published", "str", "metrics that its authors published, as JSON", nullable=True),
        Column("note", "str", "where the row comes from, and what is known", nullable=True),
    ),
    key=("project",),
)  # fmt: skip

THIRD_PARTY_RUNS = Table(
    "replay/third_party.tsv",
    "One row per execution of a third-party project: how far it came, and what it recorded.",
    (
        Column("project", "str", "name in the configuration"),
        Column("repository", "str", "owner/name"),
        Column("commit", "str", "commit that ran"),
        Column("number", "int", "number of the execution, from 0", minimum=0),
        Column("command", "str", "what was started"),
        Column("mlflow", "str", "version of MLflow in its environment", nullable=True),
        Column("network", "str", "was the network taken away?", nullable=True, values=("", "off")),
        Column("stage", "str", "last stage reached", nullable=True, values=_STAGES),
        Column("reason", "str", "why it stopped there; empty: it did not", nullable=True, values=_REASONS),
        Column("detail", "str", "the reason in words", nullable=True, volatile=True),
        Column("runs", "int", "runs that it left in MLflow, also where it failed afterwards", minimum=0),
        Column("params", "str", "parameters of the last of them, as JSON", nullable=True),
        Column("metrics", "str", "metrics of the last of them, as JSON", nullable=True, volatile=True),
        Column("verdict", "str", "these metrics against the published ones", values=VERDICTS),
        Column("metrics_common", "int", "metrics that both have", minimum=0),
        Column("largest_difference", "float", "largest absolute difference of a metric", nullable=True, volatile=True),
        Column("run_seconds", "float", "seconds of its process", nullable=True, volatile=True),
    ),
    key=("project", "number"),
)  # fmt: skip
