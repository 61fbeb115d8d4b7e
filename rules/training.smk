# Seeded and unseeded replicates of every workload, tracked with MLflow, and read back from it.


rule training:
    """Target: all replicates, read back."""
    input:
        "results/training/runs.parquet",
        "results/training/costs.tsv",


rule stage_subject:
    """Make a subject a git repository with an origin, as a user would have it."""
    input:
        subject_files,
    output:
        receipt="results/subjects/{workload}.json",
    log:
        "<logs>/stage_subject/{workload}.log",
    conda:
        "../envs/datasets.yaml"
    params:
        source=lambda wildcards: in_source(f"subjects/{wildcards.workload}"),
        target="results/subjects/{workload}",
        code=code_digest("stage_subject"),
    message:
        "Stage subject {wildcards.workload}"
    script:
        "../scripts/stage_subject.py"


rule run_batch:
    """Run one block of replicates, each in a process of its own."""
    input:
        unpack(era_environment),
        arms=in_source(config["training"]["arms"]),
        plan=in_source(config["statistics"]["plan"]),
        subject="results/subjects/{workload}.json",
        data=lambda wildcards: data_of(wildcards.workload),
        tracking=ancient("results/tracking/tracking.json"),
    output:
        rows="results/training/{workload}/batch-{batch}.jsonl",
        arrays=directory("results/training/{workload}/batch-{batch}"),
    log:
        "<logs>/run_batch/{workload}-{batch}.log",
    benchmark:
        "<benchmarks>/run_batch/{workload}-{batch}.jsonl"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=batch_minutes,
    params:
        uri=lookup("tracking/uri", within=config),
        timeout=lookup("tracking/sqlite_timeout_seconds", within=config),
        settings=lambda wildcards: batch_settings(wildcards.workload),
        preload=lambda wildcards: preloaded(wildcards.workload),
        arms=lambda wildcards: [
            arm["arm"] for arm in arms_of(wildcards.workload)
        ],
        # Not the whole chapter: a change of how runs are read back does not train again.
        code=code_digest("run_batch", "training/preloaded"),
    message:
        "Run batch {wildcards.batch} of {wildcards.workload}"
    script:
        "../scripts/run_batch.py"


rule collect_runs:
    """Read every run back from MLflow and compare it with what its process measured."""
    input:
        lines=all_batches,
    output:
        runs="results/training/runs.parquet",
    log:
        "<logs>/collect_runs.log",
    benchmark:
        "<benchmarks>/collect_runs.jsonl"
    conda:
        "../envs/tracking.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        uri=lookup("tracking/uri", within=config),
        timeout=lookup("tracking/sqlite_timeout_seconds", within=config),
        code=code_digest("collect_runs"),
    message:
        "Collect the runs from MLflow"
    script:
        "../scripts/collect_runs.py"


rule measure_costs:
    """What tracking and determinism cost; nothing else runs meanwhile."""
    input:
        levels=in_source("config/costs.tsv"),
        plan=in_source(config["statistics"]["plan"]),
        subject="results/subjects/digits_mlp.json",
        data=data_of("digits_mlp"),
    output:
        table=ensure("results/training/costs.tsv", non_empty=True),
    log:
        "<logs>/measure_costs.log",
    benchmark:
        "<benchmarks>/measure_costs.jsonl"
    conda:
        "../envs/training.yaml"
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        repetitions=lookup("training/cost_repetitions", within=config),
        epochs=epochs_of("digits_mlp", "cost_epochs"),
        preload=preloaded("digits_mlp"),
        seed=lookup("training/order_seed", within=config),
        code=code_digest("measure_costs", "training/preloaded"),
    message:
        "Measure what tracking and determinism cost"
    script:
        "../scripts/measure_costs.py"
