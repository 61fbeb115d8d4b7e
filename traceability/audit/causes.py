"""How likely a difference between two records changes a result, and why: a rank by the kind of thing that differs.

The ranks are rules of thumb about kinds of facts, not measurements of these two runs: `likely` changes what is
computed, `possible` changes how it is computed, `unlikely` touches the result only by way of a defect.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from traceability import redaction
from traceability.audit import names as called

RANKS = ("likely", "possible", "unlikely")

#: Packages that compute: another version may round, initialise or shuffle in another way.
_COMPUTING = re.compile(
    r"numpy|scipy|scikit-learn|sklearn|torch(?:vision|audio|text|metrics)?|tensorflow(?:-\w+)*|keras|jax(?:lib)?|flax|optax|"
    r"xgboost|lightgbm|catboost|pandas|polars|pyarrow|statsmodels|transformers|tokenizers|datasets|diffusers|accelerate|"
    r"(?:pytorch-)?lightning|numba|cupy.*|cudf.*|cuml.*|nvidia-.*|cuda.*|triton|mkl.*|openblas|intel-.*|onnx.*|fastai|mxnet|"
    r"gensim|spacy|thinc|nltk|opencv.*|pillow|albumentations|imageio|librosa|shap|optuna|hyperopt|ray|dask|pyspark|theano|"
    r"prophet|gluonts|gymnasium|gym|stable-baselines3|timm|peft|bitsandbytes|deepspeed|imbalanced-learn|category-encoders"
)
#: Parameters that say where something is written or how much is told.
_SIDE = re.compile(
    r"(?:.*[_.\-/ ])?(?:verbose|verbosity|quiet|debug|"
    r"log(?:ging)?(?:_?(?:level|dir|path|file|every\w*|interval|steps))?|"
    r"out(?:put)?(?:_?(?:dir|path|file|folder))?|save(?:_?(?:dir|path|to))?|checkpoint_?(?:dir|path)|run_?name|experiment(?:_?name)?"
    r"|"
    r"tracking_?ur[il]|progress(?:_?bar)?|report_?to|tags?|notes?|description|comment|user(?:_?name)?|host(?:_?name)?|port)",
    re.IGNORECASE,
)
_PROCESSES = re.compile(
    r"(?:.*[_.\-/ ])?(?:n_?jobs|num_?workers|workers|n_?threads|num_?threads|"
    r"threads|nproc\w*|n_?cpus?|num_?cpus?|prefetch\w*|"
    r"pin_?memory|device|devices|gpus?|n_?gpus?|num_?gpus?|accelerator|strategy|precision|dtype|amp|fp16|bf16)",
    re.IGNORECASE,
)


class Rank(NamedTuple):
    """How likely a difference changes a result, in words, and why."""

    rank: str
    reason: str


_CODE = {
    "commit": Rank("likely", "other code ran"),
    "entry point": Rank("likely", "another script was started"),
    "project entry point": Rank("likely", "another entry point of the project was started"),
    "digest of the entry point": Rank("likely", "the script has another content"),
    "digest of the changes": Rank("likely", "the code that ran had other uncommitted changes"),
    "uncommitted changes": Rank("likely", "one of the two ran code that its commit does not hold"),
    "revision of the notebook": Rank("likely", "the notebook was another"),
    "digest of untracked files": Rank(
        "possible", "files that git does not know differ; code may have read or imported them"
    ),
    "repository": Rank("possible", "another repository, or another address of the same one"),
}
_ENVIRONMENT = {
    "Docker image": Rank("likely", "everything installed may be another"),
    "Databricks runtime": Rank("possible", "the runtime brings other versions of Python and of packages"),
    "environment digest": Rank("possible", "something that is installed differs"),
}


#: For the other parts: facts by name, and what is said of any other fact.
_PARTS = {
    "code": (_CODE, Rank("possible", "the code differs")),
    "data": (
        {"place of the data": Rank("possible", "the data were read from another place")},
        Rank("likely", "other data were used"),
    ),
    "machine": (
        {"platform": Rank("possible", "another system or processor may round sums in another order")},
        Rank("possible", "another machine may round sums in another order"),
    ),
}
_BY_NAME = (
    (lambda name: name == "command line", Rank("possible", "options that are not recorded as parameters may differ")),
    (redaction.secret_name, Rank("unlikely", "by its name a credential")),
    (_SIDE.fullmatch, Rank("unlikely", "by its name it says where something is written or how much is told")),
    (
        _PROCESSES.fullmatch,
        Rank("possible", "by its name it says how, not what, is computed; sums may be rounded in another order"),
    ),
    (called.is_place, Rank("likely", "by its name other data were read")),
)


def rank(part: str, name: str, a: str | float | None, b: str | float | None) -> Rank:
    """The rank of a fact whose two recorded values `a` and `b` differ."""
    one, two = str(a), str(b)
    if part == "parameters":
        return _parameter(name, one, two)
    if part == "environment":
        return _ENVIRONMENT[name] if name in _ENVIRONMENT else _package(name, one, two)
    if part == "randomness":
        return _random(name)
    known, other = _PARTS[part]
    return known.get(name, other)


def _parameter(name: str, a: str, b: str) -> Rank:
    if called.is_seed(name):
        return _random(name)
    if _number(a) is not None and _number(a) == _number(b):
        return Rank("unlikely", "the same number, written in another way")
    if called.data_digests({name: a}):
        return Rank("likely", "other data were used")
    for what, found in _BY_NAME:
        if what(name):
            return found
    return Rank("likely", "a parameter of the training")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _random(name: str) -> Rank:
    if called.is_flag(name):
        return Rank("possible", "without determinism, repeated runs differ")
    if name.startswith("state of "):
        return Rank("possible", "the generator had another state when the run began")
    return Rank("likely", "another seed: other initial weights, order or split")


def _package(name: str, a: str, b: str) -> Rank:
    step = _step(a, b)
    if name == "Python":
        if step == "patch":
            return Rank("unlikely", "another patch release of Python")
        return Rank("possible", "another release of Python, and with it often of packages")
    if _COMPUTING.fullmatch(name):
        if step == "patch":
            return Rank("possible", "a package that computes, in another patch release")
        return Rank("likely" if step == "major" else "possible", f"a package that computes, in another {step} release")
    return Rank("unlikely", "a package that seldom touches numbers")


def _step(a: str, b: str) -> str:
    """Which part of two version numbers differs first."""
    one, two = re.findall(r"\d+", a), re.findall(r"\d+", b)
    if one[:1] != two[:1]:
        return "major"
    return "minor" if one[1:2] != two[1:2] else "patch"
