# Pictures of the tables. Each figure is declared in traceability/figures/catalogue.py and writes the values it shows beside
# it; its digest covers only the module that draws it.


rule figures:
    """Target: every figure of every chapter."""
    input:
        "results/figures/arms.svg",
        "results/figures/published_runs.svg",
        "results/figures/components.svg",
        "results/figures/costs.svg",
        "results/figures/capture_matrix.svg",
        "results/figures/launch_modes.svg",
        "results/figures/trackers.svg",
        "results/figures/digest_blind_spots.svg",
        "results/figures/storage_map.svg",
        "results/figures/storage_cost.svg",
        "results/figures/storage_load.svg",
        "results/figures/replay_funnel.svg",
        "results/figures/usage.svg",
        "results/figures/usage_by_group.svg",
        "results/figures/corpus.svg",
        "results/figures/contexts.svg",
        "results/figures/public_funnel.svg",
        "results/figures/public_fields.svg",
        "results/figures/public_levels.svg",
        "results/figures/public_advice.svg",
    localrule: True


rule plot_figure:
    """What all figures share; each of them is a rule of its own below."""
    log:
        "<logs>/plot_figure.log",
    localrule: True
    conda:
        "../envs/figures.yaml"
    script:
        "../scripts/plot_figure.py"


use rule plot_figure as plot_arms with:
    """Spread of the primary metric per arm, and the number of distinct results."""
    input:
        sources=[
            "results/statistics/arms.tsv",
            "results/statistics/values.tsv",
        ],
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
    localrule: True
    params:
        name="arms",
        code=code_digest("plot_figure", "figures/arms"),


