"""Tables of the datasets chapter."""

from __future__ import annotations

from traceability.datasets.catalogue import TASKS
from traceability.study.registry import Column, Table

DATASETS = Table(
    name="datasets/datasets.tsv",
    meaning="The data sets of this run of the study: one row per data set.",
    columns=(
        Column("dataset", "str", "name of the data set"),
        Column("task", "str", "what is learned from it", values=TASKS),
        Column("instances", "int", "number of instances", minimum=2, nullable=True),
        Column("input_shape", "str", "shape of one instance, lengths joined by x", nullable=True),
        Column("input_dtype", "str", "type of the inputs", nullable=True),
        Column("classes", "int", "number of classes; 0 for a regression", minimum=0, nullable=True),
        Column("train", "int", "instances to train on (an arm may keep some of them for validation)",
               minimum=1, nullable=True),
        Column("validation", "int", "instances kept for validation for all arms; 0 where each arm draws its own",
               minimum=0, nullable=True),
        Column("evaluation", "int", "instances every run of the study is evaluated on", minimum=1, nullable=True),
        Column("evaluation_set", "str", "whether the evaluation set is the same in every run",
               values=("fixed",), nullable=True),
        Column("source", "str", "where the data come from"),
        Column("licence", "str", "terms of the data"),
        Column("inputs_sha256", "str", "SHA-256 of the inputs' bytes (row-major, little-endian)", nullable=True),
        Column("targets_sha256", "str", "SHA-256 of the targets' bytes", nullable=True),
        Column("evaluation_sha256", "str", "SHA-256 of the bytes of the evaluation set's indices (int64)",
               nullable=True),
        Column("missing", "str", "what could not be had, and how to get it; empty where the data are there",
               nullable=True, volatile=True),
        Column("scikit_learn", "str", "version of scikit-learn that loaded or split the data", nullable=True),
    ),
    key=("dataset",),
)  # fmt: skip
