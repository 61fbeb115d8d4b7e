"""Weights & Biases without a network."""

import os

import wandb


def record(way, experiment):
    folder = os.environ.get("CAPTURE_STORE", "wandb_runs")
    os.makedirs(folder, exist_ok=True)
    run = wandb.init(
        project="diabetes", mode="offline", dir=folder, config=experiment.params, save_code=way == "everything"
    )
    experiment.explicit += list(experiment.params)
    experiment.all()
    run.log(experiment.metrics)
    experiment.explicit += list(experiment.metrics)
    if way == "everything":
        run.log_code(".")
        data = wandb.Artifact("patients", type="dataset")
        data.add_file(str(experiment.settings.data))
        run.log_artifact(data)
        run.save("train.py", policy="now")
        experiment.explicit += ["train.py", experiment.settings.data.name]
    run.finish()
