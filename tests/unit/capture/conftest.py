"""Real launches: the staged subject, its data, and this interpreter's own MLflow as tracker."""

import importlib.metadata
import sys

import pytest
from launch_cases import ROOT

from traceability.capture.batch import run_batch
from traceability.capture.trackers import Tracker
from traceability.runtime.files import read_jsonl
from traceability.study import subjects


@pytest.fixture(scope="session")
def subject(tmp_path_factory):
    """The experiment, staged as the study stages it."""
    folder = tmp_path_factory.mktemp("subject")
    return subjects.stage(ROOT / "subjects" / "diabetes_trackers", folder / "diabetes", folder / "diabetes.json")


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The table that the experiment reads."""
    from sklearn.datasets import load_diabetes

    path = tmp_path_factory.mktemp("data") / "diabetes.csv"
    load_diabetes(as_frame=True).frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def tracker():
    """MLflow as these tests have it."""
    return Tracker("mlflow_3", "MLflow", importlib.metadata.version("mlflow"), sys.executable)


@pytest.fixture(scope="session")
def launched(subject, data, tracker, tmp_path_factory):
    """Make launches for real; the file with a line for each, as the rule writes it."""

    def launch(rows, timeout_seconds=120):
        folder = tmp_path_factory.mktemp("launches")
        lines = folder / "lines.jsonl"
        run_batch(
            rows, {"mlflow_3": tracker}, subject, data=data, kept=folder / "cases", rows=lines,
            timeout_seconds=timeout_seconds,
        )  # fmt: skip
        assert len(read_jsonl(lines)) == len(rows)
        return lines

    return launch
