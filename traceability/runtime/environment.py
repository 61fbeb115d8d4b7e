"""What is installed and in force in a Python process, read back rather than asked for."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterable
from typing import Any

REPORTED = ("mlflow", "tensorflow", "keras", "scikit-learn", "numpy", "pandas", "scipy")


def versions(packages: Iterable[str] = REPORTED) -> dict[str, str]:
    """Versions of the named distributions, those that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def imported_version(module: str) -> str | None:
    """Version of a module that is already imported (never imports it)."""
    loaded = sys.modules.get(module)
    return None if loaded is None else str(getattr(loaded, "__version__", "unknown"))


def closure() -> dict[str, str]:
    """Every installed distribution with its version."""
    return {
        dist.metadata["Name"].lower().replace("_", "-"): dist.version for dist in importlib.metadata.distributions()
    }


def closure_digest() -> str:
    """SHA-256 of the sorted `name==version` lines of everything installed."""
    lines = "\n".join(f"{name}=={version}" for name, version in sorted(closure().items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def host() -> dict[str, Any]:
    """Machine facts: system, processor, cores, memory in MiB, Python."""
    import psutil

    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "python": platform.python_version(),
    }


def in_force() -> dict[str, Any]:
    """Threads and determinism of this process as they are now, of the libraries that it has imported.

    `threads` is TensorFlow's intra-op setting (0: as many as cores) where TensorFlow is loaded, else the largest native
    thread pool; `deterministic_ops` is TensorFlow's flag; `hash_seed` is PYTHONHASHSEED as it was when Python started
    (changing the variable in a running process does nothing).
    """
    facts: dict[str, Any] = {"deterministic_ops": False, "hash_randomization": bool(sys.flags.hash_randomization)}
    pools: list[dict[str, Any]] = []
    if "threadpoolctl" in sys.modules or "sklearn" in sys.modules:
        from threadpoolctl import threadpool_info

        pools = threadpool_info()
    facts["blas_threads"] = max((int(pool["num_threads"]) for pool in pools), default=0)
    facts["threads"] = facts["blas_threads"]
    if "tensorflow" in sys.modules:
        import tensorflow as tf
        from tensorflow.python.framework import config as framework_config  # the flag has a public setter but no getter

        facts["threads"] = int(tf.config.threading.get_intra_op_parallelism_threads())
        facts["deterministic_ops"] = bool(framework_config.is_op_determinism_enabled())
    return facts
