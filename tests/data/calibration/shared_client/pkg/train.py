from .tracking import registry


def finish(run):
    registry.log_metric(run, "loss", 0.1)
