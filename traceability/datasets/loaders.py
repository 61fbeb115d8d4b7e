"""Loaders by name: each gives a data set's inputs and targets as its source publishes them."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from traceability.datasets import download, idx
from traceability.datasets.catalogue import Entry
from traceability.datasets.download import Origin
from traceability.errors import StudyError, nearest


@dataclass(frozen=True)
class Loaded:
    """A data set in memory."""

    #: One instance per entry of the first axis, in the source's own order, type and scale.
    inputs: NDArray[np.generic]
    #: One number (regression) or class code from 0 (classification) per instance.
    targets: NDArray[np.generic]
    #: Number of leading instances that the authors declare as training data; None where they declare none.
    training: int | None
    #: The files that were read.
    sources: list[Path]


def diabetes(entry: Entry, origin: Origin) -> Loaded:  # noqa: ARG001
    """442 patients, 10 columns as scikit-learn scales them (float64), disease progression after a year (float64)."""
    from sklearn.datasets import load_diabetes

    inputs, targets = load_diabetes(return_X_y=True)
    return Loaded(inputs, targets, None, _shipped("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"))


def digits(entry: Entry, origin: Origin) -> Loaded:  # noqa: ARG001
    """1797 images of 8 x 8 grey values 0 to 16 (float64), and their digits (int64)."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Loaded(bunch.images, bunch.target, None, _shipped("digits.csv.gz"))


def images(entry: Entry, origin: Origin) -> Loaded:
    """Grey images (uint8) and class codes (uint8) from four IDX files.

    The table names the files in this order: training images, training labels, test images, test labels. Raises
    `StudyError` when they do not belong together.
    """
    if len(entry.files) != 4:
        raise StudyError(
            f"data set '{entry.name}': {len(entry.files)} files; the loader 'idx' takes four: "
            "training images, training labels, test images, test labels"
        )
    paths = download.fetch_all(entry, origin)
    arrays = [idx.read(path) for path in paths]
    for at in (0, 2):
        inputs, targets = arrays[at], arrays[at + 1]
        if inputs.ndim != 3 or inputs.dtype != np.uint8 or inputs.shape[1:] != arrays[0].shape[1:]:
            raise StudyError(f"{paths[at]}: {inputs.dtype} of shape {inputs.shape}; expected uint8 images of one size")
        if targets.dtype != np.uint8 or targets.shape != inputs.shape[:1]:
            raise StudyError(
                f"{paths[at + 1]}: {targets.dtype} of shape {targets.shape}; "
                f"expected one uint8 label for each of the {len(inputs)} images of {paths[at].name}"
            )
    return Loaded(np.concatenate([arrays[0], arrays[2]]), np.concatenate([arrays[1], arrays[3]]), len(arrays[0]), paths)


LOADERS: dict[str, Callable[[Entry, Origin], Loaded]] = {"diabetes": diabetes, "digits": digits, "idx": images}


def load(entry: Entry, origin: Origin) -> Loaded:
    """Load data set `entry` and check it against its row: number of instances, finite numbers, class codes in range."""
    if entry.loader not in LOADERS:
        raise StudyError(f"data set '{entry.name}': no loader '{entry.loader}'; {nearest(entry.loader, LOADERS)}")
    loaded = LOADERS[entry.loader](entry, origin)
    if not len(loaded.inputs) == len(loaded.targets) == entry.size:
        raise StudyError(
            f"data set '{entry.name}': {len(loaded.inputs)} instances, but its row in the table of data sets says "
            f"{entry.size}; correct 'size' if the source changed"
        )
    if not (np.isfinite(loaded.inputs).all() and np.isfinite(loaded.targets).all()):
        raise StudyError(f"data set '{entry.name}': a value is missing or infinite; the study's subjects cannot use it")
    if entry.task == "classification" and not np.isin(loaded.targets, np.arange(len(entry.classes))).all():
        raise StudyError(
            f"data set '{entry.name}': targets from {loaded.targets.min()} to {loaded.targets.max()}, but its row in "
            f"the table of data sets names {len(entry.classes)} classes; correct 'classes'"
        )
    return loaded


def _shipped(*names: str) -> list[Path]:
    """Paths of data files inside scikit-learn."""
    folder = importlib.resources.files("sklearn.datasets.data")
    return [Path(str(folder / name)) for name in names]
