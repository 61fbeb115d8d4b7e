from zenml import step
from zenml.client import Client
from zenml.integrations.mlflow.experiment_trackers import MLFlowExperimentTracker

experiment_tracker = Client().active_stack.experiment_tracker
if not experiment_tracker or not isinstance(experiment_tracker, MLFlowExperimentTracker):
    raise RuntimeError("no tracker")


@step(experiment_tracker=experiment_tracker.name)
def fit():
    pass
