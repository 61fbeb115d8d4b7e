import importlib
import mlflow

MODULES = {"sklearn": "mlflow.sklearn", "xgb": "mlflow.xgboost"}


def module_of(name):
    return importlib.import_module(MODULES[name])


def keep(model, name):
    module_of(name).log_model(model, "m")
    lib = importlib.import_module("mlflow.{}".format(name))
    lib.save_model(model, "m")
    flavor = __import__("mlflow." + name, fromlist=["x"])
    flavor.autolog()
    log = getattr(getattr(mlflow, name), "log_model")
    log(model, "m")
    importlib.import_module(".sklearn", package="mlflow").log_model(model, "m")
    eval_flavor = {"a": mlflow.sklearn, "b": mlflow.pytorch}.get(name)
    eval_flavor.log_model(model, "m")
