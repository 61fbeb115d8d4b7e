# Where records live: every storage set-up for real, opened, loaded and broken.


rule storage:
    """Target: every table and figure of the storage chapter."""
    input:
        "results/storage/map.tsv",
        "results/storage/contents.tsv",
        "results/storage/collaboration.tsv",
        "results/storage/failures.tsv",
        "results/storage/cost.tsv",
        "results/storage/latency.tsv",
        "results/storage/access.tsv",
        "results/storage/moves.tsv",
        "results/figures/storage_map.svg",
        "results/figures/storage_cost.svg",
        "results/figures/storage_load.svg",


rule map_stores:
    """The same experiment in every set-up; the stores opened, and their content compared."""
    input:
        stores=in_source(config["storage"]["table"]),
    output:
        places=report(
            ensure("results/storage/map.tsv", non_empty=True),
            caption="../report/storage/map.rst",
            category="Storage",
            labels={"content": "where each entity lies", "form": "table"},
        ),
        contents=report(
            ensure("results/storage/contents.tsv", non_empty=True),
            caption="../report/storage/contents.rst",
            category="Storage",
            labels={"content": "content read back", "form": "table"},
        ),
    log:
        "<logs>/map_stores.log",
    benchmark:
        "<benchmarks>/map_stores.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        stores=lookup("storage/stores", within=config),
        swift=lookup("storage/swift", within=config),
        library=library_digest("storage/mapping", "guard", "storage/tables"),
    message:
        "Log one experiment in every set-up and open the stores"
    script:
        "../scripts/map_stores.py"


rule measure_collaboration:
    """Processes that write at the same time: points lost, doubled or torn."""
    input:
        stores=in_source(config["storage"]["table"]),
    output:
        table=report(
            ensure("results/storage/collaboration.tsv", non_empty=True),
            caption="../report/storage/collaboration.rst",
            category="Storage",
            labels={"content": "several writers", "form": "table"},
        ),
    log:
        "<logs>/measure_collaboration.log",
    benchmark:
        "<benchmarks>/measure_collaboration.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        stores=lookup("storage/stores", within=config),
        swift=lookup("storage/swift", within=config),
        writers=lookup("storage/writers", within=config),
        runs_per_writer=lookup("storage/runs_per_writer", within=config),
        metrics_per_run=lookup("storage/metrics_per_run", within=config),
        library=library_digest("storage/collaboration", "guard", "storage/tables"),
    message:
        "Let several processes write to every set-up"
    script:
        "../scripts/measure_collaboration.py"


rule break_stores:
    """Components killed and disks filled while a client logs."""
    input:
        stores=in_source(config["storage"]["table"]),
    output:
        table=report(
            ensure("results/storage/failures.tsv", non_empty=True),
            caption="../report/storage/failures.rst",
            category="Storage",
            labels={"content": "failures", "form": "table"},
        ),
    log:
        "<logs>/break_stores.log",
    benchmark:
        "<benchmarks>/break_stores.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        stores=lookup("storage/stores", within=config),
        swift=lookup("storage/swift", within=config),
        library=library_digest("storage/failures", "guard", "storage/tables"),
    message:
        "Kill components of every set-up under load"
    script:
        "../scripts/break_stores.py"


rule measure_cost:
    """Seconds and bytes of logging, set-ups interleaved."""
    input:
        stores=in_source(config["storage"]["table"]),
    output:
        table=report(
            ensure("results/storage/cost.tsv", non_empty=True),
            caption="../report/storage/cost.rst",
            category="Storage",
            labels={"content": "what logging costs", "form": "table"},
        ),
    log:
        "<logs>/measure_cost.log",
    benchmark:
        "<benchmarks>/measure_cost.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        stores=lookup("storage/stores", within=config),
        swift=lookup("storage/swift", within=config),
        repetitions=lookup("storage/repetitions", within=config),
        single_calls=lookup("storage/single_calls", within=config),
        batch_points=lookup("storage/batch_points", within=config),
        upload_mib=lookup("storage/upload_mib", within=config),
        resamples=lookup("storage/resamples", within=config),
        seed=lookup("storage/seed", within=config),
        library=library_digest("storage/cost", "guard", "storage/tables"),
    message:
        "Time logging in every set-up"
    script:
        "../scripts/measure_cost.py"


rule measure_latency:
    """Milliseconds per request to a server, by workers and connection."""
    output:
        table=report(
            ensure("results/storage/latency.tsv", non_empty=True),
            caption="../report/storage/latency.rst",
            category="Storage",
            labels={"content": "requests to a server", "form": "table"},
        ),
    log:
        "<logs>/measure_latency.log",
    benchmark:
        "<benchmarks>/measure_latency.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        requests=lookup("storage/requests", within=config),
        resamples=lookup("storage/resamples", within=config),
        seed=lookup("storage/seed", within=config),
        library=library_digest("storage/cost", "guard", "storage/tables"),
    message:
        "Time requests to servers with one and two workers"
    script:
        "../scripts/measure_latency.py"


rule try_access:
    """Who sees, reads, writes and deletes what on a server with accounts."""
    input:
        stores=in_source(config["storage"]["table"]),
    output:
        table=report(
            ensure("results/storage/access.tsv", non_empty=True),
            caption="../report/storage/access.rst",
            category="Storage",
            labels={"content": "attempts of users", "form": "table"},
        ),
    log:
        "<logs>/try_access.log",
    benchmark:
        "<benchmarks>/try_access.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        stores=lookup("storage/stores", within=config),
        library=library_digest("storage/access", "guard", "storage/tables"),
    message:
        "Try every action with every permission"
    script:
        "../scripts/try_access.py"


rule move_runs:
    """The same experiment moved between set-ups: which values arrive."""
    input:
        stores=in_source(config["storage"]["table"]),
    output:
        table=report(
            ensure("results/storage/moves.tsv", non_empty=True),
            caption="../report/storage/moves.rst",
            category="Storage",
            labels={"content": "moving between set-ups", "form": "table"},
        ),
    log:
        "<logs>/move_runs.log",
    benchmark:
        "<benchmarks>/move_runs.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        stores=lookup("storage/stores", within=config),
        library=library_digest("storage/moving", "guard", "storage/tables"),
    message:
        "Move an experiment between set-ups"
    script:
        "../scripts/move_runs.py"


rule plot_storage_map:
    """Which entity lies where in each storage set-up."""
    input:
        places="results/storage/map.tsv",
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
    conda:
        "../envs/figures.yaml"
    params:
        library=library_digest("figures/storage", "figures/tables"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_storage_map.py"


rule plot_storage_cost:
    """What logging costs in each set-up, relative to SQLite."""
    input:
        costs="results/storage/cost.tsv",
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
    conda:
        "../envs/figures.yaml"
    params:
        library=library_digest("figures/storage", "figures/tables"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_storage_cost.py"


rule plot_storage_load:
    """Points per second over the number of writers."""
    input:
        load="results/storage/collaboration.tsv",
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
    conda:
        "../envs/figures.yaml"
    params:
        library=library_digest("figures/storage", "figures/tables"),
    message:
        "Draw {output.figure}"
    script:
        "../scripts/plot_storage_load.py"
