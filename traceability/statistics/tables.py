"""Tables of the statistics chapter."""

from __future__ import annotations

from dataclasses import replace

from traceability.study.registry import Column, Table

AGREES = ("yes", "no", "not_measured")

ARMS = Table(
    "statistics/arms.tsv",
    "Spread of every metric over the units of an arm, and how many different results the arm gave.",
    (
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("kind", "str", "what the replicates of the arm are"),
        Column("evaluation", "str", "is the evaluation set the same in all runs?", values=("fixed", "resampled")),
        Column("n", "int", "runs that count", minimum=0),
        Column("units", "int", "independent units: seeds where each seed is run twice, else runs", minimum=0),
        Column("excluded", "int", "replicates that did not finish", minimum=0),
        Column("distinct_weights", "int", "different digests of the fitted weights", nullable=True, minimum=1),
        Column("distinct_predictions", "int", "different digests of the predictions; fixed evaluation set only",
               nullable=True, minimum=1),
        Column("differ", "int", "runs with other weights than the most frequent, or seeds whose two runs differ",
               nullable=True, minimum=0),
        Column("differ_of", "int", "runs, or seeds run twice, behind `differ`", nullable=True, minimum=0),
        Column("differ_high", "float", "exact one-sided upper bound of differ / differ_of at the configured confidence",
               nullable=True, minimum=0, maximum=1),
        Column("fresh_pairs", "int", "replicates that ran both in a forked child and in a fresh process", minimum=0),
        Column("fresh_differ", "int", "those of them with other weights there; expected of all where nothing is fixed",
               nullable=True, minimum=0),
        Column("metric", "str", "metric, in its own unit"),
        Column("metric_n", "int", "units with a finite value of the metric; 0: not measured", minimum=0),
        Column("mean", "float", "mean of the metric", nullable=True),
        Column("sd", "float", "standard deviation of the metric; empty for one unit", nullable=True, minimum=0),
        Column("sd_low", "float", "lower end of the interval of the SD", nullable=True, minimum=0),
        Column("sd_high", "float", "upper end of the interval of the SD", nullable=True, minimum=0),
        Column("sd_interval", "str", "how the interval was made",
               values=("studentised bootstrap", "chi-square", "one distinct value", "one unit", "not measured")),
        Column("minimum", "float", "smallest value", nullable=True),
        Column("maximum", "float", "largest value", nullable=True),
        Column("prediction_low", "float", "lower end of where one further run is expected", nullable=True),
        Column("prediction_high", "float", "upper end of where one further run is expected", nullable=True),
        Column("sampling_floor", "float", "SD of such an accuracy over test sets of the same size, drawn afresh",
               nullable=True, minimum=0),
    ),
    key=("workload", "arm", "metric"),
)  # fmt: skip

VALUES = Table(
    "statistics/values.tsv",
    "The primary metric of every unit that counts.",
    (
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("metric", "str", "primary metric of the workload"),
        Column("unit", "str", "unit of the metric"),
        Column("number", "int", "number of the unit in its arm, from 0", minimum=0),
        Column("value", "float", "value in that unit; the mean of both runs where a seed is run twice"),
    ),
    key=("workload", "arm", "number"),
)

TARGETS = Table(
    "statistics/regression_targets.tsv",
    "Published numbers of the study and what this study measured for them.",
    (
        Column("source", "str", "where the number was published"),
        Column("workload", "str", "subject that repeats it"),
        Column("arm", "str", "arm that repeats it"),
        Column("environment", "str", "today: the study's own runs; era: replays with the libraries of 2024",
               values=("today", "era")),
        Column("metric", "str", "metric"),
        Column("quantity", "str", "value: one number; sd: spread of repeated runs", values=("value", "sd")),
        Column("published_n", "int", "published runs behind the number", nullable=True, minimum=1),
        Column("published", "float", "published number"),
        Column("published_low", "float", "lower end of its interval (sd only)", nullable=True),
        Column("published_high", "float", "upper end of its interval (sd only)", nullable=True),
        Column("n", "int", "our runs", minimum=0),
        Column("observed", "float", "our number: for value the run farthest from the published one", nullable=True),
        Column("observed_low", "float", "lower end of its interval (sd only)", nullable=True),
        Column("observed_high", "float", "upper end of its interval (sd only)", nullable=True),
        Column("relative_difference", "float", "|observed - published| / |published| (value only)", nullable=True),
        Column("tolerance", "float", "largest relative difference that agrees (value only)", nullable=True),
        Column("agrees", "str", "context: shown beside, not compared", values=(*AGREES, "context")),
    ),
    key=("workload", "arm", "environment", "metric", "quantity"),
)  # fmt: skip

