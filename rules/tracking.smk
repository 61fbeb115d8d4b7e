# The tracking store of the study's own runs.


onstart:
    tell_at_start()
    start_tracking()


onsuccess:
    services_of_this_run.close()
    tell_at_end()


onerror:
    services_of_this_run.close()
    tell_at_end()


rule init_tracking:
    """Migrate the tracking store once, before parallel jobs use it, and create the experiments."""
    output:
        receipt="results/tracking/tracking.json",
    log:
        "<logs>/init_tracking.log",
    localrule: True
    conda:
        "../envs/tracking.yaml"
    params:
        uri=lookup("tracking/uri", within=config),
        artifacts=lookup("tracking/artifacts", within=config),
        timeout=lookup("tracking/sqlite_timeout_seconds", within=config),
        experiments=WORKLOADS,
        results=below_results("."),
        code=code_digest("init_tracking"),
    script:
        "../scripts/init_tracking.py"
