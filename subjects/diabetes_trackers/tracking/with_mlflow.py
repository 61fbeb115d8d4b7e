"""MLflow, used in the ways that its documentation shows."""

import importlib.util
import os

import mlflow

PRESENT = int(mlflow.__version__.split(".")[0]) >= 3


def record(way, experiment):
    if way in ("client", "stamp"):
        by_client(way, experiment)
    elif way == "autolog_late":
        with mlflow.start_run():
            experiment.load()
            experiment.fit()
            mlflow.autolog()
            experiment.evaluate()
    else:
        prepare(way)
        with mlflow.start_run():
            fluent(way, experiment)


def prepare(way):
    """Switches that act on all runs that begin afterwards."""
    if way in ("autolog_sklearn", "everything"):
        mlflow.sklearn.autolog()
    elif way == "autolog_tensorflow":
        from mlflow import tensorflow

        tensorflow.autolog()
    # MLflow 2.10 does not bring psutil, without which it refuses to begin a run.
    if way == "system_metrics" or (way == "everything" and importlib.util.find_spec("psutil")):
        mlflow.enable_system_metrics_logging()
        mlflow.set_system_metrics_sampling_interval(1)
        mlflow.set_system_metrics_samples_before_logging(1)
    if way in ("git_versioning", "everything") and PRESENT:
        from mlflow import genai

        genai.enable_git_model_versioning()


def fluent(way, experiment):
    explicit = way in ("params_metrics", "log_model", "log_input", "system_metrics", "git_versioning", "plugin",
                       "everything")  # fmt: skip
    frame = experiment.load()
    if way in ("log_input", "everything"):
        source = str(experiment.settings.data)
        mlflow.log_input(mlflow.data.from_pandas(frame, source=source, name="patients", targets="target"), "training")
        experiment.explicit.append("patients")
    model = experiment.fit()
    if way == "system_metrics":
        import time

        time.sleep(2.5)
    metrics = experiment.evaluate()
    if explicit:
        # Autologging has written some of the names already; MLflow refuses another value for a parameter.
        mlflow.log_params(experiment.params)
        mlflow.log_metrics(metrics)
        experiment.explicit += [*experiment.params, *metrics]
    if way in ("log_model", "everything"):
        key = "name" if PRESENT else "artifact_path"
        mlflow.sklearn.log_model(model, input_example=experiment.x_test[:2], **{key: "model"})
        experiment.explicit.append("model")
    if way == "everything":
        mlflow.log_artifact(str(experiment.settings.data))
        mlflow.log_artifact(__file__.replace(os.path.join("tracking", "with_mlflow.py"), "train.py"))
        experiment.explicit += ["train.py", experiment.settings.data.name]


def by_client(way, experiment):
    client = mlflow.MlflowClient()
    # `mlflow run` has made the run already.
    given = os.environ.get("MLFLOW_RUN_ID")
    wanted = os.environ.get("MLFLOW_EXPERIMENT_NAME", "Default")
    run = client.get_run(given) if given else client.create_run(client.get_experiment_by_name(wanted).experiment_id)
    experiment.all()
    for name, value in experiment.params.items():
        client.log_param(run.info.run_id, name, value)
    for name, value in experiment.metrics.items():
        client.log_metric(run.info.run_id, name, value)
    experiment.explicit = [*experiment.params, *experiment.metrics]
    if way == "stamp":
        import traceability

        traceability.stamp(run.info.run_id)
    client.set_terminated(run.info.run_id)