EXPECTATIONS = Table(
    "statistics/expectations.tsv",
    "Values expected before the data, and what was seen.",
    (
        Column("expectation", "str", "name in the plan"),
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("quantity", "str", "what was counted, and in which column"),
        Column("expected", "str", "relation and number"),
        Column("observed", "int", "number seen; empty where nothing was measured", nullable=True),
        Column("n", "int", "units, seeds run twice or replicates run both ways behind it", minimum=0),
        Column("agrees", "str", "does it agree with the plan?", values=AGREES),
        Column("instrument", "bool", "a check of the instrument: a disagreement stops the study"),
        Column("meaning", "str", "why it was expected"),
    ),
    key=("expectation",),
)

CONTRASTS = Table(
    "statistics/contrasts.tsv",
    "The confirmatory family: every declared contrast, tested once, adjusted by Holm.",
    (
        Column("contrast", "str", "name in the plan"),
        Column("question", "str", "null hypothesis as a question (for equivalence: what is to be shown)"),
        Column("test", "str", "test", values=("brown_forsythe", "equivalence", "mcnemar", "paired_spread")),
        Column("workload", "str", "subject"),
        Column("metric", "str", "metric or outcome"),
        Column("first", "str", "first arm, way of recording, or metric (paired_spread)"),
        Column("second", "str", "second arm, way of recording, or metric (paired_spread)"),
        Column("n_planned", "int", "units per arm, or pairs, in the plan", minimum=1),
        Column("n_first", "int", "units of the first arm; pairs for mcnemar and paired_spread", minimum=0),
        Column("n_second", "int", "units of the second arm; pairs for mcnemar and paired_spread", minimum=0),
        Column("estimate", "float", "ratio of SDs, difference of means, or difference of shares (first and second)",
               nullable=True),
        Column("p", "float", "p-value alone", nullable=True, minimum=0, maximum=1),
        Column("p_holm", "float", "p-value adjusted within the declared family", nullable=True, minimum=0, maximum=1),
        Column("verdict", "str", "conclusion at the declared level; too_few: fewer units than planned, no conclusion",
               values=("shown", "not_shown", "too_few", "not_testable", "not_measured")),
    ),
    key=("contrast",),
)  # fmt: skip

FASHION_ARMS = replace(
    ARMS,
    name="statistics/fashion_arms.tsv",
    meaning="As statistics/arms.tsv, of the published 60 trainings on Fashion-MNIST (resources/published).",
)

PUBLISHED_RUNS = Table(
    "statistics/published_runs.tsv",
    "Every number that the study of 2024 published of its three trainings, beside our repetition of them.",
    (
        Column("source", "str", "where the number was published"),
        Column("metric", "str", "metric; test_accuracy and test_loss are of unscaled test images, as published"),
        Column("environment", "str", "libraries of our runs", values=("today", "era")),
        Column("arm", "str", "our arm, in which nothing is fixed"),
        Column("run", "int", "number of the published run", minimum=1),
        Column("published", "float", "published value"),
        Column("n", "int", "our trainings", minimum=0),
        Column("mean", "float", "their mean", nullable=True),
        Column("sd", "float", "their standard deviation", nullable=True, minimum=0),
        Column("sd_low", "float", "lower end of its interval", nullable=True, minimum=0),
        Column("sd_high", "float", "upper end of its interval", nullable=True, minimum=0),
        Column("sd_images", "float", "the same in images of the set, for accuracies", nullable=True, minimum=0),
        Column("three_low", "float", "lower end of the SDs that three of our trainings have", nullable=True, minimum=0),
        Column("three_high", "float", "upper end of the SDs that three of our trainings have", nullable=True,
               minimum=0),
        Column("prediction_low", "float", "lower end of where one further training is expected", nullable=True),
        Column("prediction_high", "float", "upper end of where one further training is expected", nullable=True),
        Column("rank", "int", "place of the published value among ours, from below: 1 to n + 1", nullable=True,
               minimum=1),
        Column("inside", "str", "does it lie where one further training is expected?", values=AGREES),
    ),
    key=("source", "metric", "environment", "run"),
)  # fmt: skip

