# The numbers of this run beside those that were published.


rule reproduction:
    """Target: what of the published numbers comes out again here, as table and figure."""
    input:
        "results/reproduction/reproduction.tsv",
        "results/reproduction/runs.tsv",
        "results/figures/reproduction.svg",
    localrule: True


rule compare_with_published:
    """Every published number beside this run's: same, compatible, different, or not measured."""
    input:
        numbers="results/paper/numbers.json",
        arms="results/statistics/arms.tsv",
        fashion_arms="results/statistics/fashion_arms.tsv",
        fashion=in_source("resources/published/training_fashion/provenance.json"),
        paper=published_numbers(),
    output:
        table=report(
            ensure("results/reproduction/reproduction.tsv", non_empty=True),
            caption="../report/reproduction/reproduction.rst",
            category="Reproduction",
            labels={"content": "every published number", "form": "table"},
        ),
        summary=ensure("results/reproduction/summary.txt", non_empty=True),
    log:
        "<logs>/compare_with_published.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        settings={name: config[name] for name in origins.SECTIONS},
        factor=lookup("reproduction/factor", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("compare_with_published"),
    script:
        "../scripts/compare_with_published.py"


rule compare_runs:
    """Every run with a published twin (the same seed and settings): the same weights, predictions and metrics here?"""
    input:
        runs="results/training/runs.parquet",
        published=in_source("resources/published/training/provenance.json"),
        taken=in_source("resources/published/training/runs.parquet"),
    output:
        table=report(
            ensure("results/reproduction/runs.tsv", non_empty=True),
            caption="../report/reproduction/runs.rst",
            category="Reproduction",
            labels={"content": "runs beside the published ones", "form": "table"},
        ),
    log:
        "<logs>/compare_runs.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        training=lookup("training", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("compare_runs"),
    script:
        "../scripts/compare_runs.py"


use rule plot_figure as plot_reproduction with:
    """How near the numbers of this run are to the published ones."""
    input:
        sources=["results/reproduction/reproduction.tsv"],
    output:
        figure=report(
            ensure("results/figures/reproduction.svg", non_empty=True),
            caption="../report/reproduction/figure.rst",
            category="Reproduction",
            labels={"content": "published and measured here", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/reproduction.tsv", non_empty=True),
            caption="../report/reproduction/figure.rst",
            category="Reproduction",
            labels={
                "content": "published and measured here",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_reproduction.log",
    localrule: True
    params:
        name="reproduction",
        code=code_digest("plot_figure", "figures/reproduction"),
