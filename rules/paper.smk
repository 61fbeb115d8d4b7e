# The paper: its numbers read from the tables, its text with them, and the description of all that it rests on.


rule paper:
    """Target: the paper and the crate that describes the results."""
    input:
        "results/paper/numbers.json",
        "results/paper/study.pdf",
        "results/paper/ro-crate-metadata.json",
    localrule: True


rule collect_numbers:
    """Every number of the text with n and interval, each read from one declared table."""
    input:
        TABLES_OF_THE_PAPER,
    output:
        numbers=report(
            ensure("results/paper/numbers.json", non_empty=True),
            caption="../report/paper/numbers.rst",
            category="Paper",
            labels={"content": "numbers of the text"},
        ),
    log:
        "<logs>/collect_numbers.log",
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        results=below_results("."),
        confidence=lookup("statistics/confidence", within=config),
        code=code_digest("collect_numbers"),
    script:
        "../scripts/collect_numbers.py"


rule compile_paper:
    """The text with its numbers and figures as PDF, the same bytes each time."""
    input:
        sources=paper_sources(),
        numbers="results/paper/numbers.json",
        figures=paper_figures(),
    output:
        pdf=report(
            ensure("results/paper/study.pdf", non_empty=True),
            caption="../report/paper/study.rst",
            category="Paper",
            labels={"content": "the paper"},
        ),
    log:
        "<logs>/compile_paper.log",
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        code=code_digest("compile_paper"),
    script:
        "../scripts/compile_paper.py"


rule write_crate:
    """What the results are and what made them, as an RO-Crate with a digest for every file."""
    input:
        study_files(),
        snakefile=in_source("Snakefile"),
        configuration=[local(str(path)) for path in workflow.configfiles],
        results=results_of_the_study(),
        own=["results/paper/study.pdf", "results/paper/numbers.json"],
    output:
        directory("results/paper/files"),
        metadata=report(
            ensure("results/paper/ro-crate-metadata.json", non_empty=True),
            caption="../report/paper/crate.rst",
            category="Paper",
            labels={"content": "description of the results (RO-Crate)"},
        ),
    log:
        "<logs>/write_crate.log",
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        version=STUDY_VERSION,
        snakemake_version=SNAKEMAKE_VERSION,
        code=code_digest("write_crate"),
    script:
        "../scripts/write_crate.py"
