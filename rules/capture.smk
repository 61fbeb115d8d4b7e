# What trackers record of a run, against what was so.


rule capture:
    """Target: what trackers record, as tables and figures."""
    input:
        "results/capture/capture.tsv",
        "results/capture/planted.tsv",
        "results/capture/crosscheck.tsv",
        "results/capture/expected.tsv",
        "results/capture/digests.tsv",
        "results/statistics/capture_counts.tsv",
        "results/figures/capture_matrix.svg",
        "results/figures/launch_modes.svg",
        "results/figures/trackers.svg",
        "results/figures/digest_blind_spots.svg",
    localrule: True


rule environments:
    """Target: every environment that rules build for themselves (`make environments`), before anything is timed."""
    input:
        unpack(object_store),
        environments_in_use(),
        uvloop="results/environments/uvloop.json",
    localrule: True


rule build_environment:
    """Build an environment to measure with (a tracker's, a component's) from its locked list, or say why not."""
    input:
        requirements=requirements_of,
    output:
        receipt="results/environments/{environment}.json",
    log:
        "<logs>/build_environment/{environment}.log",
    localrule: True
    conda:
        "../envs/replay.yaml"
    resources:
        downloads=1,
    params:
        about=lambda wildcards: environment_of(wildcards)["about"],
        package=lambda wildcards: environment_of(wildcards)["package"],
        version=lambda wildcards: environment_of(wildcards)["version"],
        given=lambda wildcards: environment_of(wildcards)["given"],
        code=code_digest("build_environment"),
    script:
        "../scripts/build_environment.py"


rule plan_captures:
    """Write down what is launched how, tracked by what, and by which job."""
    input:
        blocks=in_source(config["capture"]["blocks"]),
        modes=in_source(config["capture"]["modes"]),
        trackings=in_source(config["capture"]["trackings"]),
    output:
        plan=ensure("results/capture/plan.tsv", non_empty=True),
    log:
        "<logs>/plan_captures.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        use=lookup("capture/use", within=config),
        batches=lookup("capture/batches", within=config),
        code=code_digest("plan_captures"),
    script:
        "../scripts/plan_captures.py"


rule write_table:
    """The diabetes data as the table that a program reads."""
    input:
        data="results/datasets/diabetes/data.npz",
    output:
        table=ensure("results/capture/diabetes.csv", non_empty=True),
    log:
        "<logs>/write_table.log",
    localrule: True
    conda:
        "../envs/datasets.yaml"
    params:
        code=code_digest("write_table"),
    script:
        "../scripts/write_table.py"


rule run_captures:
    """Launch one job's share and read back everything that the trackers hold of it."""
    input:
        plan="results/capture/plan.tsv",
        data="results/capture/diabetes.csv",
        subject=f"results/subjects/{CAPTURED}.json",
        environments=environments_in_use(),
    output:
        rows="results/capture/batch-{batch}.jsonl",
        cases=directory("results/capture/cases/batch-{batch}"),
    log:
        "<logs>/run_captures/{batch}.log",
    benchmark:
        "<benchmarks>/run_captures/{batch}.jsonl"
    conda:
        "../envs/capture.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(120),
    params:
        timeout_seconds=lookup("capture/timeout_seconds", within=config),
        code=code_digest("run_captures", "capture/probes", "plugin"),
    script:
        "../scripts/run_captures.py"


rule judge_captures:
    """Every field of every launch against the truth; a planted defect that was not recognised is an error."""
    input:
        lines=expand(
            "results/capture/batch-{batch}.jsonl",
            batch=range(config["capture"]["batches"]),
        ),
        modes=in_source(config["capture"]["modes"]),
        trackers=in_source(config["capture"]["trackers"]),
    output:
        captured=report(
            ensure("results/capture/capture.tsv", non_empty=True),
            caption="../report/capture/capture.rst",
            category="Capture",
            labels={"content": "every field of every launch", "form": "table"},
        ),
        planted=report(
            ensure("results/capture/planted.tsv", non_empty=True),
            caption="../report/capture/planted.rst",
            category="Capture",
            labels={"content": "the instrument's own check", "form": "table"},
        ),
        crosscheck=report(
            ensure("results/capture/crosscheck.tsv", non_empty=True),
            caption="../report/capture/crosscheck.rst",
            category="Capture",
            labels={
                "content": "MLflow's interface against its store",
                "form": "table",
            },
        ),
        expected=report(
            ensure("results/capture/expected.tsv", non_empty=True),
            caption="../report/capture/expected.rst",
            category="Capture",
            labels={"content": "launch modes as expected", "form": "table"},
        ),
    log:
        "<logs>/judge_captures.log",
    localrule: True
    conda:
        "../envs/capture.yaml"
    params:
        code=code_digest("judge_captures"),
    script:
        "../scripts/judge_captures.py"


rule compare_digests:
    """Which changes of a data set MLflow's digest does not see."""
    input:
        environments=environments_in_use(),
    output:
        table=report(
            ensure("results/capture/digests.tsv", non_empty=True),
            caption="../report/capture/digest_blind_spots.rst",
            category="Capture",
            labels={"content": "changes that a digest sees", "form": "table"},
        ),
    log:
        "<logs>/compare_digests.log",
    benchmark:
        "<benchmarks>/compare_digests.jsonl"
    conda:
        "../envs/capture.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        beside=subpath(output.table, parent=True),
        code=code_digest("compare_digests", "capture/probes"),
    script:
        "../scripts/compare_digests.py"


rule count_captures:
    """Verdicts counted per field and way of tracking, with intervals."""
    input:
        captured="results/capture/capture.tsv",
    output:
        counts=report(
            ensure("results/statistics/capture_counts.tsv", non_empty=True),
            caption="../report/capture/capture_matrix.rst",
            category="Capture",
            labels={"content": "verdicts per way of tracking", "form": "table"},
        ),
    log:
        "<logs>/count_captures.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("count_captures"),
    script:
        "../scripts/count_captures.py"
