import mlflow

from pkg import sinks
from pkg.sinks import Sink, push_all, register


class Special(Sink):
    pass


Special(mlflow).push("a", 1)
push_all(mlflow)
register({"tracking": mlflow})
sinks.configure(mlflow)
