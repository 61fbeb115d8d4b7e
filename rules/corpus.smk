# What public projects use of MLflow: the scanner, its accuracy, and the corpus.
SCAN_FILES = ["usage.tsv", "calls.parquet", "problems.tsv", "text_search.tsv"]
PROJECTS_TABLE = in_source(config["corpus"]["projects"])
FRAMES_TABLE = in_source("config/frames.tsv")
OBSERVATIONS = in_source("resources/observations")


rule corpus:
    """Target: every table of the corpus chapter."""
    input:
        "results/corpus/calibration_calls.tsv",
        "results/corpus/scanner_accuracy.tsv",
        "results/corpus/label_accuracy.tsv",
        "results/corpus/independent_accuracy.tsv",
        "results/corpus/fresh_accuracy.tsv",
        "results/corpus/kind_agreement.tsv",
        "results/corpus/text_search_beside.tsv",
        "results/corpus/usage_counts.tsv",
        "results/corpus/sample.tsv",
        branch(
            config["corpus"]["source"] == "published"
            and config["corpus"]["verify"] > 0,
            then="results/corpus/verified.tsv",
            otherwise=[],
        ),
    localrule: True


rule scan_calibration:
    """Call sites of the calibration projects, one trap each, beside the seed study's text search."""
    input:
        calibration_files(),
    output:
        calls=ensure("results/corpus/calibration_calls.tsv", non_empty=True),
        usage=ensure("results/corpus/calibration_usage.tsv", non_empty=True),
        text_search=ensure("results/corpus/calibration_text.tsv", non_empty=True),
    log:
        "<logs>/scan_calibration.log",
    localrule: True
    conda:
        "../envs/corpus.yaml"
    params:
        projects=unrecorded(calibration_projects()),
        code=code_digest("scan_calibration"),
    script:
        "../scripts/scan_calibration.py"


rule score_scanner:
    """Precision and recall of the resolver and of the text search on the calibration projects."""
    input:
        truth=in_source("tests/data/calibration/truth.tsv"),
        usage="results/corpus/calibration_usage.tsv",
        text_search="results/corpus/calibration_text.tsv",
    output:
        table=report(
            ensure("results/corpus/scanner_accuracy.tsv", non_empty=True),
            caption="../report/corpus/scanner_accuracy.rst",
            category="Use",
            subcategory="Instrument",
            labels={"content": "accuracy on the traps", "form": "table"},
        ),
    log:
        "<logs>/score_scanner.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("score_scanner"),
    script:
        "../scripts/score_scanner.py"


use rule score_scanner as score_labels with:
    """Agreement of the resolver and of the text search with the hand labels, the set they were developed on."""
    input:
        truth=in_source(config["corpus"]["labels"]),
        usage="results/corpus/usage.tsv",
        text_search="results/corpus/text_search.tsv",
    output:
        table=report(
            ensure("results/corpus/label_accuracy.tsv", non_empty=True),
            caption="../report/corpus/label_accuracy.rst",
            category="Use",
            subcategory="Instrument",
            labels={
                "content": "agreement with hand labels (development set)",
                "form": "table",
            },
        ),
    log:
        "<logs>/score_labels.log",
    localrule: True


rule score_independent:
    """The scanner against projects labelled before version 2.0.0, per project and per call site."""
    input:
        projects=in_source("resources/labels/independent.tsv"),
        sites=in_source("resources/labels/independent_calls.tsv"),
        usage="results/corpus/usage.tsv",
        calls="results/corpus/calls.parquet",
    output:
        table=report(
            ensure("results/corpus/independent_accuracy.tsv", non_empty=True),
            caption="../report/corpus/independent_accuracy.rst",
            category="Use",
            subcategory="Instrument",
            labels={
                "content": "agreement with labels made before version 2.0.0",
                "form": "table",
            },
        ),
    log:
        "<logs>/score_independent.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        confidence=lookup("statistics/confidence", within=config),
        resamples=lookup("statistics/resamples", within=config),
        seed=lookup("statistics/seed", within=config),
        code=code_digest("score_independent"),
    script:
        "../scripts/score_independent.py"


use rule score_independent as score_fresh with:
    """The scanner against projects that were listed and labelled after it was frozen."""
    input:
        projects=in_source("resources/labels/fresh.tsv"),
        sites=in_source("resources/labels/fresh_calls.tsv"),
        usage="results/corpus/usage.tsv",
        calls="results/corpus/calls.parquet",
    output:
        table=report(
            ensure("results/corpus/fresh_accuracy.tsv", non_empty=True),
            caption="../report/corpus/fresh_accuracy.rst",
            category="Use",
            subcategory="Instrument",
            labels={
                "content": "accuracy on projects labelled after it",
                "form": "table",
            },
        ),
    log:
        "<logs>/score_fresh.log",
    localrule: True


rule score_kinds:
    """The written rule for the kind of a project against hand classes of projects drawn at random."""
    input:
        judged=in_source("resources/labels/kinds.tsv"),
        projects=in_source("config/projects.tsv"),
    output:
        table=report(
            ensure("results/corpus/kind_agreement.tsv", non_empty=True),
            caption="../report/corpus/kind_agreement.rst",
            category="Use",
            subcategory="Instrument",
            labels={"content": "the rule for kinds against a reader", "form": "table"},
        ),
    log:
        "<logs>/score_kinds.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("score_kinds"),
    script:
        "../scripts/score_kinds.py"


