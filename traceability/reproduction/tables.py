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
