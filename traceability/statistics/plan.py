"""The plan of the study: what is claimed, how it is tested and what is expected, declared before the data.

The plan is `config/preregistration.yaml`. Each run stores the SHA-256 of the file it was made under; statistics refuse
runs made under another plan.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from traceability.errors import StudyError, nearest
from traceability.runtime.files import sha256_file
from traceability.study.settings import Settings


def _collapse(text: str) -> str:
    """One line of text, as a table cell and a TSV can hold it."""
    return " ".join(text.split())


Text = Annotated[str, AfterValidator(_collapse), Field(min_length=1)]


class Known(Settings):
    """A figure known before the plan was written; it can suggest a hypothesis and cannot test it."""

    source: Text
    runs: int = Field(ge=0)
    """Number of runs or projects behind it."""
    finding: Text


class Margin(Settings):
    """A difference that does not matter, with the reason."""

    value: float = Field(gt=0)
    unit: Text
    meaning: Text


class PrimaryMetric(Settings):
    """The one metric of a workload that figures show and tests use."""

    metric: str
    """Name after `metric.` in the table of runs."""
    unit: Text
    images: int | None = Field(default=None, ge=1)
    """Size of the evaluation set where the metric is a share of it; gives the sampling floor."""
    margin: str
    """Name of the margin of equivalence."""


class Hypothesis(Settings):
    """A claim that data can contradict."""

    text: Text
    kind: Literal["confirmatory", "exploratory"]


class Contrast(Settings):
    """One test of the confirmatory family, with the power it was planned for."""

    hypothesis: str
    question: Text
    test: Literal["brown_forsythe", "equivalence", "mcnemar", "paired_spread"]
    workload: str
    arm: str | None = None
    """`paired_spread`: the arm whose runs have both metrics."""
    first: str
    """Arm; for `mcnemar` the way of recording, for `paired_spread` a metric."""
    second: str
    metric: str
    """Metric of the test; for `mcnemar` the outcome."""
    margin: str | None = None
    n: int = Field(ge=3)
    """Units per arm (seeds, where a seed is run twice); pairs for `mcnemar`."""
    sd_ratio: float | None = Field(default=None, gt=1)
    """`brown_forsythe` and `paired_spread`: smallest ratio of the two SDs that is worth finding."""
    correlation: float | None = Field(default=None, ge=0, lt=1)
    """`paired_spread`: correlation of the two metrics that is assumed."""
    sd: float | None = Field(default=None, gt=0)
    """`equivalence`: SD that is assumed for both arms."""
    rates: tuple[float, float] | None = None
    """`mcnemar`: assumed rates of pairs that succeed only the first way, and only the second way."""
    power_alone: float = Field(ge=0, le=1)
    power: float = Field(ge=0, le=1)
    """Simulated power after Holm when all other contrasts show nothing."""

    @model_validator(mode="after")
    def _complete(self) -> Contrast:
        needed = {
            "brown_forsythe": ["sd_ratio"],
            "equivalence": ["sd", "margin"],
            "mcnemar": ["rates"],
            "paired_spread": ["arm", "sd_ratio", "correlation"],
        }[self.test]
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"a contrast of kind {self.test} needs '{name}'")
        return self


class Confirmatory(Settings):
    """The family within which errors are controlled; everything else is exploratory and has no p-value."""

    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    correction: Literal["holm"] = "holm"
    simulations: int = Field(default=20_000, ge=1000)
    """Simulated studies behind each power."""
    contrasts: dict[str, Contrast] = Field(min_length=1, max_length=4)


class PublicRecords(Settings):
    """The one confirmatory claim on records that other people made; a family of its own."""

    hypothesis: str
    question: Text
    test: Literal["exact_binomial"]
    unit: Text
    leads: Text
    """What it means that a run leads to the code that ran."""
    runs: Text
    """Which runs count."""
    against: float = Field(gt=0, lt=1)
    alpha: float = Field(gt=0, lt=0.5)
    n: int = Field(ge=3)
    """Owners that are planned for."""
    share: float = Field(ge=0, le=1)
    """Share of owners at the smallest difference that matters."""
    power: float = Field(ge=0, le=1)
    meaning: Text
    seen_before: Text
    """Which of the data had been looked at before."""


class Expectation(Settings):
    """A value expected before the data. Instruments that miss theirs stop the study; hypotheses may be wrong."""

    workload: str
    arm: str
    quantity: Literal["distinct", "differing_pairs", "differing_fresh_processes", "differing_from_reference"]
    """distinct results in the arm; seeds whose two runs differ; replicates whose fresh process gave another result;
    replicates with another result than the one that the arm `reference` always gives."""
    reference: str | None = None
    column: Literal["weights_sha256", "predictions_sha256", "output_weights_sha256"] = "weights_sha256"
    relation: Literal["equals", "at_least", "at_most"] = "equals"
    value: int | Literal["n"]
    """A number, or `n`: the number of units of the arm."""
    instrument: bool = False
    meaning: Text

    @model_validator(mode="after")
    def _complete(self) -> Expectation:
        if (self.quantity == "differing_from_reference") != (self.reference is not None):
            raise ValueError("'reference' names an arm for quantity differing_from_reference, and belongs to no other")
        return self


class Target(Settings):
    """A published number and how near to it a correct repetition must come."""

    workload: str
    arm: str
    metric: str
    value: float
    tolerance: float = Field(gt=0)
    """Largest relative difference."""
    source: Text


class PublishedRuns(Settings):
    """Published repetitions of one experiment, shown beside ours as context."""

    source: Text
    workload: str
    arm: str
    metric: str
    values: tuple[float, ...] = Field(min_length=2)


class PublishedShare(Settings):
    """A published count, shown beside ours."""

    source: Text
    group: Text
    function: Text
    k: int = Field(ge=0)
    n: int = Field(ge=1)


Exclusion = Literal["not_finished", "fresh_control", "metric_not_finite"]


class Plan(Settings):
    """The whole plan."""

    declared: Text
    known_before: list[Known]
    primary_metrics: dict[str, PrimaryMetric]
    margins: dict[str, Margin]
    hypotheses: dict[str, Hypothesis]
    confirmatory: Confirmatory
    public_records: PublicRecords | None = None
    """Plans of runs that were made before it do not have it."""
    exclusions: dict[Exclusion, Text]
    expectations: dict[str, Expectation]
    targets: list[Target]
    published_runs: list[PublishedRuns]
    published_shares: list[PublishedShare]

    @model_validator(mode="after")
    def _names(self) -> Plan:
        claims = [c.hypothesis for c in self.confirmatory.contrasts.values()]
        claims += [self.public_records.hypothesis] if self.public_records else []
        _all_known(claims, self.hypotheses, "hypothesis")
        used = [m.margin for m in self.primary_metrics.values()]
        used += [c.margin for c in self.confirmatory.contrasts.values() if c.margin]
        _all_known(used, self.margins, "margin")
        return self

    def metric_margins(self) -> dict[str, dict[str, float]]:
        """For each workload its primary metric with the margin of equivalence."""
        return {
            workload: {primary.metric: self.margins[primary.margin].value}
            for workload, primary in self.primary_metrics.items()
        }


def _all_known(used: list[str], known: dict[str, Any], what: str) -> None:
    for name in used:
        if name not in known:
            raise ValueError(f"unknown {what} '{name}'; {nearest(name, known)}")


def read(path: Path | str) -> Plan:
    """Read and check the plan. A mistake in it is a `StudyError` that names the key."""
    try:
        raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such plan; statistics.plan in the configuration names it") from None
    except yaml.YAMLError as error:
        raise StudyError(f"{path}: not YAML ({str(error).splitlines()[0]})") from None
    try:
        return Plan.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "plan"
        raise StudyError(f"{path}: '{key}': {first['msg']}") from None


def sha256(path: Path | str) -> str:
    """The digest that every run made under this plan stores."""
    return sha256_file(path)
