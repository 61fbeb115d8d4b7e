from ray import train, tune
from ray.air.integrations.mlflow import MLflowLoggerCallback

tuner = tune.Tuner(
    lambda config: train.report({"loss": config["x"]}),
    run_config=train.RunConfig(callbacks=[MLflowLoggerCallback(experiment_name="x")]),
)
