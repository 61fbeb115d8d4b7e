"""A small Keras network on the handwritten digits of scikit-learn, with a choice of seeds and of tracking.

The network is the one of TensorFlow's introductory image classification: flatten, 128 rectified units, 10 logits.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

UNSEEDED = "unseeded"


def seed_or_none(text: str) -> int | None:
    return None if text == UNSEEDED else int(text)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracking", default="explicit", help="how the run is recorded",
                        choices=["none", "notes", "explicit", "explicit_model", "autolog", "autolog_late"])  # fmt: skip
    parser.add_argument("--seed-policy", default="keras", help="which random generators --seed fixes",
                        choices=["none", "numpy_tf", "keras", "keras_deterministic"])  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="seed for --seed-policy")
    parser.add_argument("--init-seed", type=seed_or_none, default=None, help="seed of the initial weights alone")
    parser.add_argument("--shuffle-seed", type=seed_or_none, default=None, help="seed of the shuffling alone")
    parser.add_argument(
        "--split-seed", type=seed_or_none, default=None, help="seed of the train/validation split alone"
    )
    parser.add_argument("--flip-bit", default="", metavar="active:N|silent:N",
                        help="flip the lowest bit of one first-layer weight, of an input (not) always 0")  # fmt: skip
    parser.add_argument("--threads", type=int, default=0, help="TensorFlow threads; 0 leaves the default")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--data", type=Path, help="folder with data.npz and splits.npz; default: scikit-learn's copy")
    parser.add_argument("--experiment", default="digits_mlp", help="MLflow experiment")
    parser.add_argument("--run-name", help="name of the run")
    parser.add_argument("--output", type=Path, help="folder for summary.json, weights.npz and predictions.npz")
    return parser.parse_args()


def load(folder: Path | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images scaled to 0..1 and labels: the part for training, then the fixed part for evaluation."""
    if folder is None:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        inputs, targets = load_digits(return_X_y=True)
        train, evaluation = train_test_split(np.arange(len(targets)), test_size=360, random_state=42, stratify=targets)
    else:
        with np.load(folder / "data.npz") as data, np.load(folder / "splits.npz") as splits:
            inputs, targets = data["inputs"], data["targets"]
            train, evaluation = splits["train"], splits["evaluation"]
    inputs = (inputs.reshape(len(inputs), -1) / inputs.max()).astype("float32")
    targets = targets.astype("int64")
    return inputs[train], targets[train], inputs[evaluation], targets[evaluation]


def fix_seeds(args: argparse.Namespace) -> None:
    import keras
    import tensorflow as tf

    if args.threads:
        tf.config.threading.set_intra_op_parallelism_threads(args.threads)
        tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    if args.seed_policy == "numpy_tf":
        np.random.seed(args.seed)  # noqa: NPY002 - the arm is about the legacy global generator
        tf.random.set_seed(args.seed)
    elif args.seed_policy.startswith("keras"):
        keras.utils.set_random_seed(args.seed)
    if args.seed_policy == "keras_deterministic":
        tf.config.experimental.enable_op_determinism()


def flip_bit(model, spec: str, inputs: np.ndarray) -> None:
    """Flip the lowest mantissa bit of one weight of the first layer."""
    kind, _, number = spec.partition(":")
    brightness = inputs.sum(axis=0)
    # Active inputs brightest first: a bit on a pixel that is hardly ever lit may not matter within few epochs.
    rows = np.flatnonzero(brightness == 0) if kind == "silent" else np.argsort(-brightness, kind="stable")[:15]
    dense = model.layers[1]
    kernel, bias = dense.get_weights()
    row, column = rows[int(number) % len(rows)], int(number) % kernel.shape[1]
    kernel[row, column : column + 1].view("uint32")[0] ^= 1
    dense.set_weights([kernel, bias])


