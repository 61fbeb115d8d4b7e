"""TensorFlow's introductory image classification on Fashion-MNIST, as the study of 2024 ran it.

Validation and test images are the two halves of the official test images. That study scaled the training and
validation images to 0..1 and forgot the test images: --test-images unscaled repeats the slip.
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
                        choices=["none", "notes", "explicit", "explicit_model", "autolog"])  # fmt: skip
    parser.add_argument("--seed-policy", default="none", help="which random generators --seed fixes",
                        choices=["none", "keras", "keras_deterministic"])  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="seed for --seed-policy")
    parser.add_argument("--test-images", default="scaled", choices=["scaled", "unscaled"])
    parser.add_argument("--threads", type=int, default=0, help="TensorFlow threads; 0 leaves the default")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--experiment", default="fashion_mnist_mlp", help="MLflow experiment")
    parser.add_argument("--run-name", help="name of the run")
    parser.add_argument("--output", type=Path, help="folder for summary.json, weights.npz and predictions.npz")
    return parser.parse_args()


def load(args: argparse.Namespace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and labels of the three parts."""
    with np.load(args.data / "data.npz") as data, np.load(args.data / "splits.npz") as splits:
        inputs, targets = data["inputs"].astype("float32"), data["targets"].astype("int64")
        parts = {name: (inputs[splits[name]], targets[splits[name]]) for name in ("train", "validation", "evaluation")}
    for name, (images, labels) in parts.items():
        if name != "evaluation" or args.test_images == "scaled":
            parts[name] = images / 255.0, labels
    return parts


def fix_seeds(args: argparse.Namespace) -> None:
    import keras
    import tensorflow as tf

    if args.threads:
        tf.config.threading.set_intra_op_parallelism_threads(args.threads)
        tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    if args.seed_policy != "none":
        keras.utils.set_random_seed(args.seed)
    if args.seed_policy == "keras_deterministic":
        tf.config.experimental.enable_op_determinism()


def build(shape: tuple[int, ...]):
    import keras

    model = keras.Sequential([
        keras.layers.Input(shape),
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


def train(args: argparse.Namespace, parts: dict) -> tuple:
    """The fitted model, its logits on the test images, all metrics, and how long fitting and evaluating took."""
    begin = time.perf_counter()
    model = build(parts["train"][0].shape[1:])
    history = model.fit(
        *parts["train"], validation_data=parts["validation"], epochs=args.epochs, batch_size=args.batch_size, verbose=0
    ).history
    fitted = time.perf_counter()
    images, labels = parts["evaluation"]
    loss, accuracy = model.evaluate(images, labels, verbose=0)
    logits = model.predict(images, verbose=0)
    metrics = {"test_accuracy": accuracy, "test_loss": loss, "train_accuracy": history["accuracy"][-1],
               "train_loss": history["loss"][-1], "validation_accuracy": history["val_accuracy"][-1],
               "validation_loss": history["val_loss"][-1]}  # fmt: skip
    classes = logits.argmax(axis=1)
    for number in range(10):
        own = labels == number
        metrics[f"test_accuracy_class_{number}"] = np.mean(classes[own] == number) if own.any() else np.nan
    seconds = {"fit_seconds": fitted - begin, "evaluate_seconds": time.perf_counter() - fitted}
    return model, logits, {name: float(value) for name, value in metrics.items()}, seconds


def main() -> None:
    args = options()
    fix_seeds(args)
    parts = load(args)
    params = {name: getattr(args, name) for name in ("epochs", "batch_size", "seed_policy", "test_images", "threads")}
    if args.seed_policy != "none":
        params["seed"] = args.seed
    begin = time.perf_counter()
    if args.tracking in ("none", "notes"):
        model, logits, metrics, seconds = train(args, parts)
        if args.tracking == "notes":
            notes = {"params": params, "metrics": metrics, "dataset": "Fashion-MNIST"}
            ((args.output or Path()) / "notes.json").write_text(json.dumps(notes, indent=2))
    else:
        import mlflow
        import mlflow.tensorflow

        mlflow.set_experiment(args.experiment)
        if args.tracking == "autolog":
            mlflow.tensorflow.autolog()
        with mlflow.start_run(run_name=args.run_name):
            model, logits, metrics, seconds = train(args, parts)
            if args.tracking.startswith("explicit"):
                mlflow.log_params(params)
                mlflow.log_metrics(metrics)
            if args.tracking == "explicit_model":
                mlflow.tensorflow.log_model(model, name="model", input_example=parts["evaluation"][0][:2])
    seconds["track_seconds"] = time.perf_counter() - begin - seconds["fit_seconds"] - seconds["evaluate_seconds"]

    print(" ".join(f"{name}={value!r}" for name, value in metrics.items() if "class" not in name))
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
        weights = {f"w{number:02d}": array for number, array in enumerate(model.get_weights())}
        np.savez(args.output / "weights.npz", **weights)
        np.savez(args.output / "predictions.npz", predictions=logits.argmax(axis=1).astype("uint8"), logits=logits)
        summary = {"params": params, "metrics": metrics, "pid": os.getpid(), **seconds}
        (args.output / "summary.json").write_text(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
