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
        "results/storage/durability.tsv",
        "results/figures/storage_map.svg",
        "results/figures/storage_cost.svg",
        "results/figures/storage_load.svg",
    localrule: True


rule use_stores:
    """Every set-up opened once: what logging costs, where one experiment lies, what a move keeps, several writers."""
    input:
        unpack(object_store),
        setups=in_source(config["storage"]["table"]),
    output:
        costs=report(
            ensure("results/storage/cost.tsv", non_empty=True),
            caption="../report/storage/cost.rst",
            category="Storage",
            labels={"content": "what logging costs", "form": "table"},
        ),
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
        moves=report(
            ensure("results/storage/moves.tsv", non_empty=True),
            caption="../report/storage/moves.rst",
            category="Storage",
            labels={"content": "moving between set-ups", "form": "table"},
        ),
        collaboration=report(
            ensure("results/storage/collaboration.tsv", non_empty=True),
            caption="../report/storage/collaboration.rst",
            category="Storage",
            labels={"content": "several writers", "form": "table"},
        ),
    log:
        "<logs>/use_stores.log",
    benchmark:
        "<benchmarks>/use_stores.jsonl"
    conda:
        "../envs/storage.yaml"
    # Timed, or with as many processes as the machine takes: nothing beside it.
    threads: all_cores()
    resources:
        servers=1,
        mem_mb=growing(8000),
        runtime=growing(240),
    params:
        stores=lookup("storage/stores", within=config),
        postgresql=lookup("storage/postgresql", within=config),
        writers=lookup("storage/writers", within=config),
        writers_with_accounts=lookup("storage/writers_with_accounts", within=config),
        load_rounds=lookup("storage/load_rounds", within=config),
        runs_per_writer=lookup("storage/runs_per_writer", within=config),
        metrics_per_run=lookup("storage/metrics_per_run", within=config),
        repetitions=lookup("storage/repetitions", within=config),
        single_calls=lookup("storage/single_calls", within=config),
        batch_points=lookup("storage/batch_points", within=config),
        upload_mib=lookup("storage/upload_mib", within=config),
        repeat_seconds=lookup("storage/repeat_seconds", within=config),
        at_most_seconds=lookup("storage/at_most_seconds", within=config),
        resamples=lookup("storage/resamples", within=config),
        seed=lookup("storage/seed", within=config),
        code=code_digest("use_stores", "storage/swift_node", "runtime/supervise"),
    script:
        "../scripts/use_stores.py"


rule break_stores:
    """Components killed and disks filled while a client logs."""
    input:
        unpack(object_store),
        setups=in_source(config["storage"]["table"]),
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
    # Not timed, and most of it is waiting for what was killed.
    threads: 1
    resources:
        servers=1,
        mem_mb=growing(7000),
        runtime=growing(60),
    params:
        stores=lookup("storage/stores", within=config),
        postgresql=lookup("storage/postgresql", within=config),
        code=code_digest("break_stores", "storage/swift_node", "runtime/supervise"),
    script:
        "../scripts/break_stores.py"


rule measure_latency:
    """Milliseconds per request to a server, with each cause of slow answers on and off."""
    input:
        uvloop="results/environments/uvloop.json",
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
        mem_mb=growing(6500),
        runtime=growing(60),
    params:
        requests=lookup("storage/requests", within=config),
        resamples=lookup("storage/resamples", within=config),
        seed=lookup("storage/seed", within=config),
        code=code_digest("measure_latency", "runtime/supervise"),
    script:
        "../scripts/measure_latency.py"


rule try_access:
    """Who sees, reads, writes and deletes what on a server with accounts."""
    input:
        setups=in_source(config["storage"]["table"]),
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
        postgresql=lookup("storage/postgresql", within=config),
        code=code_digest("try_access", "runtime/supervise"),
    script:
        "../scripts/try_access.py"


rule check_durability:
    """Nothing lost that was acknowledged, in any set-up that claims durability; otherwise an error."""
    input:
        collaboration="results/storage/collaboration.tsv",
        failures="results/storage/failures.tsv",
        stores=in_source(config["storage"]["table"]),
    output:
        table=report(
            ensure("results/storage/durability.tsv", non_empty=True),
            caption="../report/storage/durability.rst",
            category="Storage",
            labels={"content": "acknowledged and lost", "form": "table"},
        ),
    log:
        "<logs>/check_durability.log",
    localrule: True
    conda:
        "../envs/storage.yaml"
    params:
        code=code_digest("check_durability"),
    script:
        "../scripts/check_durability.py"
