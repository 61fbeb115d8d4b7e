from zenml import step


@step(experiment_tracker="mlflow_tracker")
def fit():
    pass


@step(experiment_tracker="wandb_tracker")
def other():
    pass
