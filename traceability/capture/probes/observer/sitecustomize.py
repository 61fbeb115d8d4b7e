"""Notes what a Python process really was, when it ends. Python imports this file by itself where it is on the path.

It knows nothing of any tracker, imports nothing that the process has not imported, and changes nothing.
"""

import atexit
import os
import sys

_FOLDER = os.environ.get("CAPTURE_NOTES")


def _files():
    """Files of the program's own modules with their digests: neither Python's, nor installed, nor this one."""
    import hashlib

    strange = tuple({os.path.realpath(p) + os.sep for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)})
    here = os.path.dirname(os.path.abspath(__file__))
    digests = {}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not path.endswith(".py") or not os.path.isfile(path):
            continue
        path = os.path.abspath(path)
        outside = os.environ.get("CAPTURE_PLUGIN") or here
        if os.path.realpath(path).startswith(strange) or path.startswith((here, outside)):
            continue
        with open(path, "rb") as stream:
            digests[path] = hashlib.sha256(stream.read()).hexdigest()
    return digests


def _threads():
    """Size of the largest native thread pool; None where the library that can tell is not loaded."""
    if "threadpoolctl" not in sys.modules:
        return None
    return max((pool["num_threads"] for pool in sys.modules["threadpoolctl"].threadpool_info()), default=0)


def _deterministic():
    """TensorFlow's flag, where TensorFlow is loaded."""
    config = sys.modules.get("tensorflow.python.framework.config")
    return None if config is None else bool(config.is_op_determinism_enabled())


def _note():
    import json
    import platform

    modules = {name.partition(".")[0] for name in list(sys.modules)}
    facts = {
        "argv": sys.argv, "python": platform.python_version(), "platform": platform.platform(),
        "modules": sorted(modules), "files": _files(), "threads": _threads(), "deterministic_ops": _deterministic(),
    }  # fmt: skip
    name = os.path.join(_FOLDER, "process-%d.json" % os.getpid())
    with open(name + ".part", "w") as stream:
        json.dump(facts, stream)
    os.replace(name + ".part", name)


if _FOLDER:
    atexit.register(_note)
