# Pictures of the tables; each writes the values it shows beside it.


rule figures:
    """Target: every figure of training and use; those of capture, storage and replay are in their chapters."""
    input:
        "results/figures/arms.svg",
        "results/figures/components.svg",
        "results/figures/costs.svg",
        "results/figures/usage.svg",
        "results/figures/usage_by_group.svg",
        "results/figures/corpus.svg",


rule plot_arms:
    """Spread of the primary metric per arm, and the number of distinct results."""
    input:
        arms="results/statistics/arms.tsv",
        values="results/statistics/values.tsv",
    output:
        figure=report(
            ensure("results/figures/arms.svg", non_empty=True),
            caption="../report/figures/arms.rst",
            category="Reproducibility",
            subcategory="Spread",
            labels={"content": "spread per arm", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/arms.tsv", non_empty=True),
            caption="../report/figures/arms.rst",
            category="Reproducibility",
            subcategory="Spread",
            labels={"content": "spread per arm", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_arms.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code_digest("plot_arms"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_arms.py"


rule plot_usage:
    """Share of projects that use a logging function, with intervals."""
    input:
        shares="results/statistics/usage_shares.tsv",
    output:
        figure=report(
            ensure("results/figures/usage.svg", non_empty=True),
            caption="../report/figures/usage.rst",
            category="Use",
            labels={"content": "share of projects", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/usage.tsv", non_empty=True),
            caption="../report/figures/usage.rst",
            category="Use",
            labels={"content": "share of projects", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_usage.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code_digest("plot_usage"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_usage.py"


rule plot_costs:
    """Seconds of a run at each level of tracking and determinism."""
    input:
        costs="results/training/costs.tsv",
        summary="results/statistics/costs.tsv",
    output:
        figure=report(
            ensure("results/figures/costs.svg", non_empty=True),
            caption="../report/figures/costs.rst",
            category="Reproducibility",
            subcategory="Costs",
            labels={"content": "cost of tracking and determinism", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/costs.tsv", non_empty=True),
            caption="../report/figures/costs.rst",
            category="Reproducibility",
            subcategory="Costs",
            labels={
                "content": "cost of tracking and determinism",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_costs.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code_digest("plot_costs"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_costs.py"


rule plot_components:
    """Where the spread comes from."""
    input:
        components="results/statistics/components.tsv",
    output:
        figure=report(
            ensure("results/figures/components.svg", non_empty=True),
            caption="../report/figures/components.rst",
            category="Reproducibility",
            subcategory="Spread",
            labels={"content": "sources of variance", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/components.tsv", non_empty=True),
            caption="../report/figures/components.rst",
            category="Reproducibility",
            subcategory="Spread",
            labels={"content": "sources of variance", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_components.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code_digest("plot_components"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_components.py"


rule plot_usage_by_group:
    """Use of each logging function by kind of project and by sampling frame."""
    input:
        shares="results/statistics/corpus_shares.tsv",
        usage="results/statistics/usage_shares.tsv",
        frames=in_source("config/frames.tsv"),
    output:
        figure=report(
            ensure("results/figures/usage_by_group.svg", non_empty=True),
            caption="../report/figures/usage_by_group.rst",
            category="Use",
            labels={"content": "by kind of project and frame", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/usage_by_group.tsv", non_empty=True),
            caption="../report/figures/usage_by_group.rst",
            category="Use",
            labels={
                "content": "by kind of project and frame",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_usage_by_group.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code_digest("plot_usage_by_group"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_usage_by_group.py"


rule plot_corpus:
    """Kinds of project, depth of tracing, other trackers and signals of re-execution over the corpus."""
    input:
        shares="results/statistics/corpus_shares.tsv",
        usage="results/statistics/usage_shares.tsv",
    output:
        figure=report(
            ensure("results/figures/corpus.svg", non_empty=True),
            caption="../report/figures/corpus.rst",
            category="Use",
            labels={"content": "what else the corpus shows", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/corpus.tsv", non_empty=True),
            caption="../report/figures/corpus.rst",
            category="Use",
            labels={
                "content": "what else the corpus shows",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_corpus.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code_digest("plot_corpus"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_corpus.py"