SLIP = Table(
    "statistics/slip.tsv",
    "The confirmatory contrast on the unscaled test images: ratio of the two SDs of accuracy on the same trainings.",
    (
        Column("contrast", "str", "name in the plan"),
        Column("n_planned", "int", "trainings in the plan", minimum=1),
        Column("n", "int", "trainings with both accuracies", minimum=0),
        Column("mean_unscaled", "float", "mean accuracy on unscaled images", nullable=True),
        Column("mean_scaled", "float", "mean accuracy on scaled images", nullable=True),
        Column("sd_unscaled", "float", "SD of accuracy on unscaled images", nullable=True, minimum=0),
        Column("sd_scaled", "float", "SD of accuracy on scaled images", nullable=True, minimum=0),
        Column("correlation", "float", "correlation of the two", nullable=True),
        Column("ratio", "float", "SD on unscaled over SD on scaled images", nullable=True, minimum=0),
        Column("ratio_low", "float", "lower end of its interval", nullable=True, minimum=0),
        Column("ratio_high", "float", "upper end of its interval", nullable=True, minimum=0),
        Column("margin", "float", "ratio up to which (and down to its inverse) it would not matter", minimum=1),
        Column("p", "float", "p-value alone", nullable=True, minimum=0, maximum=1),
        Column("p_holm", "float", "p-value adjusted within the declared family, the others counted as 1", nullable=True,
               minimum=0, maximum=1),
        Column("verdict", "str", "conclusion at the declared level; too_few: fewer trainings than planned",
               values=("shown", "not_shown", "too_few", "not_testable", "not_measured")),
    ),
    key=("contrast",),
)  # fmt: skip

CHURN = Table(
    "statistics/churn.tsv",
    "How often two runs of an arm predict different classes for the same example of a fixed evaluation set.",
    (
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("units", "int", "runs compared pairwise; one per seed where a seed is run twice", minimum=2),
        Column("examples", "int", "examples of the evaluation set", minimum=1),
        Column(
            "churn", "float", "mean share of examples with different predictions, over all pairs", minimum=0, maximum=1
        ),
        Column("low", "float", "lower end of its interval; empty below 5 units", nullable=True, minimum=0, maximum=1),
        Column("high", "float", "upper end of its interval; empty below 5 units", nullable=True, minimum=0, maximum=1),
        Column("accuracy_sd", "float", "SD of the accuracy over the same units", minimum=0),
    ),
    key=("workload", "arm"),
)

POWER = Table(
    "statistics/power.tsv",
    "What the declared sample sizes can show, by simulation, beside what the plan states.",
    (
        Column("contrast", "str", "name in the plan"),
        Column("test", "str", "test"),
        Column("n", "int", "units per arm, or pairs", minimum=1),
        Column("assumed", "str", "effect that is assumed to be real"),
        Column("power_alone", "float", "simulated power of the test alone", minimum=0, maximum=1),
        Column("power_holm", "float", "power after Holm when the others show nothing", minimum=0, maximum=1),
        Column("power_planned", "float", "power after Holm that the plan states", minimum=0, maximum=1),
    ),
    key=("contrast",),
)  # fmt: skip

SHARES = Table(
    "statistics/usage_shares.tsv",
    "Share of projects that use a logging function.",
    (
        Column("source", "str", "where the projects come from, e.g. calibration or published"),
        Column("group", "str", "which projects of the source, or how they were counted"),
        Column("function", "str", "function or group of functions"),
        Column("k", "int", "projects that use it", minimum=0),
        Column("n", "int", "projects", minimum=1),
        Column("share", "float", "k / n, or the standardised share", minimum=0, maximum=1),
        Column("low", "float", "lower end of the interval", minimum=0, maximum=1),
        Column("high", "float", "upper end of the interval", minimum=0, maximum=1),
        Column("interval", "str", "how the interval was made, e.g. wilson or owner bootstrap"),
    ),
    key=("source", "group", "function", "interval"),
)