if config["corpus"]["source"] == "published":

    rule take_observations:
        """The published scan of the corpus, every digest checked."""
        input:
            published=expand(
                "{folder}/{file}",
                folder=OBSERVATIONS,
                file=[*SCAN_FILES, "provenance.json"],
            ),
            projects=PROJECTS_TABLE,
        output:
            scans=ensure(
                expand("results/corpus/{file}", file=[*SCAN_FILES, "provenance.json"]),
                non_empty=True,
            ),
        log:
            "<logs>/take_observations.log",
        localrule: True
        conda:
            "../envs/corpus.yaml"
        params:
            code=code_digest("take_observations"),
        script:
            "../scripts/take_observations.py"

else:

    # Looked at here: a project that cannot be asked for is told before the first job.
    corpus_batches = checked(
        project_batches.count,
        PROJECTS_TABLE,
        config["corpus"]["batch_size"],
        config["corpus"]["url_template"],
    )

    rule fetch_project:
        """The pinned commits of a batch of projects, by git; a project that is gone is a row."""
        input:
            projects=PROJECTS_TABLE,
        output:
            folder=directory("results/corpus/repositories/{batch}"),
            table="results/corpus/fetched/{batch}.tsv",
        log:
            "<logs>/fetch_project/{batch}.log",
        retries: 1
        localrule: True
        conda:
            "../envs/corpus.yaml"
        resources:
            downloads=1,
        params:
            size=lookup("corpus/batch_size", within=config),
            template=lambda _wildcards: config["corpus"]["url_template"],
            code=code_digest("fetch_project"),
        script:
            "../scripts/fetch_project.py"

    rule scan_project:
        """The scan of a fetched batch."""
        input:
            fetched="results/corpus/fetched/{batch}.tsv",
            repositories="results/corpus/repositories/{batch}",
        output:
            scans=expand("results/corpus/scans/{{batch}}/{file}", file=SCAN_FILES),
        log:
            "<logs>/scan_project/{batch}.log",
        benchmark:
            "<benchmarks>/scan_project/{batch}.jsonl"
        conda:
            "../envs/corpus.yaml"
        resources:
            mem_mb=growing(1500),
            runtime=growing(10),
        params:
            code=code_digest("scan_project"),
        script:
            "../scripts/scan_project.py"

    rule scan_corpus:
        """The scan of the whole corpus, gathered from its batches, with its provenance."""
        input:
            parts=expand(
                "results/corpus/scans/{batch}/{file}",
                batch=range(corpus_batches),
                file=SCAN_FILES,
            ),
            projects=PROJECTS_TABLE,
        output:
            scans=ensure(
                expand("results/corpus/{file}", file=[*SCAN_FILES, "provenance.json"]),
                non_empty=True,
            ),
        log:
            "<logs>/scan_corpus.log",
        benchmark:
            "<benchmarks>/scan_corpus.jsonl"
        conda:
            "../envs/corpus.yaml"
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        params:
            code=code_digest("scan_corpus"),
        script:
            "../scripts/scan_corpus.py"


rule verify_observations:
    """A random sample of the corpus fetched and scanned again, compared with the published rows."""
    input:
        published=expand(
            "{folder}/{file}",
            folder=OBSERVATIONS,
            file=[*SCAN_FILES, "provenance.json"],
        ),
        projects=PROJECTS_TABLE,
    output:
        table=ensure("results/corpus/verified.tsv", non_empty=True),
    log:
        "<logs>/verify_observations.log",
    localrule: True
    conda:
        "../envs/corpus.yaml"
    resources:
        downloads=1,
    params:
        number=lookup("corpus/verify", within=config),
        seed=lookup("corpus/verify_seed", within=config),
        template=lambda _wildcards: config["corpus"]["url_template"],
        code=code_digest("verify_observations"),
    script:
        "../scripts/verify_observations.py"


rule compare_text_search:
    """The seed study's text search beside the resolver on the same projects, and why it is wrong."""
    input:
        sample="results/corpus/sample.tsv",
        text_search="results/corpus/text_search.tsv",
        places=in_source("resources/labels/text_search.tsv"),
    output:
        table=report(
            ensure("results/corpus/text_search_beside.tsv", non_empty=True),
            caption="../report/corpus/text_search_beside.rst",
            category="Use",
            subcategory="Instrument",
            labels={"content": "text search beside the resolver", "form": "table"},
        ),
    log:
        "<logs>/compare_text_search.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        code=code_digest("compare_text_search"),
    script:
        "../scripts/compare_text_search.py"


rule list_projects:
    """On request only: repositories that GitHub's search gives for the configured queries, with their commits."""
    output:
        table="results/corpus/listed.tsv",
    log:
        "<logs>/list_projects.log",
    localrule: True
    conda:
        "../envs/corpus.yaml"
    resources:
        downloads=1,
    params:
        queries=lookup("corpus/queries", within=config),
        api_url=lookup("corpus/api_url", within=config),
        code=code_digest("list_projects"),
    script:
        "../scripts/list_projects.py"


rule sample_projects:
    """On request only: a table of projects made from a listing, by the written rules of the sample."""
    input:
        listing=config["corpus"]["listing"],
        frames=FRAMES_TABLE,
    output:
        table=ensure("results/corpus/projects.tsv", non_empty=True),
    log:
        "<logs>/sample_projects.log",
    localrule: True
    conda:
        "../envs/corpus.yaml"
    resources:
        downloads=1,
    params:
        queries=lookup("corpus/queries", within=config),
        template=lambda _wildcards: config["corpus"]["url_template"],
        # Not an output: Snakemake would empty it before each try.
        cache=below_results("corpus/histories"),
        code=code_digest("sample_projects"),
    script:
        "../scripts/sample_projects.py"
