"""Tables of the capture chapter."""

from __future__ import annotations

from traceability.capture import crosscheck
from traceability.capture.fields import NAMES, NEEDS
from traceability.study.registry import Column, Table

#: What is said of a field of a record, compared with the truth.
VERDICTS = ("correct", "partial", "misleading", "missing")
DEFECTS = (
    "none", "wrong_commit", "other_commit", "wrong_parameter", "wrong_metric", "missing_package", "wrong_package",
    "changed_data", "other_digest", "wrong_python", "other_model", "dirty_tree",
)  # fmt: skip
PLACES = ("run", "model", "dataset", "artifact")
BY_WHOM = ("automatic", "autolog", "explicit", "plugin")

LAUNCH_MODES = Table(
    "config/launch_modes.tsv",
    "Ways to start the same experiment.",
    (
        Column("launch_mode", "str", "name of the way"),
        Column("group", "str", "kind of way", values=("clean", "changed", "elsewhere", "indirect")),
        Column("expected_commit", "str", "verdict on the commit that MLflow 3.17.2 should get", values=VERDICTS),
        Column("expected_plugin", "str", "the same with this package's plugin switched on", values=VERDICTS),
        Column("reached", "bool", "does a plugin of MLflow see such a launch? (`mlflow run` asks none)"),
        Column("meaning", "str", "the way in words"),
    ),
    key=("launch_mode",),
)  # fmt: skip

TRACKERS = Table(
    "config/trackers.tsv",
    "Trackers, each in an environment of its own.",
    (
        Column("tracker", "str", "name of the row"),
        Column("system", "str", "name of the tracker"),
        Column("package", "str", "distribution whose version counts"),
        Column("version", "str", "version that the locked requirements hold"),
        Column("requirements", "str", "locked requirements (a file of envs/)"),
        Column("expected", "str", "verdicts that a plain script's fields should get (`field=verdict`), by ';'"),
        Column("meaning", "str", "why it is here"),
    ),
    key=("tracker",),
)

TRACKINGS = Table(
    "config/trackings.tsv",
    "Ways of using a tracker.",
    (
        Column("tracking", "str", "name of the way"),
        Column("trackers", "str", "trackers that have it, separated by ';'"),
        Column("meaning", "str", "the way in words"),
    ),
    key=("tracking",),
)

BLOCKS = Table(
    "config/captures.tsv",
    "What is launched; a row is every launch mode with every way of tracking that it names.",
    (
        Column("tracker", "str", "row of config/trackers.tsv"),
        Column("launch_modes", "str", "rows of config/launch_modes.tsv, separated by ';', or all"),
        Column("trackings", "str", "rows of config/trackings.tsv, separated by ';', or all"),
        Column("defect", "str", "damage done to the record afterwards, to try the instrument", values=DEFECTS),
        Column("expected", "str", "verdicts that it must give, as field=verdict separated by ';'", nullable=True),
    ),
)  # fmt: skip

_CASE = (
    Column("tracker", "str", "row of config/trackers.tsv"),
    Column("launch_mode", "str", "how it was started (row of config/launch_modes.tsv)"),
    Column("tracking", "str", "how the tracker was used (row of config/trackings.tsv)"),
)

PLAN = Table(
    "capture/plan.tsv",
    "One row per launch.",
    (
        Column("key", "str", "name of the launch"),
        *_CASE,
        Column("defect", "str", "damage done to the record afterwards", values=DEFECTS),
        Column("expected", "str", "verdicts that the damage must give", nullable=True),
        Column("batch", "int", "job that makes it", minimum=0),
    ),
    key=("key",),
)

CAPTURE = Table(
    "capture/capture.tsv",
    "Every field of every launch: what the tracker recorded against what was so.",
    (
        Column("system", "str", "tracker"),
        Column("version", "str", "its version, as imported; empty: it could not be installed", nullable=True),
        *_CASE[1:],
        Column("need", "str", "need that the field serves; empty: nothing was measured", nullable=True,
               values=("", *NEEDS)),
        Column("field", "str", "fact about the run", nullable=True, values=("", *NAMES)),
        Column("verdict", "str", "record against truth", nullable=True, values=("", *VERDICTS)),
        Column("share", "float", "part of the truth that is recorded and right; for a partial record the measure of it",
               nullable=True, minimum=0, maximum=1),
        Column("place", "str", "where it stands", nullable=True, values=("", *PLACES)),
        Column("by_whom", "str", "what put it there", nullable=True, values=("", *BY_WHOM)),
        Column("expected", "str", "the truth", nullable=True, volatile=True),
        Column("recorded", "str", "what was recorded", nullable=True, volatile=True),
        Column("ours", "bool", "is the need one that this study adds?", nullable=True),
        Column("reason", "str", "why nothing was measured; empty: it was", nullable=True, volatile=True),
    ),
    key=("system", "version", "launch_mode", "tracking", "field"),
)  # fmt: skip

