import mlflow
from contextlib import asynccontextmanager


class Tracker:
    def __init__(self, enabled):
        self.backend = None
        if enabled:
            import mlflow as backend

            self.backend = backend

    def log(self, **values):
        if self.backend:
            self.backend.log_metrics(values)
        for name, value in values.items():
            self.backend.log_param(name, value)

    def __call__(self, x):
        return self.backend.log_artifact(x)


def factory(kind):
    return {"a": Tracker, "b": dict}[kind](True)


factory("a").log(a=1)


@asynccontextmanager
async def live():
    yield mlflow.MlflowClient()


async def main():
    async with live() as c:
        c.set_tag("r", "a", "b")
    with mlflow.start_run() as run, live() as d:
        d.log_metric("r", "a", 1)
    match c:
        case mlflow.MlflowClient():
            c.log_text("r", "a", "b")


class Meta(type):
    pass


class Single(metaclass=Meta):
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.client = mlflow.MlflowClient()
        return cls._instance

    @staticmethod
    def get():
        return Single._instance


Single().client.log_dict("r", {}, "a")
Single.get().client.log_image("r", None, "a")
