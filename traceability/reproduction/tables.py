"""Tables of the reproduction chapter."""

from __future__ import annotations

from traceability.study.registry import Column, Table

#: How a number is compared (METHOD 38).
KINDS = ("exact", "interval", "machine")
SAME, COMPATIBLE, DIFFERENT, NOT_MEASURED = "same", "compatible", "different", "not_measured"
#: `same`: equal. `compatible`: the difference lies within its interval, or the cost within its factor.
VERDICTS = (SAME, COMPATIBLE, DIFFERENT, NOT_MEASURED)

REPRODUCTION = Table(
    "reproduction/reproduction.tsv",
    "Every number of the paper: as published, as measured here, and whether the two agree.",
    (
        Column("number", "str", "name of the number in numbers.json"),
        Column("chapter", "str", "chapter that measures it"),
        Column("kind", "str", "how it is compared: equal, by an interval, or by a factor", values=KINDS),
        Column("verdict", "str", "what the comparison says", values=VERDICTS),
        Column("reason", "str", "why it could not be compared, or by what it differs", nullable=True),
        Column("unit", "str", "unit of the values"),
        Column("published", "str", "published value", nullable=True),
        Column("published_low", "float", "lower end of its interval", nullable=True),
        Column("published_high", "float", "upper end of its interval", nullable=True),
        Column("published_n", "float", "observations behind it", nullable=True),
        Column("here", "str", "value of this machine", nullable=True, volatile=True),
        Column("here_low", "float", "lower end of its interval", nullable=True, volatile=True),
        Column("here_high", "float", "upper end of its interval", nullable=True, volatile=True),
        Column("here_n", "float", "observations behind it", nullable=True),
        Column("difference_low", "float", "lower end of here minus published (ratios: here by published); of costs, of "
               "what is allowed", nullable=True, volatile=True),
        Column("difference_high", "float", "upper end of that interval", nullable=True, volatile=True),
    ),
)  # fmt: skip

RUNS_COMPARED = Table(
    "reproduction/runs.tsv",
    "Runs of this machine beside the published ones with the same seed and settings: are they the same, bit by bit?",
    (
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("kind", "str", "kind of arm"),
        Column("n", "int", "runs that are here and were published", minimum=0),
        Column("same_weights", "int", "of them with the same weights, bit by bit", minimum=0, volatile=True),
        Column("same_weights_low", "float", "lower end of the interval of their share", nullable=True, volatile=True),
        Column("same_weights_high", "float", "upper end of it", nullable=True, volatile=True),
        Column("same_predictions", "int", "with the same predictions on the evaluation set, bit by bit", minimum=0,
               volatile=True),
        Column("same_metrics", "int", "with all metrics equal", minimum=0, volatile=True),
        Column("median_difference", "float", "median over the runs of the largest difference of a metric, as a share "
               "of the larger of its two values", nullable=True, volatile=True),
        Column("largest_difference", "float", "largest of these differences", nullable=True, volatile=True),
        Column("same_versions", "int", "with the same versions of all packages", minimum=0),
        Column("reason", "str", "why none is compared", nullable=True),
    ),
    key=("workload", "arm"),
)  # fmt: skip
