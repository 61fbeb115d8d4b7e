# What the runs say, by the plan that was written before them.


rule statistics:
    """Target: every table of the statistics chapter."""
    input:
        "results/statistics/arms.tsv",
        "results/statistics/regression_targets.tsv",
        "results/statistics/expectations.tsv",
        "results/statistics/contrasts.tsv",
        "results/statistics/published_runs.tsv",
        "results/statistics/fashion_arms.tsv",
        "results/statistics/slip.tsv",
        "results/statistics/churn.tsv",
        "results/statistics/components.tsv",
        "results/statistics/costs.tsv",
        "results/statistics/power.tsv",
        "results/statistics/usage_shares.tsv",
        "results/statistics/corpus_shares.tsv",
        "results/statistics/contexts.tsv",
    localrule: True


rule compare_arms:
    """Spread of every metric over the units of an arm, and the number of distinct results."""
    input:
        runs="results/training/runs.parquet",
        plan=in_source(config["statistics"]["plan"]),
    output:
        table=report(
            ensure("results/statistics/arms.tsv", non_empty=True),
            caption="../report/statistics/arms.rst",
            category="Reproducibility",
            subcategory="Spread",
            labels={"content": "spread per arm", "form": "table"},
        ),
        values=ensure("results/statistics/values.tsv", non_empty=True),
    log:
        "<logs>/compare_arms.log",
    benchmark:
        "<benchmarks>/compare_arms.jsonl"
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("compare_arms"),
    script:
        "../scripts/compare_arms.py"


rule check_regression_targets:
    """Published numbers against what was measured; fails where a repetition misses the published value."""
    input:
        runs="results/training/runs.parquet",
        replays="results/replay/replays.tsv",
        plan=in_source(config["statistics"]["plan"]),
    output:
        table=report(
            ensure("results/statistics/regression_targets.tsv", non_empty=True),
            caption="../report/statistics/regression_targets.rst",
            category="Reproducibility",
            subcategory="Checks",
            labels={"content": "published numbers, repeated", "form": "table"},
        ),
    log:
        "<logs>/check_regression_targets.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("check_regression_targets"),
    script:
        "../scripts/check_regression_targets.py"


rule compare_published_runs:
    """The study's own three trainings beside the 60 of their repetition, whose raw tables are committed."""
    input:
        provenance=in_source("resources/published/training_fashion/provenance.json"),
        runs=in_source("resources/published/training_fashion/runs.parquet"),
        plan_of_runs=in_source(
            "resources/published/training_fashion/preregistration.yaml"
        ),
    output:
        table=report(
            ensure("results/statistics/published_runs.tsv", non_empty=True),
            caption="../report/statistics/published_runs.rst",
            category="Reproducibility",
            subcategory="The study's own runs",
            labels={"content": "published trainings among ours", "form": "table"},
        ),
        arms_table=report(
            ensure("results/statistics/fashion_arms.tsv", non_empty=True),
            caption="../report/statistics/fashion_arms.rst",
            category="Reproducibility",
            subcategory="The study's own runs",
            labels={"content": "spread per arm, 60 trainings", "form": "table"},
        ),
        slip=report(
            ensure("results/statistics/slip.tsv", non_empty=True),
            caption="../report/statistics/slip.rst",
            category="Reproducibility",
            subcategory="The study's own runs",
            labels={"content": "unscaled against scaled images", "form": "table"},
        ),
    log:
        "<logs>/compare_published_runs.log",
    benchmark:
        "<benchmarks>/compare_published_runs.jsonl"
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("compare_published_runs"),
    script:
        "../scripts/compare_published_runs.py"


rule check_expectations:
    """Values expected before the data against what was seen; fails only where an instrument misses its value."""
    input:
        runs="results/training/runs.parquet",
        plan=in_source(config["statistics"]["plan"]),
    output:
        table=report(
            ensure("results/statistics/expectations.tsv", non_empty=True),
            caption="../report/statistics/expectations.rst",
            category="Reproducibility",
            subcategory="Checks",
            labels={"content": "expected and observed", "form": "table"},
        ),
    log:
        "<logs>/check_expectations.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        code=code_digest("check_expectations"),
    script:
        "../scripts/check_expectations.py"


rule judge_contrasts:
    """The confirmatory family: each declared contrast tested once, adjusted by Holm."""
    input:
        runs="results/training/runs.parquet",
        replays="results/statistics/replay_pairs.tsv",
        plan=in_source(config["statistics"]["plan"]),
    output:
        table=report(
            ensure("results/statistics/contrasts.tsv", non_empty=True),
            caption="../report/statistics/contrasts.rst",
            category="Reproducibility",
            subcategory="Tests",
            labels={"content": "confirmatory contrasts", "form": "table"},
        ),
    log:
        "<logs>/judge_contrasts.log",
    benchmark:
        "<benchmarks>/judge_contrasts.jsonl"
    conda:
        "../envs/statistics.yaml"
    params:
        code=code_digest("judge_contrasts"),
    script:
        "../scripts/judge_contrasts.py"


