# The tables of all chapters as a reader of the report opens them.


rule tables:
    """Target: a page for each long table of the report."""
    input:
        "results/tables",
    localrule: True


rule write_pages:
    """Every long table of the report as a page in which a reader sorts and searches, without a network."""
    input:
        tables=tables_of_the_report,
    output:
        folder=report(
            directory("results/tables"),
            patterns=[
                r"{chapter,\w+}/{table,\w+}.html",
                "{shared,index}.html",
                "{shared,itables}.js",
            ],
            caption="../report/tables/pages.rst",
            category=place_of_page("category"),
            subcategory=place_of_page("subcategory"),
            labels=place_of_page("labels"),
        ),
    log:
        "<logs>/write_pages.log",
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        code=code_digest("write_pages"),
    script:
        "../scripts/write_pages.py"
