import wandb
from comet_ml import Experiment

run = wandb.init()
run.log_artifact("model")
experiment = Experiment()
experiment.log_metric("loss", 0.1)
experiment.log_parameters({"a": 1})
