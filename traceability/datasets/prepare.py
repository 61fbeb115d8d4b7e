"""The prepared form of a data set: its arrays, its split, and a description with the digest of each."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traceability.datasets import download, loaders, splits, tables
from traceability.datasets.catalogue import Entry
from traceability.datasets.download import Origin
from traceability.runtime import arrays
from traceability.runtime.files import read_json, sha256_file, write_json

log = logging.getLogger(__name__)


def prepare(entry: Entry, origin: Origin, data: Path, indices: Path, description: Path) -> None:
    """Write arrays `inputs` and `targets` to `data`, the split to `indices` and what both are to `description`.

    Where the source cannot be had, the study goes on without it: the arrays are empty and the description holds only
    what is `missing`. Raises `StudyError` when the source is not what the row of the table says.
    """
    try:
        loaded = loaders.load(entry, origin)
    except download.Unavailable as error:
        log.warning("%s", error)
        arrays.write_npz(data, {"inputs": np.empty(0), "targets": np.empty(0)})
        arrays.write_npz(indices, {"train": np.empty(0, np.int64), "evaluation": np.empty(0, np.int64)})
        described = {"name": entry.name, "task": entry.task, "source": entry.source, "licence": entry.licence}
        write_json(description, described | {"missing": str(error)})
        return
    content = {"inputs": loaded.inputs, "targets": loaded.targets}
    parts = splits.split(entry, loaded)
    arrays.write_npz(data, content)
    arrays.write_npz(indices, parts)
    write_json(
        description,
        {
            "name": entry.name,
            "task": entry.task,
            "classes": list(entry.classes),
            "instances": entry.size,
            # The study varies what happens in training; who is asked at the end stays the same.
            "evaluation": "fixed",
            "split": {"kind": entry.split, "seed": entry.split_seed},
            "source": entry.source,
            "url": entry.url,
            "licence": entry.licence,
            "citation": entry.citation,
            "input_range": [loaded.inputs.min().item(), loaded.inputs.max().item()],
            "arrays": {name: _describe(array) for name, array in (content | parts).items()},
            "files": {path.name: {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
                      for path in (data, indices)},
            "source_files": [
                {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256_file(path)}
                | ({"content_sha256": download.content_sha256(path)} if entry.files else {})
                for path in loaded.sources
            ],
            "versions": {name: importlib.metadata.version(name) for name in ("numpy", "scikit-learn")},
        },
    )  # fmt: skip


def summarise(descriptions: Iterable[Path]) -> list[dict[str, Any]]:
    """One row of the table `DATASETS` per description, in the order given."""
    rows = []
    for path in descriptions:
        value = read_json(path)
        known = {"dataset": value["name"], "task": value["task"], "source": value["source"],
                 "licence": value["licence"], "missing": value.get("missing")}  # fmt: skip
        if known["missing"]:
            rows.append({**dict.fromkeys(tables.DATASETS.column_names), **known})
            continue
        held = value["arrays"]
        count = {name: held[name]["shape"][0] for name in ("train", "validation", "evaluation") if name in held}
        rows.append(
            known
            | {
                "instances": value["instances"],
                "input_shape": "x".join(map(str, held["inputs"]["shape"][1:])),
                "input_dtype": held["inputs"]["dtype"],
                "classes": len(value["classes"]),
                "train": count["train"],
                "validation": count.get("validation", 0),
                "evaluation": count["evaluation"],
                "evaluation_set": value["evaluation"],
                "inputs_sha256": held["inputs"]["sha256"],
                "targets_sha256": held["targets"]["sha256"],
                "evaluation_sha256": held["evaluation"]["sha256"],
                "scikit_learn": value["versions"]["scikit-learn"],
            }
        )
    return rows


def _describe(array: NDArray[np.generic]) -> dict[str, Any]:
    canonical = arrays.canonical(array)
    return {"shape": list(array.shape), "dtype": canonical.dtype.name, "sha256": arrays.sha256_array(array)}
