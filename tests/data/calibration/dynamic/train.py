import functools
import importlib

ml = importlib.import_module("mlflow")
getattr(ml, "log_param")("a", 1)
keep = functools.partial(ml.log_metric, step=1)
keep("loss", 0.1)


def each(function, values):
    for name, value in values.items():
        function(name, value)


each(ml.set_tag, {"a": "b"})