PLANTED = Table(
    "capture/planted.tsv",
    "The instrument's own check: records damaged on purpose, and the verdict that every field of them must get.",
    (
        *_CASE,
        Column("defect", "str", "damage done to the record", values=DEFECTS),
        Column("field", "str", "fact about the run", values=NAMES),
        Column("planted", "bool", "is the damage about this field?"),
        Column("before", "str", "verdict in the same launch undamaged; empty: there was none", nullable=True,
               values=("", *VERDICTS)),
        Column("expected_verdict", "str", "verdict that it must get: by the plan where it was damaged, else as before",
               values=VERDICTS),
        Column("verdict", "str", "verdict that the instrument gave", values=("", *VERDICTS), nullable=True),
        Column("error", "bool", "is the verdict another one, or the damage without effect on verdict and share?"),
        Column("reason", "str", "why the launch failed; empty: it did not", nullable=True, volatile=True),
    ),
    key=("tracker", "launch_mode", "tracking", "defect", "field"),
)  # fmt: skip

CROSSCHECK = Table(
    "capture/crosscheck.tsv",
    "What MLflow's interface told of each launch, beside what its database and its folders hold.",
    (
        Column("key", "str", "name of the launch"),
        Column("version", "str", "version of MLflow"),
        Column("kind", "str", "kind of entry", values=crosscheck.KINDS),
        Column("told", "int", "entries that the interface told", minimum=0),
        Column("held", "int", "entries that tables and folders hold", minimum=0),
        Column("only_told", "str", "names of those told that are not held, or otherwise", nullable=True, volatile=True),
        Column(
            "only_held", "str", "names of those held that were not told, or otherwise", nullable=True, volatile=True
        ),
        Column("agrees", "bool", "are they the same, value by value?"),
    ),
    key=("key", "version", "kind"),
)

#: Expected of every field of the code in a launch that the plugin reaches.
NOT_MISLEADING = "not misleading"

EXPECTED = Table(
    "capture/expected.tsv",
    "Verdicts that were expected, beside those measured: on the commit by launch mode, on all code with the plugin, "
    "and on what each tracker was told.",
    (
        Column("system", "str", "name of the tracker"),
        Column("version", "str", "its version"),
        Column("launch_mode", "str", "row of config/launch_modes.tsv"),
        Column("tracking", "str", "row of config/trackings.tsv"),
        Column("field", "str", "fact about the run", values=NAMES),
        Column("expected", "str", "verdict written down in config/", values=(*VERDICTS, NOT_MISLEADING)),
        Column("observed", "str", "verdict measured", values=VERDICTS),
        Column("agrees", "bool", "is it the expected one?"),
    ),
    key=("system", "version", "launch_mode", "tracking", "field"),
)

CHANGES = Table(
    "capture/digests.tsv",
    "Changes of a data set, and whether MLflow's digest sees them.",
    (
        Column("version", "str", "version of MLflow"),
        Column("kind", "str", "how the data were given to MLflow"),
        Column("change", "str", "what was changed"),
        Column("cells", "int", "cells of the data set", minimum=1),
        Column("changed", "int", "cells that differ, or -1 where the change is of another kind", minimum=-1),
        Column("digest_before", "str", "MLflow's digest"),
        Column("digest_after", "str", "the same after the change", nullable=True),
        Column("sha256_before", "str", "SHA-256 over names, types and all values"),
        Column("sha256_after", "str", "the same after the change"),
        Column("seen", "bool", "do MLflow's digests differ?", nullable=True),
        Column("reason", "str", "why there is no digest; empty: there is one", nullable=True),
    ),
    key=("version", "kind", "change"),
)
