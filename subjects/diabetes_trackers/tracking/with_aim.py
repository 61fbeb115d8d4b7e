"""Aim with a repository of its own."""

import os

from aim import Run


def record(way, experiment):
    folder = os.environ.get("CAPTURE_STORE", "aim_runs")
    os.makedirs(folder, exist_ok=True)
    everything = way == "everything"
    run = Run(repo=folder, experiment="diabetes", log_system_params=everything, capture_terminal_logs=everything)
    run["hparams"] = experiment.params
    experiment.explicit += list(experiment.params)
    experiment.all()
    for name, value in experiment.metrics.items():
        run.track(value, name=name)
        experiment.explicit.append(name)
    if everything:
        run.set_artifacts_uri("file://" + os.path.join(os.path.abspath(folder), "artifacts"))
        run.log_artifact("train.py")
        run.log_artifact(str(experiment.settings.data))
        experiment.explicit += ["train.py", experiment.settings.data.name]
    run.close()
