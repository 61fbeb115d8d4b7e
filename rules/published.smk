# Raw tables of the published run, taken instead of measured where a chapter's `source` says so.
# All that follows from them, statistics to paper, is made by the same rules.


if published_chapters():

    ruleorder:
        take_published
        > collect_runs
        > measure_costs
        > collect_replays
        > judge_captures
        > compare_digests
        > use_stores
        > break_stores
        > measure_latency
        > try_access

    rule take_published:
        """Take the raw tables of the published run, after checking their digests."""
        input:
            published=published_files(),
        output:
            tables=published_tables(),
        log:
            "<logs>/take_published.log",
        localrule: True
        conda:
            "../envs/tracking.yaml"
        params:
            code=code_digest("take_published"),
        script:
            "../scripts/take_published.py"
