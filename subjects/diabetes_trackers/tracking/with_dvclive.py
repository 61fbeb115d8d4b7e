"""DVCLive: files in the project, experiments in its git repository."""

from dvclive import Live


def record(way, experiment):
    # In the project, as by default: what lies outside cannot become part of an experiment in git.
    with Live("dvclive", save_dvc_exp=True, monitor_system=way == "everything") as live:
        live.log_params(experiment.params)
        experiment.explicit += list(experiment.params)
        experiment.all()
        for name, value in experiment.metrics.items():
            live.log_metric(name, value)
            experiment.explicit.append(name)
        if way == "everything":
            live.log_artifact("train.py")
            experiment.explicit.append("train.py")
