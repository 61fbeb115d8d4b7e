from dagster import asset
from dagster_mlflow import end_mlflow_on_run_finished, mlflow_tracking

tracking = mlflow_tracking.configured({"experiment_name": "x"})


@end_mlflow_on_run_finished
def graph():
    pass


@asset(required_resource_keys={"mlflow"})
def fit(context):
    context.resources.mlflow.log_metric("a", 1)
