"""DVCLive: files in the project, experiments in its git repository."""

import os

from dvclive import Live


def record(way, experiment):
    folder = os.environ.get("CAPTURE_STORE", "dvclive")
    with Live(folder, save_dvc_exp=True, monitor_system=way == "everything") as live:
        live.log_params(experiment.params)
        experiment.explicit += list(experiment.params)
        experiment.all()
        for name, value in experiment.metrics.items():
            live.log_metric(name, value)
            experiment.explicit.append(name)
        if way == "everything":
            live.log_artifact("train.py")
            experiment.explicit.append("train.py")
