"""TensorFlow's introductory image classification on Fashion-MNIST, as the study of 2024 ran it.

Validation and test images are the two halves of the official test images. That study scaled the training and
validation images to 0..1 and forgot the test images: its test figures are those of images 255 times as bright. The
same trained network is evaluated here on the scaled test images too; those figures are kept beside the record.

--tracking notebook records as the study's notebook did: MLflow's autologging during the fit, in a run of its own, and
afterwards a second run with two parameters, six metrics and the model, written by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with data.npz and splits.npz")
    parser.add_argument("--tracking", default="explicit", help="how the run is recorded",
                        choices=["none", "notes", "explicit", "explicit_model", "autolog", "notebook"])  # fmt: skip
    parser.add_argument("--seed-policy", default="none", help="which random generators --seed fixes",
                        choices=["none", "numpy_tf", "keras", "keras_deterministic"])  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="seed for --seed-policy")
    parser.add_argument("--threads", type=int, default=0, help="TensorFlow threads; 0 leaves the default")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--share", type=float, default=1.0, help="share of the images of each part, for a quick trial")
    parser.add_argument("--experiment", default="fashion_mnist_mlp", help="MLflow experiment")
    parser.add_argument("--run-name", help="name of the run")
    parser.add_argument("--output", type=Path, help="folder for summary.json, weights.npz and predictions.npz")
    return parser.parse_args()


def load(args: argparse.Namespace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and labels of the parts: train, validation, test (as it comes, 0 to 255) and scaled_test."""
    with np.load(args.data / "data.npz") as data, np.load(args.data / "splits.npz") as splits:
        inputs, targets = data["inputs"].astype("float32"), data["targets"].astype("int64")
        chosen = {name: splits[name][: round(args.share * len(splits[name]))] for name in splits.files}
    parts = {name: (inputs[chosen[name]] / 255.0, targets[chosen[name]]) for name in ("train", "validation")}
    parts["test"] = inputs[chosen["evaluation"]], targets[chosen["evaluation"]]
    parts["scaled_test"] = parts["test"][0] / 255.0, parts["test"][1]
    return parts


def fix_seeds(args: argparse.Namespace) -> None:
    import tensorflow as tf

    if args.threads:
        tf.config.threading.set_intra_op_parallelism_threads(args.threads)
        tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    if args.seed_policy == "numpy_tf":
        np.random.seed(args.seed)  # noqa: NPY002 - the generator that people seed
        tf.random.set_seed(args.seed)
    elif args.seed_policy != "none":
        tf.keras.utils.set_random_seed(args.seed)
    if args.seed_policy == "keras_deterministic":
        tf.config.experimental.enable_op_determinism()


def build(shape: tuple[int, ...]):
    from tensorflow import keras

    model = keras.Sequential([
        keras.layers.InputLayer(shape),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10),
    ])  # fmt: skip
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def fit(args: argparse.Namespace, parts: dict) -> tuple:
    """The fitted model and its metrics after each epoch."""
    model = build(parts["train"][0].shape[1:])
    history = model.fit(
        *parts["train"], validation_data=parts["validation"], epochs=args.epochs, batch_size=args.batch_size, verbose=0
    ).history
    return model, {name: [float(value) for value in values] for name, values in history.items()}


def evaluate(model, parts: dict) -> tuple[dict[str, float], dict[str, float], dict[str, np.ndarray]]:
    """The six metrics of the notebook, those on the scaled test images, and the predictions on both."""
    found = {}
    for part, name in (("train", "train"), ("validation", "val"), ("test", "test"), ("scaled_test", "scaled_test")):
        loss, accuracy = model.evaluate(*parts[part], verbose=0)
        found |= {f"{name}_loss": float(loss), f"{name}_accuracy": float(accuracy)}
    logits = {part: model.predict(parts[part][0], verbose=0) for part in ("test", "scaled_test")}
    arrays = {
        "predictions": logits["test"].argmax(axis=1).astype("uint8"),
        "scaled_predictions": logits["scaled_test"].argmax(axis=1).astype("uint8"),
        "logits": logits["test"],
    }
    beside = {name: found.pop(name) for name in ("scaled_test_loss", "scaled_test_accuracy")}
    return found, beside, arrays


def record_by_hand(args: argparse.Namespace, model, parts: dict, params: dict, metrics: dict[str, float]) -> None:
    """The second run of the notebook, with its calls in its order."""
    import mlflow
    from mlflow.models.signature import infer_signature

    images = parts["scaled_test"][0]
    signature = infer_signature(images, model.predict(images, verbose=0))
    with mlflow.start_run(run_name=args.run_name):
        for name, value in params.items():
            mlflow.log_param(name, value)
        for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy"):
            mlflow.log_metric(name, metrics[name])
        mlflow.tensorflow.log_model(model, "mnist", signature=signature)
    mlflow.end_run()


def train(args: argparse.Namespace, parts: dict) -> tuple:
    """Model, history, the notebook's metrics, those beside them, predictions, and when fit and evaluation ended."""
    model, history = fit(args, parts)
    fitted = time.perf_counter()
    return model, history, *evaluate(model, parts), fitted, time.perf_counter()


def tracked(args: argparse.Namespace, parts: dict, params: dict) -> tuple:
    """What `train` gives, recorded as --tracking says."""
    if args.tracking == "none":
        return train(args, parts)
    if args.tracking == "notes":
        done = train(args, parts)
        notes = {"params": params, "metrics": done[2], "dataset": "Fashion-MNIST"}
        ((args.output or Path()) / "notes.json").write_text(json.dumps(notes, indent=2))
        return done

    import mlflow
    import mlflow.tensorflow

    mlflow.set_experiment(args.experiment)
    if args.tracking == "notebook":
        # The notebook passed every_n_iter=2, an argument that MLflow 3 has no more; it thinned the epochs recorded.
        mlflow.tensorflow.autolog()
        done = train(args, parts)
        record_by_hand(args, done[0], parts, params, done[2])
        return done
    if args.tracking == "autolog":
        mlflow.tensorflow.autolog()
    with mlflow.start_run(run_name=args.run_name):
        done = train(args, parts)
        if args.tracking.startswith("explicit"):
            mlflow.log_params(params)
            mlflow.log_metrics(done[2])
        if args.tracking == "explicit_model":
            mlflow.tensorflow.log_model(done[0], name="model", input_example=parts["test"][0][:2])
    return done


def main() -> None:
    args = options()
    fix_seeds(args)
    parts = load(args)
    params = {name: getattr(args, name) for name in ("batch_size", "epochs")}
    if args.tracking != "notebook":
        params |= {name: getattr(args, name) for name in ("seed_policy", "threads")}
        if args.seed_policy != "none":
            params["seed"] = args.seed
        if args.share != 1:
            params["share"] = args.share
    begin = time.perf_counter()
    model, history, metrics, beside, arrays, fitted, evaluated = tracked(args, parts, params)
    seconds = {"fit_seconds": fitted - begin, "evaluate_seconds": evaluated - fitted,
               "track_seconds": time.perf_counter() - evaluated}  # fmt: skip

    print(" ".join(f"{name}={value!r}" for name, value in (metrics | beside).items()))
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
        np.savez(args.output / "weights.npz", **{f"w{at:02d}": array for at, array in enumerate(model.get_weights())})
        np.savez(args.output / "predictions.npz", **arrays)
        summary = {"params": params, "metrics": metrics, "metrics_beside": beside, "history": history,
                   "pid": os.getpid(), **seconds}  # fmt: skip
        (args.output / "summary.json").write_text(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