CORPUS_SHARES = Table(
    "statistics/corpus_shares.tsv",
    "Shares over the corpus: by function, frame, kind of project, depth of tracing, other trackers, signals.",
    (
        Column("dimension", "str", "what the group divides by",
               values=("headline", "sensitivity", "frame", "kind", "stratum", "depth", "tracker", "signal")),
        Column("group", "str", "which projects"),
        Column("function", "str", "flag that is counted; for depth the exact number of kinds of records"),
        Column("k", "int", "projects with it", minimum=0),
        Column("n", "int", "projects", minimum=1),
        Column("owners", "int", "different owners of them", minimum=1),
        Column("share", "float", "k / n", minimum=0, maximum=1),
        Column("wilson_low", "float", "lower end, projects as independent", minimum=0, maximum=1),
        Column("wilson_high", "float", "upper end, projects as independent", minimum=0, maximum=1),
        Column("owner_low", "float", "lower end of k / n, owners drawn with their projects", minimum=0, maximum=1),
        Column("owner_high", "float", "upper end of it", minimum=0, maximum=1),
        Column("standardised", "float", "mean over frames of the share in each", minimum=0, maximum=1),
        Column("standardised_low", "float", "lower end of it, owners drawn with their projects", minimum=0, maximum=1),
        Column("standardised_high", "float", "upper end of it", minimum=0, maximum=1),
    ),
    key=("dimension", "group", "function"),
)  # fmt: skip

CONTEXTS = Table(
    "statistics/contexts.tsv",
    "Shares along a scale of maintenance and by kinds that readers judged; projects using mlflow, frames that do not "
    "imply tracking.",
    (
        Column("dimension", "str", "what the group divides by", values=("maintenance", "sign", "judged kind")),
        Column("group", "str", "which projects"),
        Column("function", "str", "flag that is counted; of this kind: the group's share of all judged projects"),
        Column("k", "int", "projects with it", minimum=0),
        Column("n", "int", "projects", minimum=1),
        Column("owners", "int", "different owners of them", minimum=1),
        Column("share", "float", "k / n", minimum=0, maximum=1),
        Column("low", "float", "lower end, owners drawn with their projects; Wilson over owners where all agree",
               minimum=0, maximum=1),
        Column("high", "float", "upper end of it", minimum=0, maximum=1),
    ),
    key=("dimension", "group", "function"),
)  # fmt: skip

READINGS_OF_KINDS = Table(
    "statistics/kind_readings.tsv",
    "How far the two readings of kinds of project agree.",
    (
        Column("projects", "int", "projects that both readings judged", minimum=0),
        Column("same", "int", "of these, the same kind", minimum=0),
        Column("kappa", "float", "Cohen's kappa", maximum=1),
    ),
)

COSTS = Table(
    "statistics/costs.tsv",
    "What tracking and determinism cost per run: medians, and ratios to the level that records nothing.",
    (
        Column("workload", "str", "subject"),
        Column("level", "str", "level, a row of config/costs.tsv"),
        Column("quantity", "str", "what is compared, unit in the name"),
        Column("n", "int", "repetitions that finished", minimum=0),
        Column("failed", "int", "repetitions that did not finish", minimum=0),
        Column("weights", "int", "different fitted weights among the repetitions", minimum=0),
        Column("median", "float", "median in the unit of the quantity", nullable=True, volatile=True),
        Column("ratio", "float", "ratio of medians to the level 'none'", nullable=True, volatile=True),
        Column("low", "float", "lower end of its interval (bootstrap)", nullable=True, volatile=True),
        Column("high", "float", "upper end of its interval", nullable=True, volatile=True),
    ),
    key=("workload", "level", "quantity"),
)

COMPONENTS = Table(
    "statistics/components.tsv",
    "Sources of variance of the crossed design initialisation x shuffling x split.",
    (
        Column("workload", "str", "subject"),
        Column("metric", "str", "primary metric of the workload"),
        Column("source", "str", "factor, interaction, or residual"),
        Column("levels", "int", "levels of every factor", minimum=2),
        Column("n", "int", "runs of the design", minimum=8),
        Column("variance", "float", "variance component; negative by chance"),
        Column("low", "float", "lower end of its interval (bootstrap over levels); empty with 2 levels", nullable=True),
        Column("high", "float", "upper end of its interval", nullable=True),
        Column("share", "float", "share of the total, negatives counted as 0", minimum=0, maximum=1),
    ),
    key=("workload", "source"),
)

