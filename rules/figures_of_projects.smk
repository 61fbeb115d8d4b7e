# Pictures of what other people's projects and public records show; `plot_figure` is in figures.smk.


use rule plot_figure as plot_usage with:
    """Share of projects that use a logging function, with intervals."""
    input:
        sources=[
            "results/statistics/usage_shares.tsv",
        ],
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
    localrule: True
    params:
        name="usage",
        code=code_digest("plot_figure", "figures/usage"),


use rule plot_figure as plot_usage_by_group with:
    """Use of each logging function by kind of project and by sampling frame."""
    input:
        sources=[
            "results/statistics/corpus_shares.tsv",
            in_source("config/frames.tsv"),
            "results/statistics/usage_shares.tsv",
        ],
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
    localrule: True
    params:
        name="usage_by_group",
        code=code_digest("plot_figure", "figures/corpus"),


use rule plot_figure as plot_corpus with:
    """Kinds of project, depth of tracing, other trackers and signals of re-execution over the corpus."""
    input:
        sources=[
            "results/statistics/corpus_shares.tsv",
            "results/statistics/usage_shares.tsv",
        ],
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
    localrule: True
    params:
        name="corpus",
        code=code_digest("plot_figure", "figures/corpus"),


use rule plot_figure as plot_contexts with:
    """Use of MLflow along the scale of maintenance, and kinds of project by two readings."""
    input:
        sources=[
            "results/statistics/contexts.tsv",
            "results/statistics/usage_shares.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/contexts.svg", non_empty=True),
            caption="../report/figures/contexts.rst",
            category="Use",
            labels={"content": "by maintenance and judged kind", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/contexts.tsv", non_empty=True),
            caption="../report/figures/contexts.rst",
            category="Use",
            labels={
                "content": "by maintenance and judged kind",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_contexts.log",
    localrule: True
    params:
        name="contexts",
        code=code_digest("plot_figure", "figures/contexts"),


use rule plot_figure as plot_public_funnel with:
    """How far public records lead, stage by stage, with intervals."""
    input:
        sources=[
            "results/public_records/funnel.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/public_funnel.svg", non_empty=True),
            caption="../report/public_records/funnel.rst",
            category="Public records",
            subcategory="How far they lead",
            labels={"content": "stages of the road", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/public_funnel.tsv", non_empty=True),
            caption="../report/public_records/funnel.rst",
            category="Public records",
            subcategory="How far they lead",
            labels={"content": "stages of the road", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_public_funnel.log",
    localrule: True
    params:
        name="public_funnel",
        code=code_digest("plot_figure", "figures/public_records"),


use rule plot_figure as plot_public_fields with:
    """What public records hold, by need."""
    input:
        sources=[
            "results/public_records/fields.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/public_fields.svg", non_empty=True),
            caption="../report/public_records/fields.rst",
            category="Public records",
            subcategory="What they hold",
            labels={"content": "fields by need", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/public_fields.tsv", non_empty=True),
            caption="../report/public_records/fields.rst",
            category="Public records",
            subcategory="What they hold",
            labels={"content": "fields by need", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_public_fields.log",
    localrule: True
    params:
        name="public_fields",
        code=code_digest("plot_figure", "figures/public_records"),


use rule plot_figure as plot_public_levels with:
    """Levels of public records by the year in which the run began."""
    input:
        sources=[
            "results/public_records/groups.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/public_levels.svg", non_empty=True),
            caption="../report/public_records/groups.rst",
            category="Public records",
            subcategory="What they hold",
            labels={"content": "levels by year", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/public_levels.tsv", non_empty=True),
            caption="../report/public_records/groups.rst",
            category="Public records",
            subcategory="What they hold",
            labels={"content": "levels by year", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_public_levels.log",
    localrule: True
    params:
        name="public_levels",
        code=code_digest("plot_figure", "figures/public_records"),


use rule plot_figure as plot_public_advice with:
    """What one more recorded thing would lift."""
    input:
        sources=[
            "results/public_records/advice.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/public_advice.svg", non_empty=True),
            caption="../report/public_records/advice.rst",
            category="Public records",
            subcategory="What would help",
            labels={"content": "what one line would lift", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/public_advice.tsv", non_empty=True),
            caption="../report/public_records/advice.rst",
            category="Public records",
            subcategory="What would help",
            labels={
                "content": "what one line would lift",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_public_advice.log",
    localrule: True
    params:
        name="public_advice",
        code=code_digest("plot_figure", "figures/public_records"),
