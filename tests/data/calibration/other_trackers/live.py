from dvclive import Live

with Live() as live:
    live.log_metric("loss", 0.1)
    live.log_param("depth", 3)