use rule plot_figure as plot_published_runs with:
    """The study's three published trainings among those of its repetition."""
    input:
        sources=[
            "results/statistics/published_runs.tsv",
            in_source("resources/published/training_fashion/runs.parquet"),
        ],
    output:
        figure=report(
            ensure("results/figures/published_runs.svg", non_empty=True),
            caption="../report/figures/published_runs.rst",
            category="Reproducibility",
            subcategory="The study's own runs",
            labels={"content": "published trainings among ours", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/published_runs.tsv", non_empty=True),
            caption="../report/figures/published_runs.rst",
            category="Reproducibility",
            subcategory="The study's own runs",
            labels={
                "content": "published trainings among ours",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_published_runs.log",
    localrule: True
    params:
        name="published_runs",
        code=code_digest("plot_figure", "figures/published_runs"),


use rule plot_figure as plot_components with:
    """Where the spread comes from."""
    input:
        sources=[
            "results/statistics/components.tsv",
        ],
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
    localrule: True
    params:
        name="components",
        code=code_digest("plot_figure", "figures/components"),


use rule plot_figure as plot_costs with:
    """Seconds of a run at each level of tracking and determinism."""
    input:
        sources=[
            "results/training/costs.tsv",
            "results/statistics/costs.tsv",
        ],
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
    localrule: True
    params:
        name="costs",
        code=code_digest("plot_figure", "figures/costs"),


use rule plot_figure as plot_capture_matrix with:
    """What each way of using MLflow records."""
    input:
        sources=[
            "results/statistics/capture_counts.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/capture_matrix.svg", non_empty=True),
            caption="../report/capture/capture_matrix.rst",
            category="Capture",
            labels={"content": "fields by way of tracking", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/capture_matrix.tsv", non_empty=True),
            caption="../report/capture/capture_matrix.rst",
            category="Capture",
            labels={
                "content": "fields by way of tracking",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_capture_matrix.log",
    localrule: True
    params:
        name="capture_matrix",
        code=code_digest("plot_figure", "figures/capture"),


use rule plot_figure as plot_launch_modes with:
    """What is recorded of the code, by launch mode."""
    input:
        sources=[
            "results/capture/capture.tsv",
            in_source(config["capture"]["modes"]),
        ],
    output:
        figure=report(
            ensure("results/figures/launch_modes.svg", non_empty=True),
            caption="../report/capture/launch_modes.rst",
            category="Capture",
            labels={"content": "code version by launch mode", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/launch_modes.tsv", non_empty=True),
            caption="../report/capture/launch_modes.rst",
            category="Capture",
            labels={
                "content": "code version by launch mode",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_launch_modes.log",
    localrule: True
    params:
        name="launch_modes",
        code=code_digest("plot_figure", "figures/capture"),


use rule plot_figure as plot_trackers with:
    """What each tracker records of the same experiment."""
    input:
        sources=[
            "results/capture/capture.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/trackers.svg", non_empty=True),
            caption="../report/capture/trackers.rst",
            category="Capture",
            labels={"content": "fields by tracker", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/trackers.tsv", non_empty=True),
            caption="../report/capture/trackers.rst",
            category="Capture",
            labels={"content": "fields by tracker", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_trackers.log",
    localrule: True
    params:
        name="trackers",
        code=code_digest("plot_figure", "figures/capture"),


use rule plot_figure as plot_digest_blind_spots with:
    """Which changes of data MLflow's digest does not see."""
    input:
        sources=[
            "results/capture/digests.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/digest_blind_spots.svg", non_empty=True),
            caption="../report/capture/digest_blind_spots.rst",
            category="Capture",
            labels={"content": "changes that a digest sees", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/digest_blind_spots.tsv", non_empty=True),
            caption="../report/capture/digest_blind_spots.rst",
            category="Capture",
            labels={
                "content": "changes that a digest sees",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_digest_blind_spots.log",
    localrule: True
    params:
        name="digest_blind_spots",
        code=code_digest("plot_figure", "figures/capture"),


use rule plot_figure as plot_storage_map with:
    """Which entity lies where in each storage set-up."""
    input:
        sources=[
            "results/storage/map.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/storage_map.svg", non_empty=True),
            caption="../report/storage/storage_map.rst",
            category="Storage",
            labels={"content": "where each entity lies", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/storage_map.tsv", non_empty=True),
            caption="../report/storage/storage_map.rst",
            category="Storage",
            labels={
                "content": "where each entity lies",
                "form": "values of the figure",
            },
        ),
    log:
        "<logs>/plot_storage_map.log",
    localrule: True
    params:
        name="storage_map",
        code=code_digest("plot_figure", "figures/storage"),


use rule plot_figure as plot_storage_cost with:
    """What logging costs in each set-up, relative to SQLite."""
    input:
        sources=[
            "results/storage/cost.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/storage_cost.svg", non_empty=True),
            caption="../report/storage/storage_cost.rst",
            category="Storage",
            labels={"content": "what logging costs", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/storage_cost.tsv", non_empty=True),
            caption="../report/storage/storage_cost.rst",
            category="Storage",
            labels={"content": "what logging costs", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_storage_cost.log",
    localrule: True
    params:
        name="storage_cost",
        code=code_digest("plot_figure", "figures/storage"),


use rule plot_figure as plot_storage_load with:
    """Points per second over the number of writers."""
    input:
        sources=[
            "results/storage/collaboration.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/storage_load.svg", non_empty=True),
            caption="../report/storage/storage_load.rst",
            category="Storage",
            labels={"content": "several writers", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/storage_load.tsv", non_empty=True),
            caption="../report/storage/storage_load.rst",
            category="Storage",
            labels={"content": "several writers", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_storage_load.log",
    localrule: True
    params:
        name="storage_load",
        code=code_digest("plot_figure", "figures/storage"),


use rule plot_figure as plot_replay_funnel with:
    """Picture of the stages that replays reach."""
    input:
        sources=[
            "results/statistics/replay_funnel.tsv",
        ],
    output:
        figure=report(
            ensure("results/figures/replay_funnel.svg", non_empty=True),
            caption="../report/replay/funnel.rst",
            category="Replay",
            labels={"content": "stages reached", "form": "figure"},
        ),
        table=report(
            ensure("results/figures/replay_funnel.tsv", non_empty=True),
            caption="../report/replay/funnel.rst",
            category="Replay",
            labels={"content": "stages reached", "form": "values of the figure"},
        ),
    log:
        "<logs>/plot_replay_funnel.log",
    localrule: True
    params:
        name="replay_funnel",
        code=code_digest("plot_figure", "figures/replay"),
