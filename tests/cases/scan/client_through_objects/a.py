from collections import namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

import attr
import mlflow
from mlflow.tracking import MlflowClient
from pydantic import BaseModel

Pair = namedtuple("Pair", ["client", "run"])
pair = Pair(MlflowClient(), "r")
pair.client.log_metric("r", "a", 1)


class Named(NamedTuple):
    tracker: object
    run: str


Named(MlflowClient(), "r").tracker.log_param("r", "a", 1)


@dataclass
class Auto:
    client: MlflowClient = field(default_factory=MlflowClient)

    def note(self):
        self.client.set_tag("r", "a", "b")


@attr.s
class Attrs:
    client = attr.ib(factory=MlflowClient)

    def note(self):
        self.client.log_text("r", "a", "b")


class Model(BaseModel):
    client: Optional["MlflowClient"] = None

    def note(self):
        self.client.log_dict("r", {}, "b")


class Lazy:
    _client = None

    @property
    def client(self):
        if self._client is None:
            self._client = MlflowClient()
        return self._client

    def note(self):
        self.client.log_artifact("r", "x")


class Outer:
    def __init__(self):
        self.inner = Lazy()

    def note(self):
        self.inner.client.log_batch("r", metrics=[])


def lazy_global():
    global _kept
    _kept = mlflow.MlflowClient()


def use():
    _kept.log_inputs("r", [])
