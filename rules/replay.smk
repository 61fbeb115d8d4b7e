# Recorded runs are run again, knowing only their records.


rule replay:
    """Target: the funnel of the replays, as table and figure."""
    input:
        "results/replay/replays.tsv",
        "results/statistics/replay_funnel.tsv",
        "results/statistics/replay_cells.tsv",
        "results/figures/replay_funnel.svg",
        ["results/replay/third_party.tsv"] if config["replay"]["third_party"] else [],
    localrule: True


rule plan_replays:
    """Write down which runs are made and replayed, and by which job."""
    input:
        cases=in_source(config["replay"]["cases"]),
        arms=in_source(config["training"]["arms"]),
        preregistration=in_source(config["statistics"]["plan"]),
    output:
        plan=ensure("results/replay/plan.tsv", non_empty=True),
        margins="results/replay/margins.json",
    log:
        "<logs>/plan_replays.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        epochs={workload: epochs_of(workload) for workload in WORKLOADS},
        environments=lookup("replay/environments", within=config),
        replays_at_most=lookup("replay/replays_at_most", within=config),
        batches=lookup("replay/batches", within=config),
        crossed_levels=lookup("training/crossed_levels", within=config),
        base_seed=lookup("training/order_seed", within=config),
        code=code_digest("plan_replays"),
    script:
        "../scripts/plan_replays.py"


rule run_replays:
    """Make one job's share of the runs and replay each from its record."""
    input:
        plan="results/replay/plan.tsv",
        margins="results/replay/margins.json",
        era=in_source(config["replay"]["era"]),
        subjects=expand("results/subjects/{workload}.json", workload=WORKLOADS),
        data=[data_of(workload) for workload in WORKLOADS],
    output:
        rows="results/replay/batch-{batch}.jsonl",
        store=directory("results/replay/originals/batch-{batch}"),
    log:
        "<logs>/run_replays/{batch}.log",
    benchmark:
        "<benchmarks>/run_replays/{batch}.jsonl"
    conda:
        "../envs/replay.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(120),
    params:
        workloads=WORKLOADS,
        preload={workload: preloaded(workload) for workload in WORKLOADS},
        cache=below_results("environments"),
        timeout_seconds=lookup("replay/timeout_seconds", within=config),
        code=code_digest(
            "run_replays",
            "runtime/sandbox_launcher",
            "runtime/supervise",
            "replay/redirect",
            "study/preloaded",
        ),
    script:
        "../scripts/run_replays.py"


rule collect_replays:
    """Put all replays into one table; a planted defect that was not recognised is an error."""
    input:
        lines=expand(
            "results/replay/batch-{batch}.jsonl",
            batch=range(config["replay"]["batches"]),
        ),
    output:
        replays=report(
            ensure("results/replay/replays.tsv", non_empty=True),
            caption="../report/replay/replays.rst",
            category="Replay",
            labels={"content": "every replay", "form": "table"},
        ),
    log:
        "<logs>/collect_replays.log",
    localrule: True
    conda:
        "../envs/replay.yaml"
    params:
        code=code_digest("collect_replays"),
    script:
        "../scripts/collect_replays.py"


rule run_third_party:
    """Execute projects of other people, those that the configuration names, at their pinned commits."""
    input:
        projects=in_source(config["replay"]["third_party_projects"]),
    output:
        table=report(
            ensure("results/replay/third_party.tsv", non_empty=True),
            caption="../report/replay/third_party.rst",
            category="Replay",
            labels={"content": "third-party projects", "form": "table"},
        ),
    log:
        "<logs>/run_third_party.log",
    benchmark:
        "<benchmarks>/run_third_party.jsonl"
    conda:
        "../envs/replay.yaml"
    threads: 1
    resources:
        mem_mb=growing(10000),
        runtime=growing(240),
    params:
        names=lookup("replay/third_party", within=config),
        home=lookup("replay/third_party_home", within=config),
        memory_mib=lookup("replay/third_party_memory_mib", within=config),
        timeout_seconds=lookup("replay/third_party_timeout_seconds", within=config),
        template=lambda _wildcards: config["corpus"]["url_template"],
        cache=below_results("environments"),
        code=code_digest(
            "run_third_party", "runtime/sandbox_launcher", "runtime/supervise"
        ),
    script:
        "../scripts/run_third_party.py"


rule count_replays:
    """How far replays come, per record and environment, with intervals, and tests of equivalence per cell."""
    input:
        replays="results/replay/replays.tsv",
        runs="results/training/runs.parquet",
        plan=in_source(config["statistics"]["plan"]),
    output:
        funnel=report(
            ensure("results/statistics/replay_funnel.tsv", non_empty=True),
            caption="../report/replay/funnel.rst",
            category="Replay",
            labels={"content": "stages reached", "form": "table"},
        ),
        cells=report(
            ensure("results/statistics/replay_cells.tsv", non_empty=True),
            caption="../report/replay/cells.rst",
            category="Replay",
            labels={"content": "equivalence per cell", "form": "table"},
        ),
        predictions=report(
            ensure("results/statistics/replay_predictions.tsv", non_empty=True),
            caption="../report/replay/predictions.rst",
            category="Replay",
            labels={"content": "replays in prediction intervals", "form": "table"},
        ),
        pairs=ensure("results/statistics/replay_pairs.tsv", non_empty=True),
    log:
        "<logs>/count_replays.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("count_replays"),
    script:
        "../scripts/count_replays.py"
