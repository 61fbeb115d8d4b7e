# What MLflow lets you trace, store, run again and reproduce: the study as a workflow.
#
#   snakemake --cores all            everything
#   snakemake --cores 4 training     one chapter alone
#   snakemake --configfile config/quick.yaml --cores 2      the same study, tiny
from snakemake.utils import min_version

# The version that the lock holds and the tests run (pathvars alone would need 9.14).
min_version("9.27.1")


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
include: "rules/paper.smk"


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
    paper,


# On a cluster these run where Snakemake runs: seconds of one core, less than a job's start, or the network is needed,
# which many clusters give to their login nodes only.
localrules:
    build_component,
    build_environment,
    check_durability,
    check_expectations,
    check_regression_targets,
    collect_numbers,
    collect_replays,
    compile_paper,
    count_captures,
    count_replays,
    count_usage,
    init_tracking,
    judge_captures,
    list_projects,
    plan_captures,
    plan_replays,
    plot_arms,
    plot_capture_matrix,
    plot_components,
    plot_corpus,
    plot_costs,
    plot_digest_blind_spots,
    plot_launch_modes,
    plot_replay_funnel,
    plot_storage_cost,
    plot_storage_load,
    plot_storage_map,
    plot_trackers,
    plot_usage,
    plot_usage_by_group,
    prepare_dataset,
    sample_projects,
    scan_calibration,
    score_independent,
    score_kinds,
    score_labels,
    score_scanner,
    stage_subject,
    summarise_datasets,
    verify_observations,
    write_crate,
    write_table,


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
        rules.paper.input,
