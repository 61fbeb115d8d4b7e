# The MLflow records that public repositories commit: what they hold, and how far they would lead.
PUBLIC_FILES = ["runs.parquet", "stores.tsv", "resolutions.tsv"]
PUBLIC_STORES = in_source(config["public_records"]["stores"])
PUBLIC_OBSERVATIONS = [
    in_source(f"resources/observations/public_{name}")
    for name in [*PUBLIC_FILES, "provenance.json"]
]


rule public_records:
    """Target: every table of the chapter on public records, and its figures."""
    input:
        "results/public_records/repositories.tsv",
        "results/public_records/code_and_records.tsv",
        "results/public_records/claim.tsv",
        "results/public_records/instrument_checks.tsv",
        "results/figures/public_funnel.svg",
        "results/figures/public_fields.svg",
        "results/figures/public_levels.svg",
        "results/figures/public_advice.svg",
        branch(
            config["public_records"]["source"] == "published"
            and config["public_records"]["verify"] > 0,
            then="results/public_records/verified.tsv",
            otherwise=[],
        ),
    localrule: True


if config["public_records"]["source"] == "published":

    rule take_public_records:
        """The published audit of public records, every digest checked."""
        input:
            observed=PUBLIC_OBSERVATIONS,
            stores=PUBLIC_STORES,
        output:
            audited=ensure(
                expand(
                    "results/public_records/{file}",
                    file=[*PUBLIC_FILES, "provenance.json"],
                ),
                non_empty=True,
            ),
        log:
            "<logs>/take_public_records.log",
        localrule: True
        conda:
            "../envs/tracking.yaml"
        params:
            code=code_digest("take_public_records"),
        script:
            "../scripts/take_public_records.py"

else:

    # Looked at here: a repository that cannot be asked for is told before the first job.
    public_batches = checked(
        public_places.count,
        PUBLIC_STORES,
        config["public_records"]["batch_size"],
        config["public_records"]["url_template"],
    )

    rule fetch_public_records:
        """History, record files and recorded scripts of a batch of repositories; one that is gone is a row."""
        input:
            stores=PUBLIC_STORES,
        output:
            folder=directory("results/public_records/fetched/{batch}"),
            table="results/public_records/fetched/{batch}.tsv",
        log:
            "<logs>/fetch_public_records/{batch}.log",
        retries: 1
        localrule: True
        conda:
            "../envs/tracking.yaml"
        resources:
            downloads=1,
        params:
            size=lookup("public_records/batch_size", within=config),
            template=lambda _wildcards: config["public_records"]["url_template"],
            largest_mib=lookup("public_records/largest_mib", within=config),
            code=code_digest("fetch_public_records"),
        script:
            "../scripts/fetch_public_records.py"

    rule audit_public_records:
        """The audit of a fetched batch; nothing of it is executed or unpickled."""
        input:
            stores=PUBLIC_STORES,
            fetched="results/public_records/fetched/{batch}.tsv",
            repositories="results/public_records/fetched/{batch}",
        output:
            audited=expand(
                "results/public_records/audits/{{batch}}/{file}",
                file=["runs.parquet", "stores.tsv", "lists.parquet"],
            ),
        log:
            "<logs>/audit_public_records/{batch}.log",
        benchmark:
            "<benchmarks>/audit_public_records/{batch}.jsonl"
        conda:
            "../envs/tracking.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(20),
        params:
            size=lookup("public_records/batch_size", within=config),
            largest_mib=lookup("public_records/largest_mib", within=config),
            code=code_digest("audit_public_records"),
        script:
            "../scripts/audit_public_records.py"

    rule gather_public_records:
        """The audit of all repositories; a run that two repositories hold counts in the first."""
        input:
            runs_parts=expand(
                "results/public_records/audits/{batch}/runs.parquet",
                batch=range(public_batches),
            ),
            stores_parts=expand(
                "results/public_records/audits/{batch}/stores.tsv",
                batch=range(public_batches),
            ),
            lists_parts=expand(
                "results/public_records/audits/{batch}/lists.parquet",
                batch=range(public_batches),
            ),
        output:
            audited=ensure(
                expand(
                    "results/public_records/{file}",
                    file=["runs.parquet", "stores.tsv", "lists.parquet"],
                ),
                non_empty=True,
            ),
        log:
            "<logs>/gather_public_records.log",
        localrule: True
        conda:
            "../envs/tracking.yaml"
        params:
            code=code_digest("gather_public_records"),
        script:
            "../scripts/gather_public_records.py"

    rule resolve_requirements:
        """Whether the recorded requirement lists still resolve: published answers, and the index where that is asked."""
        input:
            lists="results/public_records/lists.parquet",
            known=in_source("resources/observations/public_resolutions.tsv"),
        output:
            table=ensure("results/public_records/resolutions.tsv", non_empty=True),
        log:
            "<logs>/resolve_requirements.log",
        localrule: True
        conda:
            "../envs/replay.yaml"
        threads: 2
        resources:
            downloads=1,
        params:
            ask=lambda _wildcards: int(config["public_records"]["resolve"]),
            seconds=lookup("public_records/resolve_seconds", within=config),
            code=code_digest("resolve_requirements"),
        script:
            "../scripts/resolve_requirements.py"

    rule describe_public_records:
        """What made this audit: digests, date, versions."""
        input:
            runs="results/public_records/runs.parquet",
            audited="results/public_records/stores.tsv",
            resolutions="results/public_records/resolutions.tsv",
            stores=PUBLIC_STORES,
        output:
            provenance="results/public_records/provenance.json",
        log:
            "<logs>/describe_public_records.log",
        localrule: True
        conda:
            "../envs/tracking.yaml"
        params:
            code=code_digest("describe_public_records"),
        script:
            "../scripts/describe_public_records.py"


