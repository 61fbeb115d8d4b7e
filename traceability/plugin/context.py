"""What MLflow does not record about the running program: code as it is on disk, seeds and flags in force, packages.

Looked at from inside the program that is to be recorded, so: the standard library and git only, nothing is imported
that the program has not imported itself, no random generator is advanced, and git has seconds, not minutes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import platform
import random
import re
import shlex
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

from traceability import redaction
from traceability.errors import StudyError
from traceability.runtime import git

#: Longest tag value that every supported MLflow stores.
TAG_LIMIT = 4900
GIT_SECONDS = 10.0
#: Names the file or folder that the program reads; the only data whose digest is wanted.
DATA_VARIABLE = "TRACEABILITY_DATA"
#: Beyond these limits untracked files count with name and size only.
UNTRACKED_FILES, UNTRACKED_BYTES = 500, 64 * 2**20
VARIABLES = (
    "PYTHONHASHSEED", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS", "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS", "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND",
)  # fmt: skip
_UNSEEDED_NUMPY = 2**31


def tags() -> dict[str, str]:
    """All facts as tag values by name, without prefix. Raises nothing: a part that fails says so in its place."""
    found: dict[str, str] = {}
    for part in (_code, _command, _data, _randomness, _environment):
        try:
            found |= part()
        except Exception as error:
            found[f"failed_{part.__name__.strip('_')}"] = redaction.text(f"{type(error).__name__}: {error}"[:200])
    return {name: value[:TAG_LIMIT] for name, value in found.items()}


# --- code ---------------------------------------------------------------------------------------------------------


def _main_file() -> Path | None:
    """The file that Python was started with; None for `-c`, standard input and notebooks."""
    named = getattr(sys.modules.get("__main__"), "__file__", None)
    if named is None and sys.argv and sys.argv[0] not in ("", "-", "-c", "-m"):
        named = sys.argv[0]
    path = Path(named).absolute() if named else None
    return path if path and path.is_file() else None


@functools.cache
def _installed_roots() -> tuple[str, ...]:
    """Folders of Python itself and of installed packages: what lies there is not the user's own code."""
    known = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    roots = {str(Path(known[name]).resolve()) + os.sep for name in names if name in known}
    return (*roots, *(str(Path(folder).resolve()) + os.sep for folder in sys.path if "site-packages" in folder))


def _installed(path: Path) -> bool:
    return str(path.resolve()).startswith(_installed_roots()) or "site-packages" in path.parts


def _own_files() -> list[Path]:
    """Files of loaded modules that are neither Python's nor installed packages."""
    found = set()
    roots = _installed_roots()
    for name, module in list(sys.modules.items()):
        named = getattr(module, "__file__", None)
        if not isinstance(named, str) or not named.endswith(".py") or name.partition(".")[0] == "traceability":
            continue  # this library watches; it is not what is watched
        # Thousands of modules are installed ones: told by their text, before the file system is asked.
        if not named.startswith(roots) and "site-packages" not in named:
            path = Path(named).absolute()
            if not _installed(path) and path.is_file():
                found.add(path)
    return sorted(found)


