"""A real store, staged subjects and prepared data for the training tests."""

import numpy as np
import pytest
from support import ROOT

from traceability.stores import tracking
from traceability.stores.tracking import prepare
from traceability.study import subjects


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    """Folder with data/<name>, subjects/<name> and a prepared tracking store; `uri` and `staged` beside it."""
    from sklearn.datasets import load_diabetes, load_digits

    folder = tmp_path_factory.mktemp("training")
    for name, loader in (("diabetes", load_diabetes), ("digits", load_digits)):
        inputs, targets = loader(return_X_y=True)
        (folder / "data" / name).mkdir(parents=True)
        np.savez(folder / "data" / name / "data.npz", inputs=inputs, targets=targets)
        order = np.arange(len(targets))
        np.savez(folder / "data" / name / "splits.npz", train=order[:-360], evaluation=order[-360:])
    uri = tracking.study_uri("", folder, 120)
    workloads = ["diabetes_linear", "digits_forest", "digits_mlp"]
    prepare(uri, folder / "artifacts", workloads, folder / "tracking.json")
    staged = {
        name: subjects.stage(ROOT / "subjects" / name, folder / "subjects" / name, folder / f"{name}.json")
        for name in workloads
    }
    return folder, uri, staged