def build(args: argparse.Namespace, features: int, inputs: np.ndarray):
    import keras

    def initializer(offset: int):
        seed = None if args.init_seed is None else args.init_seed + offset
        return keras.initializers.GlorotUniform(seed=seed)

    model = keras.Sequential([
        keras.layers.Input((features,)),
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu", kernel_initializer=initializer(0)),
        keras.layers.Dense(10, kernel_initializer=initializer(1_000_003)),
    ])  # fmt: skip
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    if args.flip_bit:
        flip_bit(model, args.flip_bit, inputs)
    return model


def fit(model, args: argparse.Namespace, train: tuple, validation: tuple):
    x, y = train
    if args.shuffle_seed is None:
        return model.fit(x, y, validation_data=validation, epochs=args.epochs, batch_size=args.batch_size, verbose=0)
    import tensorflow as tf

    batches = tf.data.Dataset.from_tensor_slices((x, y))
    batches = batches.shuffle(len(x), seed=args.shuffle_seed, reshuffle_each_iteration=True).batch(args.batch_size)
    return model.fit(batches, validation_data=validation, epochs=args.epochs, verbose=0)


def chosen(args: argparse.Namespace) -> dict:
    """The parameters that a person would note."""
    params = {name: getattr(args, name) for name in ("seed_policy", "seed", "threads", "epochs", "batch_size")}
    if args.seed_policy == "none":
        del params["seed"]
    for name in ("init_seed", "shuffle_seed", "split_seed"):
        if getattr(args, name) is not None:
            params[name] = getattr(args, name)
    if args.flip_bit:
        params["flip_bit"] = args.flip_bit
    return params


def evaluate(model, history: dict, x_test: np.ndarray, y_test: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Logits on the evaluation set, and all metrics."""
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    logits = model.predict(x_test, verbose=0)
    metrics = {"test_accuracy": accuracy, "test_loss": loss, "train_accuracy": history["accuracy"][-1],
               "train_loss": history["loss"][-1], "validation_accuracy": history["val_accuracy"][-1],
               "validation_loss": history["val_loss"][-1]}  # fmt: skip
    classes = logits.argmax(axis=1)
    for digit in range(10):
        metrics[f"test_accuracy_class_{digit}"] = np.mean(classes[y_test == digit] == digit)
    return logits, {name: float(value) for name, value in metrics.items()}


def main() -> None:
    args = options()
    fix_seeds(args)
    x, y, x_test, y_test = load(args.data)
    # A seed for the split alone, else the global generator, which --seed-policy may have seeded.
    generator = np.random.default_rng(args.split_seed) if args.split_seed is not None else np.random
    order = generator.permutation(len(x))
    held, kept = order[: len(x) // 5], order[len(x) // 5 :]
    params = chosen(args)
    seconds = {"fit_seconds": 0.0, "evaluate_seconds": 0.0}

    def fit_and_evaluate():
        begin = time.perf_counter()
        model = build(args, x.shape[1], np.concatenate([x, x_test]))
        history = fit(model, args, (x[kept], y[kept]), (x[held], y[held])).history
        fitted = time.perf_counter()
        if args.tracking == "autolog_late":
            import mlflow

            mlflow.autolog()
        logits, metrics = evaluate(model, history, x_test, y_test)
        seconds["fit_seconds"] = fitted - begin
        seconds["evaluate_seconds"] = time.perf_counter() - fitted
        return model, logits, metrics

    begin = time.perf_counter()
    if args.tracking in ("none", "notes"):
        model, logits, metrics = fit_and_evaluate()
        if args.tracking == "notes":
            notes = {"params": params, "metrics": metrics, "dataset": "scikit-learn digits"}
            ((args.output or Path()) / "notes.json").write_text(json.dumps(notes, indent=2))
    else:
        import mlflow

        mlflow.set_experiment(args.experiment)
        if args.tracking == "autolog":
            import mlflow.tensorflow

            mlflow.tensorflow.autolog()
        with mlflow.start_run(run_name=args.run_name):
            model, logits, metrics = fit_and_evaluate()
            if args.tracking.startswith("explicit"):
                mlflow.log_params(params)
                mlflow.log_metrics(metrics)
            if args.tracking == "explicit_model":
                import mlflow.tensorflow

                mlflow.tensorflow.log_model(model, name="model", input_example=x_test[:2])
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
