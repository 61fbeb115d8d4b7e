from mypackage.lazy import LazyImport, lazy_import

mlflow = LazyImport("mlflow")
flow = lazy_import("mlflow")
mlflow.log_metric("a", 1)
flow.set_tag("a", "b")
