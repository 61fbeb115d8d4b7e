"""Linear regression on a table of patients; `tracking/` decides what of it is recorded."""

from __future__ import annotations

import importlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split


@dataclass(frozen=True)
class Settings:
    """What a person chooses; the data and the way of tracking may come from the environment."""

    seed: int = 42
    test_size: float = 0.2
    fit_intercept: bool = True
    tracking: str = os.environ.get("DIABETES_TRACKING", "nothing:none")
    data: Path = Path(os.environ.get("DIABETES_DATA", "data/diabetes.csv"))


@dataclass
class Experiment:
    """Load, fit, evaluate: the same whatever is recorded."""

    settings: Settings
    model: Any = None
    metrics: dict[str, float] = field(default_factory=dict)
    #: Names of what the program handed to its tracker by explicit calls.
    explicit: list[str] = field(default_factory=list)

    @property
    def params(self) -> dict[str, Any]:
        chosen = self.settings
        return {"seed": chosen.seed, "test_size": chosen.test_size, "fit_intercept": chosen.fit_intercept}

    def load(self) -> pd.DataFrame:
        self.frame = pd.read_csv(self.settings.data)
        x, y = self.frame.drop(columns="target"), self.frame["target"]
        self.x_train, self.x_test, self.y_train, self.y_test = train_test_split(
            x, y, test_size=self.settings.test_size, random_state=self.settings.seed
        )
        return self.frame

    def fit(self) -> Any:
        self.model = LinearRegression(fit_intercept=self.settings.fit_intercept)
        self.model.fit(self.x_train, self.y_train)
        return self.model

    def evaluate(self) -> dict[str, float]:
        predicted = np.asarray(self.model.predict(self.x_test)).ravel()
        mse = float(mean_squared_error(self.y_test, predicted))
        self.metrics = {
            "test_mse": mse, "test_rmse": mse**0.5, "test_mae": float(mean_absolute_error(self.y_test, predicted)),
            "test_r2": float(r2_score(self.y_test, predicted)),
        }  # fmt: skip
        return self.metrics

    def weights(self) -> list[np.ndarray]:
        if hasattr(self.model, "get_weights"):
            return [np.asarray(array) for array in self.model.get_weights()]
        return [np.asarray(self.model.coef_), np.asarray(self.model.intercept_)]

    def all(self) -> None:
        self.load()
        self.fit()
        self.evaluate()


class KerasExperiment(Experiment):
    """The same model as one layer of Keras."""

    def fit(self) -> Any:
        import keras

        keras.utils.set_random_seed(self.settings.seed)
        layers = [keras.layers.Input((10,)), keras.layers.Dense(1, use_bias=self.settings.fit_intercept)]
        self.model = keras.Sequential(layers)
        self.model.compile(optimizer=keras.optimizers.Adam(0.5), loss="mse")
        self.model.fit(self.x_train.to_numpy(), self.y_train.to_numpy(), epochs=2, batch_size=64, verbose=0)
        return self.model

    def evaluate(self) -> dict[str, float]:
        self.x_test = self.x_test.to_numpy()
        return super().evaluate()


def run(settings: Settings) -> Experiment:
    """Do the experiment, recorded in the way that `settings.tracking` names."""
    module, _, way = settings.tracking.partition(":")
    experiment = (KerasExperiment if way == "autolog_tensorflow" else Experiment)(settings)
    importlib.import_module(f"tracking.{module}").record(way, experiment)
    print(" ".join(f"{name}={value!r}" for name, value in experiment.metrics.items()))
    summarise(experiment)
    return experiment


def summarise(experiment: Experiment) -> None:
    """Results for whoever asked for them (DIABETES_OUTPUT)."""
    folder = os.environ.get("DIABETES_OUTPUT")
    if not folder:
        return
    model = experiment.model
    defaults = model.get_params() if hasattr(model, "get_params") else model.optimizer.get_config()
    summary = {
        "pid": os.getpid(), "params": experiment.params, "metrics": experiment.metrics,
        "defaults": {name: repr(value) for name, value in defaults.items() if name not in experiment.params},
        "explicit": experiment.explicit, "weights": [array.ravel().tolist() for array in experiment.weights()],
    }  # fmt: skip
    (Path(folder) / "summary.json").write_text(json.dumps(summary, indent=2))
