import importlib

import mlflow


def keep(model, kind):
    module = importlib.import_module(f"mlflow.{kind}")
    module.log_model(model, "m")
    importlib.import_module("mlflow." + kind).save_model(model, "m")


def switch(kinds):
    for kind in ("sklearn", "xgboost"):
        getattr(mlflow, kind).autolog()
    flavor = getattr(mlflow, kinds[0], None)
    if flavor is not None:
        flavor.log_model(None, "m")


FLAVORS = dict(sklearn=mlflow.sklearn, keras=mlflow.keras)
FLAVORS.get("keras", mlflow.pyfunc).log_model(None, "m")
WRITERS = {"sklearn": mlflow.sklearn.log_model}
WRITERS["sklearn"](None, "m")
for flavor in (mlflow.sklearn, mlflow.lightgbm):
    flavor.autolog()
for name in ["log_param", "log_metric"]:
    getattr(mlflow, name)("a", 1)