REPLAY_FUNNEL = Table(
    "statistics/replay_funnel.tsv",
    "Replays that reach a stage, per record and environment; replays damaged on purpose are left out.",
    (
        Column("record", "str", "what was known of the original run"),
        Column("environment", "str", "environment of the replay"),
        Column("stage", "str", "stage; after `finished`: same_result (all common metrics equal) and bitwise (weights)"),
        Column("n", "int", "replays", minimum=1),
        Column("reached", "int", "those that reached it from the record alone", minimum=0),
        Column("low", "float", "lower end of Wilson's interval of that share", minimum=0, maximum=1),
        Column("high", "float", "upper end", minimum=0, maximum=1),
        Column("reached_with_help", "int", "those that reached it after a human added what was missing", minimum=0),
        Column("ease_mean", "float", "mean number of fields that a human had to add", minimum=0),
    ),
    key=("record", "environment", "stage"),
)

REPLAY_CELLS = Table(
    "statistics/replay_cells.tsv",
    "Equivalence of replays per arm, record and environment, by two one-sided tests on paired differences.",
    (
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("record", "str", "what was known of the original run"),
        Column("environment", "str", "environment of the replay"),
        Column("metric", "str", "primary metric of the workload", nullable=True),
        Column("margin", "float", "declared margin, in the metric's unit", nullable=True),
        Column("n", "int", "paired differences, replay minus record", minimum=0),
        Column("finished", "int", "replays that finished, with help", minimum=0),
        Column("difference", "float", "mean difference", nullable=True),
        Column("low", "float", "lower end of its interval at 1 - 2 alpha", nullable=True),
        Column("high", "float", "upper end", nullable=True),
        Column("p", "float", "larger p-value of the two tests", nullable=True, minimum=0, maximum=1),
        Column("verdict", "str", "too_few: fewer than 30 differences, no verdict",
               values=("equivalent", "not_shown", "too_few", "not_comparable")),
    ),
    key=("workload", "arm", "record", "environment"),
)  # fmt: skip

REPLAY_PREDICTIONS = Table(
    "statistics/replay_predictions.tsv",
    "Is the result of a replay where one further run of its arm is expected? Replays that finished, undamaged.",
    (
        Column("key", "str", "name of the replay"),
        Column("workload", "str", "subject"),
        Column("arm", "str", "arm"),
        Column("record", "str", "what was known of the original run"),
        Column("environment", "str", "environment of the replay"),
        Column("metric", "str", "primary metric of the workload"),
        Column("replayed", "float", "value of the replay", volatile=True),
        Column("n", "int", "trained replicates of the arm that the interval rests on", minimum=0),
        Column("low", "float", "lower end of the arm's prediction interval; empty: fewer than 2 replicates",
               nullable=True, volatile=True),
        Column("high", "float", "upper end", nullable=True, volatile=True),
        Column("inside", "bool", "does the value lie in it? empty: no interval", nullable=True, volatile=True),
    ),
    key=("key",),
)  # fmt: skip

REPLAY_PAIRS = Table(
    "statistics/replay_pairs.tsv",
    "Did a replay in the same environment finish from the record alone? For the contrast between kinds of record.",
    (
        Column("workload", "str", "subject"),
        Column("run_id", "str", "arm and number: the same command, recorded in several ways"),
        Column("record", "str", "what was known of the original run"),
        Column("finished", "int", "1: finished without added fields", minimum=0, maximum=1),
    ),
    key=("workload", "run_id", "record"),
)

CAPTURE_COUNTS = Table(
    "statistics/capture_counts.tsv",
    "Verdicts on the record of a launch, counted per field and way of tracking, with intervals.",
    (
        Column("system", "str", "tracker"),
        Column("version", "str", "its version"),
        Column("tracking", "str", "how it was used"),
        Column("need", "str", "need that the field serves"),
        Column("field", "str", "fact about the run"),
        Column("n", "int", "launches, one per launch mode", minimum=1),
        Column("correct", "int", "launches in which the record is correct", minimum=0),
        Column("partial", "int", "launches in which it is a part", minimum=0),
        Column("misleading", "int", "launches in which it is misleading", minimum=0),
        Column("missing", "int", "launches in which it is missing", minimum=0),
        Column("mean_share", "float", "mean part that is recorded and right", minimum=0, maximum=1),
        Column("low", "float", "lower end of the Wilson interval of the share that is correct", minimum=0, maximum=1),
        Column("high", "float", "upper end of it", minimum=0, maximum=1),
        Column("ours", "bool", "is the need one that this study adds?"),
    ),
    key=("system", "version", "tracking", "field"),
)
