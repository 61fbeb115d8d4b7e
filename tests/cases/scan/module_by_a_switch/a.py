import os
import sys

try:
    import mlflow
    HAS = True
except ImportError:
    mlflow = None
    HAS = False

backend = mlflow if HAS else None
if backend:
    backend.log_param("a", 1)


def lib():
    import mlflow as _m

    return _m


lib().log_metric("a", 1)
tracker = sys.modules["mlflow"]
tracker.set_tag("a", "b")
run = getattr(lib(), "start_run")
with run():
    pass
(backend or lib()).log_artifact("a")
ns = {"ml": lib()}
ns["ml"].set_experiment("a")
