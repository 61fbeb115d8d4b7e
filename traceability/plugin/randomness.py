"""Seeds that can be read off or proved, digests of the generators' states, and flags in force.

Only libraries that the program has loaded are asked, no generator is advanced, and nothing is imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

VARIABLES = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_DETERMINISTIC_OPS", "TF_CUDNN_DETERMINISTIC",
    "TF_ENABLE_ONEDNN_OPTS", "CUBLAS_WORKSPACE_CONFIG", "CUDA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE",
    "KERAS_BACKEND", "PL_GLOBAL_SEED", "XLA_FLAGS",
)  # fmt: skip
HASH_SEED = "PYTHONHASHSEED"
_UNSEEDED_NUMPY = 2**31
#: torch starts with this value, which says only that nobody has set one.
_UNSEEDED_TORCH = 67280421310721
_CANDIDATES = 200


def describe(found: dict[str, str]) -> None:
    """Add seeds, states and flags as they are now.

    A seed set later is not seen. `random_states` tells whether two runs began with equal generators in any case.
    """
    seeds, states = _seeds()
    found["seeds"] = json.dumps(seeds, sort_keys=True)
    found["random_states"] = json.dumps(states, sort_keys=True)
    flags: dict[str, Any] = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    flags |= _hash_seed(found)
    try:
        from traceability.runtime import environment

        flags |= environment.in_force()
    except Exception:
        flags["in_force"] = "unknown"
    found["determinism"] = json.dumps(flags | _torch_flags(), sort_keys=True)


def _module(name: str) -> ModuleType | None:
    """A loaded module; none that would load itself when it is asked for an attribute."""
    module = sys.modules.get(name)
    return module if isinstance(module, ModuleType) and "azy" not in type(module).__name__ else None


def _seeds() -> tuple[dict[str, int], dict[str, str]]:
    seeds = _library_seeds()
    state = random.getstate()
    states = {"python": hashlib.sha256(repr(state).encode()).hexdigest()[:16]}
    with contextlib.suppress(Exception):
        if _module("numpy") is not None and _module("numpy.random") is not None:
            numpy_state = sys.modules["numpy.random"].get_state()
            about = repr(numpy_state[2:]).encode() + numpy_state[1].tobytes()
            states["numpy"] = hashlib.sha256(about).hexdigest()[:16]
            begin = int(numpy_state[1][0])
            # The generator keeps a plain seed in its first word until it is used; drawn entropy has the top bit there.
            seeded = sys.modules["numpy.random"].RandomState(begin).get_state()
            if begin != _UNSEEDED_NUMPY and _same(seeded, numpy_state):
                seeds["numpy"] = begin
    said = [int(digits) for digits in re.findall(r"\b\d{1,9}\b", " ".join(map(str, sys.argv[1:])))[-_CANDIDATES:]]
    for candidate in sorted({*seeds.values(), 0, 1, 42, *said}):
        if random.Random(candidate).getstate() == state:  # noqa: S311 - compared, never drawn from
            seeds["python"] = candidate
            break
    return seeds, states


def _same(one: Any, other: Any) -> bool:
    return bool((one[1] == other[1]).all()) and tuple(one[2:]) == tuple(other[2:])


def _library_seeds() -> dict[str, int]:
    """Seeds that loaded frameworks remember."""
    found: dict[str, Any] = {}
    if _module("keras.src.utils.rng_utils") is not None:
        with contextlib.suppress(Exception):
            found["keras"] = sys.modules["keras.src.utils.rng_utils"].get_random_seed()
    if _module("tensorflow.python.eager.context") is not None:
        with contextlib.suppress(Exception):
            found["tensorflow"] = sys.modules["tensorflow.python.eager.context"].global_seed()
    torch = _module("torch")
    if torch is not None:
        with contextlib.suppress(Exception):
            found["torch"] = torch.initial_seed() if torch.initial_seed() != _UNSEEDED_TORCH else None
    return {name: int(seed) for name, seed in found.items() if seed is not None}


def _torch_flags() -> dict[str, Any]:
    torch, found = _module("torch"), dict[str, Any]()
    if torch is not None:
        with contextlib.suppress(Exception):
            found["torch_deterministic_algorithms"] = bool(torch.are_deterministic_algorithms_enabled())
            found["torch_cudnn_deterministic"] = bool(torch.backends.cudnn.deterministic)
            found["torch_threads"] = int(torch.get_num_threads())
    return found


# --- the hash seed ------------------------------------------------------------------------------------------------


def _hash_seed(found: dict[str, str]) -> dict[str, Any]:
    """The hash seed in force, as a flag; one that was set when it could no longer act, in a tag of its own."""
    flags: dict[str, Any] = {"hash_randomization": bool(sys.flags.hash_randomization)}
    now, began = os.environ.get(HASH_SEED), _at_start(HASH_SEED)
    if sys.flags.ignore_environment:
        began = ""  # python -E and -I look at no variable
    if began is None and now is not None and now != "random":
        # What the variable was at the start cannot be read here; zero alone shows in a flag.
        if (now == "0") != (not sys.flags.hash_randomization):
            began = ""
        elif now == "0":
            began = now
        else:
            flags[f"{HASH_SEED} (perhaps set too late)"] = now
            return flags
    if began:
        flags[HASH_SEED] = began
    if now is not None and now not in (began, "random"):
        found["set_too_late"] = json.dumps({HASH_SEED: now})
    return flags


def _at_start(name: str) -> str | None:
    """A variable as the interpreter found it, empty where it was not set; None where the system does not tell."""
    try:
        words = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    began = dict(os.fsdecode(word).split("=", 1) for word in words if b"=" in word)
    return began.get(name, "") if _plausible(began) else None


def _plausible(began: Mapping[str, str]) -> bool:
    """Programs that set their title overwrite what the system remembers of their variables."""
    return any(os.environ.get(name) == value for name, value in began.items())
