from mlflow import MlflowClient as _Client


class Tracking(_Client):
    def note(self, run):
        self.log_param(run, "a", 1)
        super().log_metric(run, "a", 1)


Default = Tracking
make = lambda: Tracking()
