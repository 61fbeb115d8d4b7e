"""Linear regression on the diabetes data of scikit-learn, with a choice of how the run is tracked."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracking", default="explicit", help="how the run is recorded",
                        choices=["none", "notes", "explicit", "explicit_model", "autolog", "autolog_late"])  # fmt: skip
    parser.add_argument(
        "--seed-policy", default="fixed", choices=["none", "fixed"], help="none: a new split every time"
    )
    parser.add_argument("--seed", type=int, default=42, help="seed of the train/test split with --seed-policy fixed")
    parser.add_argument("--threads", type=int, default=0, help="threads of the linear algebra; 0 leaves the default")
    parser.add_argument(
        "--data", type=Path, help="folder with data.npz (inputs, targets); default: scikit-learn's copy"
    )
    parser.add_argument("--experiment", default="diabetes_linear", help="MLflow experiment")
    parser.add_argument("--run-name", help="name of the run")
    parser.add_argument("--output", type=Path, help="folder for summary.json, weights.npz and predictions.npz")
    return parser.parse_args()


def load(folder: Path | None) -> tuple[np.ndarray, np.ndarray]:
    if folder is None:
        return load_diabetes(return_X_y=True)
    with np.load(folder / "data.npz") as data:
        return data["inputs"], data["targets"]


def main() -> None:
    args = options()
    if args.threads:
        from threadpoolctl import threadpool_limits

        threadpool_limits(args.threads)
    inputs, targets = load(args.data)
    seed = args.seed if args.seed_policy == "fixed" else None
    x_train, x_test, y_train, y_test = train_test_split(inputs, targets, test_size=0.2, random_state=seed)
    params = {"seed_policy": args.seed_policy, "test_size": 0.2, "fit_intercept": True, "threads": args.threads}
    if seed is not None:
        params["seed"] = seed
    seconds = {"fit_seconds": 0.0, "evaluate_seconds": 0.0}

    def fit_and_evaluate() -> tuple[LinearRegression, np.ndarray, dict[str, float]]:
        begin = time.perf_counter()
        model = LinearRegression().fit(x_train, y_train)
        fitted = time.perf_counter()
        if args.tracking == "autolog_late":
            import mlflow

            mlflow.autolog()
        predicted = model.predict(x_test)
        mse = mean_squared_error(y_test, predicted)
        metrics = {"test_mse": mse, "test_rmse": mse**0.5, "test_mae": mean_absolute_error(y_test, predicted),
                   "test_r2": r2_score(y_test, predicted)}  # fmt: skip
        seconds["fit_seconds"] = fitted - begin
        seconds["evaluate_seconds"] = time.perf_counter() - fitted
        return model, predicted, {name: float(value) for name, value in metrics.items()}

    begin = time.perf_counter()
    if args.tracking in ("none", "notes"):
        model, predicted, metrics = fit_and_evaluate()
        if args.tracking == "notes":
            notes = {"params": params, "metrics": metrics, "dataset": "scikit-learn diabetes"}
            ((args.output or Path()) / "notes.json").write_text(json.dumps(notes, indent=2))
    else:
        import mlflow

        mlflow.set_experiment(args.experiment)
        if args.tracking == "autolog":
            mlflow.sklearn.autolog()
        with mlflow.start_run(run_name=args.run_name):
            model, predicted, metrics = fit_and_evaluate()
            if args.tracking.startswith("explicit"):
                mlflow.log_params(params)
                mlflow.log_metrics(metrics)
            if args.tracking == "explicit_model":
                mlflow.sklearn.log_model(model, name="model", input_example=x_test[:2])
    seconds["track_seconds"] = time.perf_counter() - begin - seconds["fit_seconds"] - seconds["evaluate_seconds"]

    print(" ".join(f"{name}={value!r}" for name, value in metrics.items()))
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
        np.savez(args.output / "weights.npz", coef=model.coef_, intercept=np.asarray(model.intercept_))
        np.savez(args.output / "predictions.npz", predictions=predicted)
        summary = {"params": params, "metrics": metrics, "pid": os.getpid(), **seconds}
        (args.output / "summary.json").write_text(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
