"""Lets every MLflow client of a replayed program use the store that the replay gave it, whichever it names itself.

Python imports this file before the program begins, because its folder is on PYTHONPATH. It runs in the program's own
environment, so it uses the standard library of any Python 3 and works with any MLflow. A program that gets around it
meets the sandbox, which shows it no other store.
"""
# ruff: noqa: PTH100, PTH120 - as few imports as can be

import importlib.machinery
import importlib.util
import os
import sys
from typing import Any

_STORE = os.environ.get("TRACEABILITY_REPLAY_STORE", "")
_ARTIFACTS = os.environ.get("TRACEABILITY_REPLAY_ARTIFACTS", "")
_MODULES = (
    "mlflow.tracking.utils", "mlflow.tracking._tracking_service.utils", "mlflow.tracking._model_registry.utils",
)  # fmt: skip


def _redirect(module: Any) -> None:
    """Replace what chooses a store in one of MLflow's modules; names that a version lacks are left out."""
    told: Any = []

    def choose(uri: Any = None, *_words: Any, **_more: Any) -> None:
        if uri and str(uri) != _STORE and not told:
            told.append(uri)
            sys.stderr.write("replay: the program names a tracking store; it is given one of its own instead\n")

    def chosen(*_words: Any, **_more: Any) -> str:
        return _STORE

    changes: Any = {
        "set_tracking_uri": choose, "set_registry_uri": choose, "get_tracking_uri": chosen,
        "get_registry_uri": chosen, "_resolve_tracking_uri": chosen, "_resolve_registry_uri": chosen,
        "is_tracking_uri_set": lambda *_words, **_more: True,
    }  # fmt: skip
    for name, replacement in changes.items():
        if hasattr(module, name):
            setattr(module, name, replacement)
    opened = getattr(module, "_get_store", None)
    if opened is None:
        return

    def open_ours(*words: Any, **more: Any) -> Any:
        # (store_uri, artifact_uri), or in the registry (store_uri, tracking_uri), which early versions lack.
        second = more.get("artifact_uri") or more.get("tracking_uri") or (words[1] if len(words) > 1 else None)
        if module.__name__.endswith("_model_registry.utils"):
            return opened(_STORE, _STORE) if second else opened(_STORE)
        return opened(_STORE, second or _ARTIFACTS)

    module._get_store = open_ours


class _Loader:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def create_module(self, spec: Any) -> Any:
        return self._inner.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._inner.exec_module(module)
        _redirect(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Finder:
    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _MODULES:
            return None
        for finder in sys.meta_path:
            if finder is not cls and hasattr(finder, "find_spec"):
                spec: Any = finder.find_spec(name, path, target)
                if spec is not None and spec.loader is not None:
                    spec.loader = _Loader(spec.loader)
                    return spec
        return None


def _run_the_other() -> None:
    """Run the sitecustomize of the environment, which this one stands before."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if _STORE:
    sys.meta_path.insert(0, _Finder)
_run_the_other()
