"""A random forest on the handwritten digits of scikit-learn, with a choice of how the run is tracked."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracking", default="explicit", help="how the run is recorded",
                        choices=["none", "notes", "explicit", "explicit_model", "autolog", "autolog_late"])  # fmt: skip
    parser.add_argument(
        "--seed-policy", default="fixed", choices=["none", "fixed"], help="none: a new forest every time"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the forest with --seed-policy fixed")
    parser.add_argument("--threads", type=int, default=1, help="jobs that grow the trees (n_jobs)")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--data", type=Path, help="folder with data.npz and splits.npz; default: scikit-learn's copy")
    parser.add_argument("--experiment", default="digits_forest", help="MLflow experiment")
    parser.add_argument("--run-name", help="name of the run")
    parser.add_argument("--output", type=Path, help="folder for summary.json, weights.npz and predictions.npz")
    return parser.parse_args()


def load(folder: Path | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images and labels: the part for training, then the fixed part for evaluation."""
    if folder is None:
        inputs, targets = load_digits(return_X_y=True)
        train, evaluation = train_test_split(np.arange(len(targets)), test_size=360, random_state=42, stratify=targets)
    else:
        with np.load(folder / "data.npz") as data, np.load(folder / "splits.npz") as splits:
            inputs, targets = data["inputs"], data["targets"]
            train, evaluation = splits["train"], splits["evaluation"]
    inputs = inputs.reshape(len(inputs), -1)
    return inputs[train], targets[train], inputs[evaluation], targets[evaluation]


def arrays(model: RandomForestClassifier) -> dict[str, np.ndarray]:
    """What the forest learned: every tree's features, thresholds and leaf values."""
    trees = [estimator.tree_ for estimator in model.estimators_]
    return {
        "feature": np.concatenate([tree.feature for tree in trees]),
        "threshold": np.concatenate([tree.threshold for tree in trees]),
        "value": np.concatenate([tree.value.reshape(tree.node_count, -1) for tree in trees]),
    }


def main() -> None:
    args = options()
    x, y, x_test, y_test = load(args.data)
    seed = args.seed if args.seed_policy == "fixed" else None
    params = {"seed_policy": args.seed_policy, "trees": args.trees, "threads": args.threads}
    if seed is not None:
        params["seed"] = seed
    seconds = {"fit_seconds": 0.0, "evaluate_seconds": 0.0}

    def fit_and_evaluate() -> tuple[RandomForestClassifier, np.ndarray, dict[str, float]]:
        begin = time.perf_counter()
        model = RandomForestClassifier(args.trees, random_state=seed, n_jobs=args.threads).fit(x, y)
        fitted = time.perf_counter()
        if args.tracking == "autolog_late":
            import mlflow

            mlflow.autolog()
        shares = model.predict_proba(x_test)
        classes = model.classes_[shares.argmax(axis=1)]
        metrics = {"test_accuracy": accuracy_score(y_test, classes), "test_loss": log_loss(y_test, shares)}
        for digit in model.classes_:
            metrics[f"test_accuracy_class_{digit}"] = np.mean(classes[y_test == digit] == digit)
        seconds["fit_seconds"] = fitted - begin
        seconds["evaluate_seconds"] = time.perf_counter() - fitted
        return model, shares, {name: float(value) for name, value in metrics.items()}

    begin = time.perf_counter()
    if args.tracking in ("none", "notes"):
        model, shares, metrics = fit_and_evaluate()
        if args.tracking == "notes":
            notes = {"params": params, "metrics": metrics, "dataset": "scikit-learn digits"}
            ((args.output or Path()) / "notes.json").write_text(json.dumps(notes, indent=2))
    else:
        import mlflow

        mlflow.set_experiment(args.experiment)
        if args.tracking == "autolog":
            mlflow.sklearn.autolog()
        with mlflow.start_run(run_name=args.run_name):
            model, shares, metrics = fit_and_evaluate()
            if args.tracking.startswith("explicit"):
                mlflow.log_params(params)
                mlflow.log_metrics(metrics)
            if args.tracking == "explicit_model":
                # MLflow 3 refuses a forest whose trees are not named as trusted: skops cannot check their bounds.
                mlflow.sklearn.log_model(
                    model, name="model", input_example=x_test[:2], skops_trusted_types=["sklearn.tree._tree.Tree"]
                )
    seconds["track_seconds"] = time.perf_counter() - begin - seconds["fit_seconds"] - seconds["evaluate_seconds"]

    print(" ".join(f"{name}={value!r}" for name, value in metrics.items() if "class" not in name))
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
        np.savez(args.output / "weights.npz", **arrays(model))
        np.savez(args.output / "predictions.npz", predictions=shares.argmax(axis=1).astype("uint8"), shares=shares)
        summary = {"params": params, "metrics": metrics, "pid": os.getpid(), **seconds}
        (args.output / "summary.json").write_text(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