@functools.cache
def _root(folder: Path) -> Path | None:
    """The work tree that `folder` lies in."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _git(root: Path, *arguments: str) -> str:
    # No optional locks: the user's own git commands must never wait for, or fail because of, a recording.
    return git.run("--no-optional-locks", *arguments, cwd=root, timeout=GIT_SECONDS)


def _code() -> dict[str, str]:
    """The repository of the code that runs, whether its commit is that code, and digests of what is not in it.

    The entry point decides on the repository; where it is an installed launcher (a console script, pytest, a notebook's
    kernel) or in no repository, the repository that most of the loaded modules come from.
    """
    main, files = _main_file(), _own_files()
    found = {"entry_point": "none", "entry_point_state": "none", "repository": "none", "commit": "none"}
    own_main = main is not None and not _installed(main)
    if main is not None and own_main:
        found |= {"entry_point": str(main), "entry_point_sha256": _sha256(main), "entry_point_state": "outside"}
    elif main is not None:
        # A launcher: its content says nothing of the notebook, the tests or the module that it was given.
        found |= {"entry_point": main.name, "entry_point_state": "installed"}
    roots = Counter(root for path in files if (root := _root(path.resolve().parent)) is not None)
    root = _root(main.resolve().parent) if main is not None and own_main else None
    if root is None and roots:
        root = roots.most_common(1)[0][0]
    if root is None:
        return found
    try:
        found |= _repository(root, files + ([main] if main is not None and own_main else []))
        if main is not None and own_main:
            found |= _place(root, main)
    except StudyError as error:
        return found | {"dirty": "unknown", "failed_code": redaction.text(str(error))[:200]}
    others = sorted(str(other) for other in roots if other != root)
    return found | ({"other_repositories": json.dumps([_short(Path(other)) for other in others[:5]])} if others else {})


def _repository(root: Path, files: list[Path]) -> dict[str, str]:
    """Commit, branch, address and state of the work tree `root`; `files` of it are loaded."""
    status = _git(root, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all").split("\0")
    heads = dict(line[2:].split(" ", 1) for line in status if line.startswith("# "))
    changed = [line for line in status if line[:2] in ("1 ", "2 ", "u ")]
    untracked = sorted(line[2:] for line in status if line.startswith("? "))
    inside = sorted({path.resolve().relative_to(root).as_posix() for path in files if root in path.resolve().parents})
    tracked = set(_git(root, "ls-files", "-z", "--", *(f":(literal){name}" for name in inside[:2000])).split("\0"))
    strangers = [name for name in inside[:2000] if name not in tracked]
    commit = heads.get("branch.oid", "")
    found = {
        "commit": commit if re.fullmatch(r"[0-9a-f]{40,64}", commit) else "none",
        "branch": heads.get("branch.head", "none"),
        "repository": redaction.text(_address(root)) or "none",
        "dirty": str(bool(changed or strangers)).lower(),
        "changed_files": str(len(changed)),
        "untracked_files": str(len(untracked)),
    }
    if changed and found["commit"] != "none":
        words = ("diff", "--binary", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD")
        patch = git.run_bytes("--no-optional-locks", *words, cwd=root, timeout=GIT_SECONDS)
        found["diff_sha256"] = hashlib.sha256(patch).hexdigest()
    if strangers:
        found["uncommitted_code"] = json.dumps(strangers[:20])
    if untracked:
        found["untracked_sha256"] = _untracked_digest(root, untracked)
    return found


def _address(root: Path) -> str:
    try:
        return _git(root, "remote", "get-url", "origin").strip()
    except StudyError:
        return ""


def _place(root: Path, main: Path) -> dict[str, str]:
    """Where the entry point stands in its repository, and whether the commit has it as it is."""
    resolved = main.resolve()
    if root not in resolved.parents:
        return {}
    name = resolved.relative_to(root).as_posix()
    listed = _git(root, "ls-files", "-s", "--", f":(literal){name}").split()
    if not listed:
        return {"entry_point": name, "entry_point_state": "untracked"}
    here = _git(root, "hash-object", f"--path={name}", "--", str(resolved)).strip()
    committed = _git(root, "ls-tree", "HEAD", "--", f":(literal){name}").split()
    same = len(committed) > 2 and committed[2] == here
    return {"entry_point": name, "entry_point_state": "committed" if same else "modified"}


def _short(root: Path) -> dict[str, str]:
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD").strip()
        dirty = bool(_git(root, "status", "--porcelain", "--untracked-files=no").strip())
    except StudyError:
        return {"name": root.name, "commit": "none"}
    dirty_word = str(dirty).lower()
    return {
        "name": root.name, "commit": commit, "branch": branch, "dirty": dirty_word,
        "repository": redaction.text(_address(root)),
    }  # fmt: skip


def _untracked_digest(root: Path, names: list[str]) -> str:
    """SHA-256 over names and contents of untracked files; names and sizes where they are many or large."""
    sizes = {name: (root / name).stat().st_size for name in names if (root / name).is_file()}
    whole = len(sizes) <= UNTRACKED_FILES and sum(sizes.values()) <= UNTRACKED_BYTES
    digest = hashlib.sha256()
    for name, size in sizes.items():
        digest.update(f"{name}\0{_sha256(root / name) if whole else size}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest() if whole else f"names-and-sizes:{digest.hexdigest()}"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# --- data ---------------------------------------------------------------------------------------------------------


def _data() -> dict[str, str]:
    """The data that `TRACEABILITY_DATA` names, as it names them, and their SHA-256; nothing where it is not set.

    Raises `OSError` where they cannot be read.
    """
    given = os.environ.get(DATA_VARIABLE, "")
    if not given:
        return {}
    place = Path(given)
    # In the order of the paths, not of their texts: the digest must be `files.sha256_tree`'s, which replay computes.
    paths = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    states = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
    return {"data": redaction.text(given), "data_sha256": _data_digest(place, states)}


@functools.lru_cache(maxsize=16)
def _data_digest(place: Path, states: tuple[tuple[Path, int, int], ...]) -> str:
    """SHA-256 of the file `place`, or over names and contents of a folder's files; kept while `states` stay the same.

    MLflow asks for the tags with each logged data set, and large data are not to be read each time.
    """
    if not place.is_dir():
        return _sha256(place)
    digest = hashlib.sha256()
    for path, _, _ in states:
        digest.update(f"{path.relative_to(place).as_posix()}\0{_sha256(path)}\n".encode())
    return digest.hexdigest()


# --- command, randomness, environment -----------------------------------------------------------------------------


def _command() -> dict[str, str]:
    # A process that `multiprocessing` spawned was started with a program of its own; its arguments are the parent's.
    spawned = any("multiprocessing" in word for word in sys.orig_argv[:8])
    words = [sys.executable, *sys.argv] if spawned else sys.orig_argv
    found = {"argv": shlex.join(redaction.words(words))}
    root = _root(Path.cwd())
    if root is not None:
        found["directory"] = Path.cwd().relative_to(root).as_posix()
    return found


def _randomness() -> dict[str, str]:
    """Seeds that can be read off or proved, and flags in force, of the libraries that are loaded now.

    A seed set later is not seen. `state` digests tell whether two runs began with equal generators in any case.
    """
    from traceability.runtime import environment

    seeds: dict[str, int] = {}
    states = {"python": hashlib.sha256(repr(random.getstate()).encode()).hexdigest()[:16]}
    with contextlib.suppress(Exception):
        seeds |= _library_seeds()
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        with contextlib.suppress(Exception):
            state = numpy.random.get_state()
            states["numpy"] = hashlib.sha256(repr(state[2:]).encode() + state[1].tobytes()).hexdigest()[:16]
            begin = int(state[1][0])
            # The generator keeps a plain seed in its first word until it is used; drawn entropy has the top bit there.
            if begin != _UNSEEDED_NUMPY and _same(numpy.random.RandomState(begin).get_state(), state):
                seeds["numpy"] = begin
    said = (int(digits) for digits in re.findall(r"\b\d{1,9}\b", " ".join(sys.argv[1:])))
    for candidate in sorted({*seeds.values(), 0, 1, 42, *said}):
        if random.Random(candidate).getstate() == random.getstate():  # noqa: S311 - compared, never drawn from
            seeds["python"] = candidate
            break
    flags: dict[str, Any] = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    flags["hash_randomization"] = bool(sys.flags.hash_randomization)
    try:
        flags |= environment.in_force()
    except Exception:
        flags["in_force"] = "unknown"
    flags |= _torch_flags()
    return {
        "seeds": json.dumps(seeds, sort_keys=True), "random_states": json.dumps(states, sort_keys=True),
        "determinism": json.dumps(flags, sort_keys=True),
    }  # fmt: skip


def _same(one: Any, other: Any) -> bool:
    return bool((one[1] == other[1]).all()) and tuple(one[2:]) == tuple(other[2:])


def _library_seeds() -> dict[str, int]:
    """Seeds that loaded frameworks remember."""
    found: dict[str, Any] = {}
    keras, tensorflow, torch = (sys.modules.get(name) for name in ("keras", "tensorflow", "torch"))
    if keras is not None:
        with contextlib.suppress(Exception):
            found["keras"] = sys.modules["keras.src.utils.rng_utils"].get_random_seed()
    if tensorflow is not None:
        with contextlib.suppress(Exception):
            found["tensorflow"] = sys.modules["tensorflow.python.eager.context"].global_seed()
    if torch is not None:
        with contextlib.suppress(Exception):
            # The value that torch starts with says only that nobody has set one.
            found["torch"] = torch.initial_seed() if torch.initial_seed() != 67280421310721 else None
    return {name: int(seed) for name, seed in found.items() if seed is not None}


def _torch_flags() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    found: dict[str, Any] = {}
    if torch is not None:
        with contextlib.suppress(Exception):
            found["torch_deterministic_algorithms"] = bool(torch.are_deterministic_algorithms_enabled())
            found["torch_cudnn_deterministic"] = bool(torch.backends.cudnn.deterministic)
            found["torch_threads"] = int(torch.get_num_threads())
    return found


@functools.cache
def _packages() -> dict[str, str]:
    """Installed distributions by the names of their metadata folders: a hundred times cheaper than reading each."""
    found: dict[str, str] = {}
    for folder in sys.path:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder or "."):
                named = re.fullmatch(r"(.+?)-(\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info", entry.name)
                if named:
                    found.setdefault(re.sub(r"[-_.]+", "-", named[1]).lower(), named[2])
    return found


def _environment() -> dict[str, str]:
    lines = [f"{name}=={version}" for name, version in sorted(_packages().items())]
    found = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "environment_sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }
    for number, chunk in enumerate(chunks(lines), start=1):
        found["packages" if number == 1 else f"packages.{number}"] = chunk
    return found


def chunks(lines: list[str]) -> list[str]:
    """Lines joined by spaces into as few texts as fit into tags."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= TAG_LIMIT:
            texts[-1] += f" {line}"
        else:
            texts.append(line)
    return texts
