"""The one line that ends every script: it binds what a rule gives to the parameters of the script's `main`, by name.

    if __name__ == "__main__":
        job.run(main, snakemake)

A rule's named inputs, outputs and params each go to the parameter of the same name, converted as that parameter is
annotated; wildcards, `threads` and `resources` go to a parameter only where `main` asks for them. Inputs and outputs
without a name are there for Snakemake alone, and so is the parameter `code`, the digest that reruns the rule.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import inspect
import logging
import os
import platform
import sys
import time
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

from traceability import redaction
from traceability.errors import StudyError
from traceability.runtime.processes import short_sockets
from traceability.study import logs

log = logging.getLogger("job")

#: Parameters of rules that no script asks for.
FOR_SNAKEMAKE = frozenset({"code"})

#: Packages whose version is worth a word in the log of a job that has imported them.
_PACKAGES = {
    "mlflow": "mlflow", "tensorflow": "tensorflow", "keras": "keras", "sklearn": "scikit-learn", "numpy": "numpy",
    "pandas": "pandas", "pyarrow": "pyarrow", "scipy": "scipy", "statsmodels": "statsmodels",
    "matplotlib": "matplotlib", "tree_sitter": "tree-sitter", "typst": "typst",
}  # fmt: skip

#: What the caller's shell may say to a job: how it reaches the tracking server, and where Python puts its bytecode.
_ALLOWED = frozenset({
    "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_INSECURE_TLS",
    "MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH", "MLFLOW_S3_ENDPOINT_URL",
    "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX",
})  # fmt: skip
#: Snakemake sets these for each job to the rule's number of threads, whatever the caller's shell says.
_SET_BY_SNAKEMAKE = frozenset(f"{name}_NUM_THREADS" for name in ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR"))
_PREFIXES = ("MLFLOW_", "TRACEABILITY_", "PYTHON", "TF_", "KERAS_")


def run(main: Callable[..., None], snakemake: Any) -> None:
    """Set up the log, call `main` with what the rule gives, and note in the log what was given, written and used.

    Raises `StudyError` in one line when the rule and the parameters of `main` do not fit each other.
    """
    logs.setup(snakemake.log[0])
    dropped = forget_callers_variables(os.environ)
    short_sockets()
    started = time.monotonic()
    try:
        arguments = bind(main, snakemake)
        log.info("rule %s, Python %s on %s", snakemake.rule, platform.python_version(), platform.machine())
        for line in _described(arguments):
            log.info("given %s", line)
        if dropped:
            log.info("not passed on from the caller's shell: %s", ", ".join(dropped))
        with logs.others_to(snakemake.log[0]):
            main(**arguments)
    finally:
        log.info("packages used: %s", ", ".join(_versions()) or "none but Python's own")
        log.info("ended after %.1f s", time.monotonic() - started)
    for path in snakemake.output:
        log.info("wrote %s", _file(Path(path)))


def forget_callers_variables(environment: typing.MutableMapping[str, str]) -> list[str]:
    """Remove from `environment` what would change a measurement and is no setting of the study; return the names.

    These are all variables of MLflow, Python, TensorFlow, Keras and this library, and numbers of threads, but for the
    few that the study declares (credentials of the tracking server, for one) and those that Snakemake sets itself.
    """
    dropped = sorted(
        name
        for name in environment
        if (name.startswith(_PREFIXES) or name.endswith("_NUM_THREADS")) and name not in _ALLOWED | _SET_BY_SNAKEMAKE
    )
    for name in dropped:
        del environment[name]
    return dropped


def bind(main: Callable[..., None], snakemake: Any) -> dict[str, Any]:
    """What `main` is called with.

    Raises `StudyError` when the rule gives something that `main` does not take, when it gives one name twice, or when
    `main` lacks a value.
    """
    rule = f"rule {snakemake.rule}"
    given: dict[str, tuple[str, Any]] = {}
    for kind in ("input", "output", "params"):
        for name, value in getattr(snakemake, kind).items():
            if name in given:
                raise StudyError(f"{rule}: '{name}' is among both its {given[name][0]} and its {kind}; rename one")
            if not (kind == "params" and name in FOR_SNAKEMAKE):
                given[name] = kind, value
    parameters = inspect.signature(main).parameters
    unknown = [f"{kind} '{name}'" for name, (kind, _) in given.items() if name not in parameters]
    offered = {"threads": snakemake.threads, "resources": dict(snakemake.resources.items())}
    offered |= dict(snakemake.wildcards.items())
    for name, value in offered.items():
        if name in parameters and name not in given:
            given[name] = "job", value
    lacking = [
        f"'{name}'" for name, one in parameters.items() if name not in given and one.default is inspect.Parameter.empty
    ]
    if unknown or lacking:
        problems = [f"main() takes no {', '.join(unknown)}"] if unknown else []
        problems += [f"main() needs {', '.join(lacking)}, which the rule does not give"] if lacking else []
        raise StudyError(f"{rule} and its script do not fit: {'; '.join(problems)}")
    hints = typing.get_type_hints(main)
    return {name: _converted(value, hints[name], f"{rule}: '{name}'") for name, (_, value) in given.items()}


def _converted(value: Any, wanted: Any, where: str) -> Any:
    """`value` as the type that a parameter is annotated with; `where` says whose value it is."""
    inner = typing.get_args(wanted)
    if typing.get_origin(wanted) in (typing.Union, UnionType):
        (wanted,) = [one for one in inner if one is not NoneType]
        return None if value is None else _converted(value, wanted, where)
    if typing.get_origin(wanted) is list and isinstance(value, list | tuple | str):
        several = [value] if isinstance(value, str) else value
        return [_converted(one, inner[0], where) for one in several]
    kind = typing.get_origin(wanted) or wanted
    for given, made in _CONVERSIONS:
        if kind is made and isinstance(value, given) and not isinstance(value, bool):
            with contextlib.suppress(ValueError):
                return made(value)
    if type(value) is not kind:
        raise StudyError(f"{where} is {value!r}, which is no {getattr(wanted, '__name__', wanted)}")
    return value


#: What becomes what: names of files, wildcards (which are strings), whole numbers given for broken ones.
_CONVERSIONS: tuple[tuple[type, type], ...] = (
    (str, Path), (str, int), (str, float), (int, float), (str, str), (dict, dict),
)  # fmt: skip


def _described(arguments: Mapping[str, Any]) -> Iterator[str]:
    """One line per argument: files with their size, anything else as it is, without secrets."""
    for name, value in arguments.items():
        if isinstance(value, Path):
            yield f"{name}: {_file(value)}"
        elif isinstance(value, list) and len(value) > 4:
            first, last = (redaction.text(str(value[place])) for place in (0, -1))
            yield f"{name}: {len(value)} of them, from {first} to {last}"
        elif isinstance(value, list):
            yield f"{name}: {', '.join(redaction.text(str(one)) for one in value) or 'none'}"
        else:
            yield f"{name}: {redaction.value(name, str(value))}"


def _file(path: Path) -> str:
    """A path with the size of what is there, if anything is."""
    if path.is_file():
        return f"{path} ({path.stat().st_size:,} bytes)"
    return f"{path}/" if path.is_dir() else str(path)


def _versions() -> Iterator[str]:
    """The packages that this process has imported, of those that matter, each with its version."""
    for module, distribution in _PACKAGES.items():
        if module in sys.modules:
            try:
                yield f"{distribution} {importlib.metadata.version(distribution)}"
            except importlib.metadata.PackageNotFoundError:
                continue
