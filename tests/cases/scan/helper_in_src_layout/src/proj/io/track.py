def write(tracker, metrics):
    tracker.log_metrics(metrics)
