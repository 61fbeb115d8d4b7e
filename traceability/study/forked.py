"""Programs run as forks of one server that has imported what they need.

Each is a process of its own with a clean interpreter state, but without the seconds that the imports take.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import multiprocessing
import os
import random
import runpy
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from typing import Any

from traceability.runtime import processes
from traceability.stores import tracking

_MODULES = "TRACEABILITY_PRELOAD"

Server = ForkServerContext | SpawnContext
"""What starts children: a fork server, or where processes cannot be forked, fresh interpreters."""


def server(modules: Sequence[str]) -> Server:
    """A fork server that has imported these modules; a process has one, so the first call of a process decides.

    On macOS, whose frameworks do not survive a fork, children are fresh interpreters.
    """
    tracking.quiet()
    # The first import happens in the server: it must not depend on this process's __main__ (a workflow script).
    os.environ[_MODULES] = json.dumps(list(modules))
    if sys.platform == "darwin":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["traceability.study.preloaded"])
    return context


def preload() -> None:
    """In the server: import what every child will need; what is missing here, the child imports (or fails to) itself.

    The last two are imported by MLflow at first use and cost 0.6 s in each child otherwise.
    """
    tracking.quiet()
    for name in [*json.loads(os.environ.get(_MODULES, "[]")), "mlflow.store.tracking.sqlalchemy_store", "git"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def run(context: Server, function: Callable[..., None], *arguments: Any, timeout: float) -> int | None:
    """Exit status of a child that calls `function`; None where it did not end within `timeout` seconds."""
    process = context.Process(target=function, args=arguments)
    with _no_main():
        process.start()
    process.join(timeout)
    ended: int | None = process.exitcode
    if ended is None:
        process.kill()
        process.join()
    return ended


@contextlib.contextmanager
def _no_main() -> Iterator[None]:
    """Hide this process's main module from a child that starts meanwhile.

    A child would run it again (multiprocessing does that so that it finds functions of it), with all that a workflow
    script imports; it needs the library alone, which the server has.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def speak_to(path: Path) -> None:
    """Send standard output and standard error of this process to a file."""
    with path.open("w") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)


def fresh_entropy() -> None:
    """Seed the global generators, which a fork copies: without this, all unseeded children of a server were twins."""
    random.seed()
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed(None)  # noqa: NPY002 - it is the legacy global generator that the fork copies


def as_main(script: str, *words: str) -> None:
    """Run `script` as `python script words` does, in this process and its working directory."""
    sys.argv = [script, *words]
    sys.path.insert(0, str(Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")


def started_by_user(
    script: str, words: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path,
    before: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """In a child: `script` as a user starts it in `folder`, with this `environment` and nothing else in it.

    `before` is called first, in that environment. What is said goes to the file `log`.
    """
    processes.die_with_parent()
    speak_to(log)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    fresh_entropy()
    if before is not None:
        before()
    as_main(script, *words)