rule measure_churn:
    """How often two runs of an arm predict different classes for the same example."""
    input:
        runs="results/training/runs.parquet",
        plan=in_source(config["statistics"]["plan"]),
        predictions="results/training/predictions.npz",
    output:
        table=report(
            ensure("results/statistics/churn.tsv", non_empty=True),
            caption="../report/statistics/churn.rst",
            category="Reproducibility",
            subcategory="Spread",
            labels={"content": "disagreement of runs", "form": "table"},
        ),
    log:
        "<logs>/measure_churn.log",
    benchmark:
        "<benchmarks>/measure_churn.jsonl"
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("measure_churn"),
    script:
        "../scripts/measure_churn.py"


rule compute_power:
    """What the declared sample sizes can show, by simulation."""
    input:
        plan=in_source(config["statistics"]["plan"]),
    output:
        table=report(
            ensure("results/statistics/power.tsv", non_empty=True),
            caption="../report/statistics/power.rst",
            category="Reproducibility",
            subcategory="Tests",
            labels={"content": "power of the plan", "form": "table"},
        ),
    log:
        "<logs>/compute_power.log",
    benchmark:
        "<benchmarks>/compute_power.jsonl"
    conda:
        "../envs/statistics.yaml"
    params:
        seed=lookup("statistics/seed", within=config),
        code=code_digest("compute_power"),
    script:
        "../scripts/compute_power.py"


rule estimate_corpus:
    """Shares over the corpus by frame, kind and function; owners are the sampling unit; the published count beside them."""
    input:
        usage="results/corpus/usage.tsv",
        text_search="results/corpus/text_search.tsv",
        provenance="results/corpus/provenance.json",
        projects=PROJECTS_TABLE,
        frames=FRAMES_TABLE,
        plan=in_source(config["statistics"]["plan"]),
    output:
        sample=ensure("results/corpus/sample.tsv", non_empty=True),
        counts=ensure("results/corpus/usage_counts.tsv", non_empty=True),
        corpus=report(
            ensure("results/statistics/corpus_shares.tsv", non_empty=True),
            caption="../report/statistics/corpus_shares.rst",
            category="Use",
            labels={"content": "shares over the corpus", "form": "table"},
        ),
        shares=report(
            ensure("results/statistics/usage_shares.tsv", non_empty=True),
            caption="../report/statistics/usage_shares.rst",
            category="Use",
            labels={"content": "share of projects", "form": "table"},
        ),
    log:
        "<logs>/estimate_corpus.log",
    benchmark:
        "<benchmarks>/estimate_corpus.jsonl"
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("estimate_corpus"),
    script:
        "../scripts/estimate_corpus.py"


rule estimate_contexts:
    """Shares along a scale of maintenance, and by kinds of project that two readings judged."""
    input:
        sample="results/corpus/sample.tsv",
        projects=PROJECTS_TABLE,
        judged=in_source("resources/labels/kinds_judged.tsv"),
    output:
        table=report(
            ensure("results/statistics/contexts.tsv", non_empty=True),
            caption="../report/statistics/contexts.rst",
            category="Use",
            labels={"content": "by maintenance and judged kind", "form": "table"},
        ),
        readings=ensure("results/statistics/kind_readings.tsv", non_empty=True),
    log:
        "<logs>/estimate_contexts.log",
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("estimate_contexts"),
    script:
        "../scripts/estimate_contexts.py"


rule estimate_components:
    """How much of the spread comes from initialisation, shuffling and split."""
    input:
        runs="results/training/runs.parquet",
        plan=in_source(config["statistics"]["plan"]),
    output:
        table=report(
            ensure("results/statistics/components.tsv", non_empty=True),
            caption="../report/statistics/components.rst",
            category="Reproducibility",
            subcategory="Spread",
            labels={"content": "sources of variance", "form": "table"},
        ),
    log:
        "<logs>/estimate_components.log",
    benchmark:
        "<benchmarks>/estimate_components.jsonl"
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("estimate_components"),
    script:
        "../scripts/estimate_components.py"


rule compare_costs:
    """What tracking and determinism cost per run, relative to recording nothing."""
    input:
        costs="results/training/costs.tsv",
    output:
        table=report(
            ensure("results/statistics/costs.tsv", non_empty=True),
            caption="../report/statistics/costs.rst",
            category="Reproducibility",
            subcategory="Costs",
            labels={"content": "cost of tracking and determinism", "form": "table"},
        ),
    log:
        "<logs>/compare_costs.log",
    benchmark:
        "<benchmarks>/compare_costs.jsonl"
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("compare_costs"),
    script:
        "../scripts/compare_costs.py"
