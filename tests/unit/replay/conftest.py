"""Staged subjects, an original launched as its user would, and its replay from the record."""

import json
from pathlib import Path

import pytest
from support import ROOT

from traceability.replay.batch import help_of
from traceability.replay.engine import Task, replay
from traceability.replay.source_runs import launch
from traceability.stores import tracking
from traceability.study import forked, subjects

#: What the linear model imports; the network imports the rest itself.
PRELOAD = ["mlflow.sklearn", "sklearn.linear_model", "sklearn.ensemble", "sklearn.datasets", "threadpoolctl"]


class Bench:
    """One store with originals; `original` makes a run, `replay` replays it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"sqlite:///{folder}/mlflow.db"
        tracking.client(self.uri)
        self.count = 0
        self.staged = {
            name: subjects.stage(ROOT / "subjects" / name, folder / "subjects" / name, folder / f"{name}.json")
            for name in ("diabetes_linear", "digits_mlp", "fashion_mnist_mlp")
        }

    def original(self, record, defect="none", workload="diabetes_linear", options="--seed-policy fixed --seed 42",
                 data=None):  # fmt: skip
        self.count += 1
        row = {"key": f"{record}/{defect}/{self.count}", "workload": workload, "record": record, "defect": defect,
               "options": json.dumps(options.split())}  # fmt: skip
        place = self.folder / "originals" / f"{self.count}"
        return launch(row, self.staged[workload], self.uri, place, 300, forked.server(PRELOAD), data)

    def replay(self, original, record, help="", environment="same", **more):
        task = Task(original.run_id, self.uri, record, environment, help_of(help, original), **more)
        return replay(task, self.folder / "scratch", self.folder / "cache")


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("replay"))
