rule datasets:
    """Target: all data sets, prepared and described."""
    input:
        "results/datasets/datasets.tsv",
    localrule: True


rule prepare_dataset:
    """Load one data set, fix its evaluation set, and write arrays, split and description with their digests."""
    input:
        table=in_source(config["datasets"]["table"]),
    output:
        data=ensure("results/datasets/{dataset}/data.npz", non_empty=True),
        splits=ensure("results/datasets/{dataset}/splits.npz", non_empty=True),
        description="results/datasets/{dataset}/dataset.json",
    log:
        "<logs>/prepare_dataset/{dataset}.log",
    # For the data sets that are downloaded: a mirror that is down for minutes outlasts the attempts of one job.
    retries: 1
    localrule: True
    conda:
        "../envs/datasets.yaml"
    resources:
        downloads=1,
    # Where a file is fetched from and kept cannot change its content, which is checked.
    params:
        mirror=unrecorded(config["datasets"]["mirror"]),
        folders=unrecorded(config["datasets"]["folders"]),
        cache=unrecorded(config["datasets"]["cache"]),
        timeout_seconds=unrecorded(config["datasets"]["timeout_seconds"]),
        attempts=unrecorded(config["datasets"]["attempts"]),
        code=code_digest("prepare_dataset"),
    script:
        "../scripts/prepare_dataset.py"


rule summarise_datasets:
    """One row per data set: its size, its split, its licence and its digests."""
    input:
        descriptions=expand(
            "results/datasets/{dataset}/dataset.json",
            dataset=lookup("datasets/names", within=config),
        ),
    output:
        table=ensure("results/datasets/datasets.tsv", non_empty=True),
    log:
        "<logs>/summarise_datasets.log",
    localrule: True
    conda:
        "../envs/datasets.yaml"
    params:
        code=code_digest("summarise_datasets"),
    script:
        "../scripts/summarise_datasets.py"
