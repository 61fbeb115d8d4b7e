"""`python change_data.py OUTPUT`: MLflow's digest of data sets before and after changes, beside a full SHA-256."""

import hashlib

import mlflow
import numpy as np
import pandas as pd
from probe import main

LARGE = 12_000


def frame(rows):
    """A table with numbers, truth values, times, texts and a list per row."""
    generator = np.random.default_rng(20240115)
    return pd.DataFrame({
        "age": generator.integers(20, 80, rows), "bmi": generator.normal(25, 4, rows),
        "smoker": generator.integers(0, 2, rows).astype(bool),
        "seen": pd.Timestamp("2024-01-15") + pd.to_timedelta(np.arange(rows), unit="D"),
        "site": pd.Series(generator.choice(["A", "B", "C"], rows)).astype(object),
        "kind": pd.Series(generator.choice(["x", "y"], rows)).astype("category"),
        "target": generator.normal(150, 50, rows),
    })  # fmt: skip


def changed(column, row, value):
    """A change of one cell."""

    def change(data):
        data.loc[data.index[row], column] = value
        return data

    return change


def swapped(data):
    """The first two rows change places."""
    order = [1, 0, *range(2, len(data))]
    return data.iloc[order].reset_index(drop=True)


def late_half(data):
    """All numbers after the first 10,000 rows are others."""
    data.loc[data.index[10_000:], "bmi"] += 1.0
    return data


def as_type(column, kind):
    """Another type of a column, the same values."""
    return lambda data: data.assign(**{column: data[column].astype(kind)})


TABLE = {
    "one number": changed("bmi", 0, 99.0), "one number by 1e-12": lambda data: data.assign(bmi=data["bmi"] * (1 + 1e-12)),
    "one text": changed("site", 0, "Z"), "one truth value": lambda data: data.assign(smoker=~data["smoker"]),
    "one time": changed("seen", 0, pd.Timestamp("1999-01-01")),
    "one category": lambda data: data.assign(kind=data["kind"].cat.rename_categories({"x": "z"})),
    "a number becomes NaN": changed("bmi", 0, float("nan")), "two rows change places": swapped,
    "all rows in reverse": lambda data: data.iloc[::-1].reset_index(drop=True),
    "two columns change places": lambda data: data[["bmi", "age", *data.columns[2:]]],
    "a column is renamed": lambda data: data.rename(columns={"bmi": "weight"}),
    "integers as floats": as_type("age", "float64"), "64 bits as 32": as_type("bmi", "float32"),
    "last row is gone": lambda data: data.iloc[:-1], "last row is doubled": lambda data: pd.concat([data, data.iloc[-1:]]),
    "a column of truth values is gone": lambda data: data.drop(columns="smoker"),
    "a column of numbers is gone": lambda data: data.drop(columns="age"),
    "another index": lambda data: data.set_axis(np.arange(len(data)) + 7, axis=0),
}  # fmt: skip
LONG = {
    "a number in row 1": changed("bmi", 0, 99.0),
    "a number in row 10,000": changed("bmi", 9_999, 99.0),
    "a number in row 10,001": changed("bmi", 10_000, 99.0),
    "all numbers after row 10,000": late_half,
    "last row is gone": lambda data: data.iloc[:-1],
    "rows after 10,000 in reverse": lambda data: pd.concat(
        [data.iloc[:10_000], data.iloc[:9_999:-1]], ignore_index=True
    ),
}


def images():
    """600 images of 28 x 28: 12.8 of them are 10,000 elements."""
    return np.random.default_rng(7).integers(0, 256, (600, 28, 28)).astype("uint8")


def pixel(image):
    """Change the first pixel of one image."""

    def change(data):
        data = data.copy()
        data[image, 0, 0] ^= 1
        return data

    return change


def others(data):
    """All images but the first 13 are black."""
    data = data.copy()
    data[13:] = 0
    return data


def shuffled(data):
    """The images after the 13th in reverse."""
    return np.concatenate([data[:13], data[:12:-1]])


ARRAY = {
    "a pixel of image 1": pixel(0), "a pixel of image 13": pixel(12), "a pixel of image 14": pixel(13),
    "all images after the 13th black": others, "images after the 13th in reverse": shuffled,
    "last image is gone": lambda data: data[:-1], "flattened": lambda data: data.reshape(len(data), -1),
    "8 bits as 64": lambda data: data.astype("int64"),
}  # fmt: skip


def digest(data):
    """MLflow's digest."""
    if isinstance(data, np.ndarray):
        return mlflow.data.from_numpy(data).digest
    return mlflow.data.from_pandas(data).digest


def full(data):
    """SHA-256 over names, types, shape and all values."""
    hashed = hashlib.sha256()
    if isinstance(data, np.ndarray):
        hashed.update(f"{data.dtype} {data.shape}".encode())
        hashed.update(np.ascontiguousarray(data).tobytes())
    else:
        hashed.update(repr([(str(name), str(kind)) for name, kind in data.dtypes.items()]).encode())
        hashed.update(pd.util.hash_pandas_object(data, index=True).to_numpy().tobytes())
    return hashed.hexdigest()


def differing(before, after):
    """Cells that differ, or -1 where shape, names or types do."""
    if isinstance(before, np.ndarray):
        same = before.shape == after.shape and before.dtype == after.dtype
        return int((before != after).sum()) if same else -1
    if list(before.columns) != list(after.columns) or len(before) != len(after):
        return -1
    if list(before.dtypes) != list(after.dtypes) or list(before.index) != list(after.index):
        return -1
    unequal = (before.astype(object) != after.astype(object)) & ~(before.isna() & after.isna())
    return int(unequal.to_numpy().sum())


def changes():
    """One object per kind of data and change."""
    rows = []
    kinds = (
        ("table", lambda: frame(500), TABLE),
        ("long table", lambda: frame(LARGE), LONG),
        ("images", images, ARRAY),
    )
    for kind, make, known in kinds:
        for name, change in known.items():
            before, after = make(), change(make())
            row = {"kind": kind, "change": name, "cells": int(before.size), "changed": differing(before, after),
                   "digest_before": digest(before), "sha256_before": full(before), "sha256_after": full(after),
                   "digest_after": None, "seen": None, "reason": None}  # fmt: skip
            try:
                row["digest_after"] = digest(after)
                row["seen"] = row["digest_after"] != row["digest_before"]
            except Exception as error:  # one line of the table, with its reason
                row["reason"] = f"{type(error).__name__}: {error}"[:200]
            rows.append(row)
    return rows


if __name__ == "__main__":
    main(changes)
