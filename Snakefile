# What MLflow lets you trace, store, run again and reproduce: the study as a workflow.
#
#   snakemake --cores all            everything
#   snakemake --cores 4 training     one chapter alone
#   snakemake --configfile config/quick.yaml --cores 2      the same study, tiny
from snakemake.utils import min_version

# pathvars came with 9.14; 9.27.1 is the version that the lock holds and the tests run.
min_version("9.14")


configfile: "config/config.yaml"


report: "report/workflow.rst"


pathvars:
    logs="results/logs",
    benchmarks="results/benchmarks",


include: "rules/common.smk"
include: "rules/datasets.smk"
include: "rules/tracking.smk"
include: "rules/training.smk"
include: "rules/replay.smk"
include: "rules/capture.smk"
include: "rules/storage.smk"
include: "rules/corpus.smk"
include: "rules/statistics.smk"
include: "rules/figures.smk"


localrules:
    all,
    datasets,
    training,
    replay,
    capture,
    environments,
    storage,
    corpus,
    statistics,
    figures,


# On a cluster these run where Snakemake runs: seconds of one core, less than a job's start, or the network is needed,
# which many clusters give to their login nodes only.
localrules:
    build_component,
    check_durability,
    collect_replays,
    count_replays,
    check_expectations,
    check_regression_targets,
    count_usage,
    init_tracking,
    list_projects,
    plan_replays,
    plot_arms,
    plot_components,
    plot_corpus,
    plot_costs,
    plot_replay_funnel,
    plot_storage_cost,
    plot_storage_load,
    plot_storage_map,
    plot_usage,
    prepare_dataset,
    scan_calibration,
    score_labels,
    score_scanner,
    stage_subject,
    summarise_datasets,
    verify_observations,


rule all:
    """The whole study."""
    default_target: True
    input:
        rules.datasets.input,
        rules.training.input,
        rules.replay.input,
        rules.capture.input,
        rules.storage.input,
        rules.corpus.input,
        rules.statistics.input,
        rules.figures.input,
