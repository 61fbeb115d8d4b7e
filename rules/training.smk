# Seeded and unseeded replicates of every workload, tracked with MLflow, and read back from it.


rule training:
    """Target: all replicates, read back."""
    input:
        "results/training/runs.parquet",
        "results/training/costs.tsv",
    localrule: True


rule stage_subject:
    """Make a subject a git repository with an origin, as a user would have it."""
    input:
        subject_files,
    output:
        receipt="results/subjects/{workload}.json",
        worktree=directory("results/subjects/{workload}"),
        origin=directory("results/subjects/{workload}.git"),
    log:
        "<logs>/stage_subject/{workload}.log",
    localrule: True
    conda:
        "../envs/datasets.yaml"
    params:
        source=lambda wildcards, output: in_source(f"subjects/{wildcards.workload}"),
        code=code_digest("stage_subject"),
    script:
        "../scripts/stage_subject.py"


rule run_batch:
    """Run one block of replicates, each in a process of its own."""
    input:
        ancient("results/tracking/tracking.json"),
        unpack(era_environment),
        arms=in_source(config["training"]["arms"]),
        plan=in_source(config["statistics"]["plan"]),
        subject="results/subjects/{workload}.json",
        data=lambda wildcards: data_of(wildcards.workload),
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
        results=below_results("."),
        settings=lambda wildcards: batch_settings(wildcards.workload),
        preload=lambda wildcards: preloaded(wildcards.workload),
        names=lambda wildcards: [arm["arm"] for arm in arms_of(wildcards.workload)],
        # Not the whole chapter: a change of how runs are read back does not train again.
        code=code_digest("run_batch", "study/preloaded"),
    script:
        "../scripts/run_batch.py"


rule collect_runs:
    """Read every run back from MLflow and compare it with what its process measured."""
    input:
        lines=all_batches,
        arrays=arrays_of_all_batches,
    output:
        runs="results/training/runs.parquet",
        predictions="results/training/predictions.npz",
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
        results=below_results("."),
        code=code_digest("collect_runs"),
    script:
        "../scripts/collect_runs.py"


rule measure_costs:
    """What tracking and determinism cost; nothing else runs meanwhile."""
    input:
        levels=in_source(config["training"]["costs"]),
        plan=in_source(config["statistics"]["plan"]),
        subject=f"results/subjects/{COSTED}.json",
        data=data_of(COSTED),
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
        epochs=epochs_of(COSTED, "cost_epochs"),
        preload=preloaded(COSTED),
        seed=lookup("training/order_seed", within=config),
        code=code_digest("measure_costs", "study/preloaded"),
    script:
        "../scripts/measure_costs.py"
