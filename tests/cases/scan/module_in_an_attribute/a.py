class Holder:
    def __init__(self):
        import mlflow

        self._lib = mlflow
        self.flavor = mlflow.sklearn

    def note(self):
        self._lib.log_metric("a", 1)
        self.flavor.log_model(None, "m")

    @property
    def lib(self):
        return self._lib


Holder().lib.log_param("a", 1)


class Proxy:
    def __getattr__(self, name):
        import mlflow

        return getattr(mlflow, name)


Proxy().set_tag("a", "b")
