"""`python read_mlflow.py URI OUTPUT`: everything that MLflow's own interface tells of every run of every experiment."""

import os
from urllib.parse import unquote, urlsplit

import mlflow
from artifact_files import evidence
from probe import main


def local(uri):
    """The folder behind a file URI or a plain path."""
    return unquote(urlsplit(uri).path) if uri.startswith("file:") else uri


def of_run(run):
    """[place, key, value] of a run's own entries and its data sets."""
    info = run.info
    lines = [["run", f"info:{name}", str(getattr(info, name, "") or "")]
             for name in ("user_id", "start_time", "end_time", "status", "run_name")]  # fmt: skip
    for kind, entries in (("tag", run.data.tags), ("param", run.data.params), ("metric", run.data.metrics)):
        lines += [["run", f"{kind}:{name}", repr(v) if kind == "metric" else v] for name, v in entries.items()]
    for logged in getattr(run.inputs, "dataset_inputs", []):
        data = logged.dataset
        lines += [["dataset", f"dataset_{name}:{data.name}", str(getattr(data, name, "") or "")]
                  for name in ("digest", "source_type", "source", "schema", "profile")]  # fmt: skip
    return lines


def outputs_of(client, run):
    """The models that the run names as its outputs (MLflow 3), and the files that the interface lists."""
    linked = getattr(run, "outputs", None)
    lines = [["model", f"output:{one.model_id}", ""] for one in (linked.model_outputs if linked else [])]
    return lines + listed(lambda folder: client.list_artifacts(run.info.run_id, folder), "artifact", "listed")


def listed(entries_of, place, kind):
    """Names and sizes of the files that the interface lists, folder by folder."""
    lines, folders = [], [None]
    while folders:
        for entry in entries_of(folders.pop()):
            if entry.is_dir:
                folders.append(entry.path)
            else:
                lines.append([place, f"{kind}:{entry.path}", str(entry.file_size or 0)])
    return lines


def models_of(client, experiment):
    """Logged models (MLflow 3) of an experiment."""
    if not hasattr(client, "search_logged_models"):
        return []
    lines = []
    for model in client.search_logged_models(experiment_ids=[experiment.experiment_id]):
        lines += [["model", f"model_tag:{name}", str(value)] for name, value in model.tags.items()]
        lines += [["model", f"model_param:{name}", str(value)] for name, value in (model.params or {}).items()]
        known = model.model_id
        lines += listed(lambda folder, known=known: client.list_logged_model_artifacts(known, folder), "model",
                        "model_listed")  # fmt: skip
        lines += evidence(local(model.artifact_location), "model", "model_file")
    return lines


def artifacts_of(folder):
    """Files among a run's artifacts; those of a model that lies there (MLflow 2) under their names in the model.

    A folder with a file `MLmodel` is a model, whatever artifact path it was logged under; of nested ones the outermost.
    """
    models = [os.path.relpath(path, folder) for path, _, names in os.walk(folder) if "MLmodel" in names]
    lines = []
    for place, key, value in evidence(folder, "artifact"):
        kind, _, name = key.partition(":")
        root = next((model for model in models if model == "." or name.startswith(model + os.sep)), None)
        lines.append(["model", f"model_{kind}:{os.path.relpath(name, root)}", value] if root else [place, key, value])
    return lines


def of_store(uri):
    """{experiment: [one list of evidence per run]}."""
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(tracking_uri=uri)
    runs = {}
    for experiment in client.search_experiments(max_results=1000):
        runs[experiment.name] = []
        for run in client.search_runs([experiment.experiment_id]):
            lines = of_run(run) + outputs_of(client, run) + models_of(client, experiment)
            runs[experiment.name].append(lines + artifacts_of(local(run.info.artifact_uri)))
    return runs


if __name__ == "__main__":
    main(of_store)