rule verify_public_records:
    """A random sample of repositories fetched and audited again, compared with the published rows."""
    input:
        observed=PUBLIC_OBSERVATIONS,
        stores=PUBLIC_STORES,
    output:
        table=ensure("results/public_records/verified.tsv", non_empty=True),
    log:
        "<logs>/verify_public_records.log",
    localrule: True
    conda:
        "../envs/tracking.yaml"
    resources:
        downloads=1,
    params:
        number=lookup("public_records/verify", within=config),
        seed=lookup("public_records/verify_seed", within=config),
        template=lambda _wildcards: config["public_records"]["url_template"],
        largest_mib=lookup("public_records/largest_mib", within=config),
        code=code_digest("verify_public_records"),
    script:
        "../scripts/verify_public_records.py"


rule count_public_records:
    """How far public records lead: funnel, reasons, fields, groups, sensitivity, and what one line would lift."""
    input:
        runs="results/public_records/runs.parquet",
        audited="results/public_records/stores.tsv",
        resolutions="results/public_records/resolutions.tsv",
        stores=PUBLIC_STORES,
    output:
        repositories=ensure("results/public_records/repositories.tsv", non_empty=True),
        funnel=report(
            ensure("results/public_records/funnel.tsv", non_empty=True),
            caption="../report/public_records/funnel.rst",
            category="Public records",
            subcategory="How far they lead",
            labels={"content": "stages of the road", "form": "table"},
        ),
        reasons=report(
            ensure("results/public_records/reasons.tsv", non_empty=True),
            caption="../report/public_records/reasons.rst",
            category="Public records",
            subcategory="How far they lead",
            labels={"content": "why the road ends", "form": "table"},
        ),
        fields=report(
            ensure("results/public_records/fields.tsv", non_empty=True),
            caption="../report/public_records/fields.rst",
            category="Public records",
            subcategory="What they hold",
            labels={"content": "fields by need", "form": "table"},
        ),
        groups=report(
            ensure("results/public_records/groups.tsv", non_empty=True),
            caption="../report/public_records/groups.rst",
            category="Public records",
            subcategory="What they hold",
            labels={"content": "by year, source and upkeep", "form": "table"},
        ),
        sensitivity=report(
            ensure("results/public_records/sensitivity.tsv", non_empty=True),
            caption="../report/public_records/sensitivity.rst",
            category="Public records",
            subcategory="How far they lead",
            labels={"content": "with parts left out", "form": "table"},
        ),
        advice=report(
            ensure("results/public_records/advice.tsv", non_empty=True),
            caption="../report/public_records/advice.rst",
            category="Public records",
            subcategory="What would help",
            labels={"content": "what one line would lift", "form": "table"},
        ),
    log:
        "<logs>/count_public_records.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("count_public_records"),
    script:
        "../scripts/count_public_records.py"


rule compare_code_and_records:
    """What the code of a project calls beside what its records hold."""
    input:
        runs="results/public_records/runs.parquet",
        resolutions="results/public_records/resolutions.tsv",
        usage="results/corpus/usage.tsv",
    output:
        table=report(
            ensure("results/public_records/code_and_records.tsv", non_empty=True),
            caption="../report/public_records/code_and_records.rst",
            category="Public records",
            subcategory="What they hold",
            labels={"content": "code beside records", "form": "table"},
        ),
    log:
        "<logs>/compare_code_and_records.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        code=code_digest("compare_code_and_records"),
    script:
        "../scripts/compare_code_and_records.py"


rule judge_public_claim:
    """The plan's one confirmatory claim on public records: an exact test whose unit is the owner."""
    input:
        repositories="results/public_records/repositories.tsv",
        plan=in_source(config["statistics"]["plan"]),
    output:
        table=report(
            ensure("results/public_records/claim.tsv", non_empty=True),
            caption="../report/public_records/claim.rst",
            category="Public records",
            subcategory="How far they lead",
            labels={"content": "the claim of the plan", "form": "table"},
        ),
    log:
        "<logs>/judge_public_claim.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("judge_public_claim"),
    script:
        "../scripts/judge_public_claim.py"


rule check_public_records:
    """The audit beside a reader of raw files, and beside a second count of every run."""
    input:
        hand=in_source("resources/labels/public_hand.tsv"),
        second_count=in_source("resources/labels/public_second_count.tsv"),
        runs="results/public_records/runs.parquet",
    output:
        table=report(
            ensure("results/public_records/instrument_checks.tsv", non_empty=True),
            caption="../report/public_records/instrument_checks.rst",
            category="Public records",
            subcategory="Instrument",
            labels={"content": "the audit beside a reader", "form": "table"},
        ),
    log:
        "<logs>/check_public_records.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("check_public_records"),
    script:
        "../scripts/check_public_records.py"


rule list_public_stores:
    """On request only: a table of stores made from a listing of repositories, by the written rule."""
    input:
        listing=config["public_records"]["listing"],
    output:
        table=ensure("results/public_records/listed_stores.tsv", non_empty=True),
    log:
        "<logs>/list_public_stores.log",
    localrule: True
    conda:
        "../envs/tracking.yaml"
    resources:
        downloads=1,
    params:
        template=lambda _wildcards: config["public_records"]["url_template"],
        code=code_digest("list_public_stores"),
    script:
        "../scripts/list_public_stores.py"
