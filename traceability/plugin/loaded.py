"""Which of the user's own source files this process runs, and whether they are on disk as they were loaded.

What git says of a work tree says nothing of a program that was started before the last edit or commit. So each source
is remembered as it was when it was first seen loaded, and a source counts as loaded from what is on disk only where
that can be shown: the script by comparing its compiled code, a module by times and digests.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

AS_LOADED, CHANGED, UNCERTAIN = "as_loaded", "changed", "uncertain"
#: The kernel counts a process's start in such steps; Python needs longer than one to load a first module.
_TICK_NS = 10_000_000


@dataclass(frozen=True)
class Source:
    """One own source file of this process. `sha256` is that of what was loaded, empty where that is not known."""

    path: Path
    #: The path without links.
    place: Path
    state: str
    sha256: str


@dataclass
class _Seen:
    spec: object
    signature: tuple[int, ...]
    sha256: str
    state: str


def main_file() -> Path | None:
    """The file that Python was started with; None for `-c`, standard input and notebooks."""
    named = getattr(sys.modules.get("__main__"), "__file__", None)
    if named is None and sys.argv and sys.argv[0] not in ("", "-", "-c", "-m"):
        named = sys.argv[0]
    if not isinstance(named, str) or not named:
        return None
    path = Path(named) if Path(named).is_absolute() else Path(BEGAN_IN, named)
    return path if path.is_file() else None


@functools.cache
def _installed_roots() -> tuple[str, ...]:
    """Folders of Python itself and of installed packages: what lies there is not the user's own code."""
    known = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    roots = {str(Path(known[name]).resolve()) + os.sep for name in names if name in known}
    more = (folder for folder in sys.path if "site-packages" in folder or "dist-packages" in folder)
    return (*roots, *(str(Path(folder).resolve()) + os.sep for folder in more))


def installed(path: Path) -> bool:
    """Whether `path` belongs to Python or to an installed package, or is an installed program."""
    resolved = path.resolve()
    parts = {*path.parts, *resolved.parts}
    return str(resolved).startswith(_installed_roots()) or not parts.isdisjoint({"site-packages", "dist-packages"})


def _own_modules() -> Iterator[tuple[Path, object]]:
    """Files of loaded modules, neither Python's nor installed, each with what changes when it is loaded anew."""
    roots = _installed_roots()
    for name, module in list(sys.modules.items()):
        about = _attributes(module)
        named = about.get("__file__")
        if not isinstance(named, str) or not named.endswith(".py") or name.partition(".")[0] == "traceability":
            continue  # this library watches; it is not what is watched
        # Thousands of modules are installed ones: told by their text, before the file system is asked.
        if named.startswith(roots) or "site-packages" in named or "dist-packages" in named:
            continue
        path = Path(named) if Path(named).is_absolute() else Path(BEGAN_IN, named)
        if not installed(path):
            yield path, about.get("__spec__") or module


def _attributes(module: object) -> dict[str, Any]:
    """A module's attributes; modules that load themselves when they are asked for one are not woken."""
    if not issubclass(type(module), ModuleType):
        return {}
    found: dict[str, Any] = ModuleType.__getattribute__(module, "__dict__")
    return found


class Ledger:
    """The own sources of this process as they were when they were first seen."""

    def __init__(self) -> None:
        self._seen: dict[Path, _Seen] = {}
        self._last: int | None = None
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            # A thread that was looking while the process forked does not exist in the child, and would never let go.
            os.register_at_fork(after_in_child=self._unlock)

    def _unlock(self) -> None:
        self._lock = threading.Lock()

    def look(self) -> list[Source]:
        """All own sources that are loaded now. A file that cannot be read any more counts as changed."""
        with self._lock:
            now, main = time.time_ns(), main_file()
            found = {path: self._judged(path, spec) for path, spec in _own_modules() if path != main}
            if main is not None and not installed(main):
                found[main] = self._judged(main, sys.modules.get("__main__"), script=True)
            self._last = now
        return [source for _, source in sorted(found.items())]

    def _judged(self, path: Path, spec: object, script: bool = False) -> Source:
        known = self._seen.get(path)
        try:
            about = path.stat()
            signature = (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
            if known is not None and known.spec is spec and known.signature == signature:
                return Source(path, path.resolve(), known.state, known.sha256)
            content = path.read_bytes()
        except OSError:
            return Source(path, path.resolve(), CHANGED, known.sha256 if known is not None else "")
        digest = hashlib.sha256(content).hexdigest()
        if known is not None and known.spec is spec:
            # Changed since it was first seen: the same again only if its content is. The first state stays remembered.
            same = known.state != CHANGED and known.sha256 in ("", digest)
            state = known.state if same else CHANGED
            if same:
                known.signature = signature
            return Source(path, path.resolve(), state, known.sha256)
        state = self._first_state(path, content, max(about.st_mtime_ns, about.st_ctime_ns), script)
        digest = digest if state == AS_LOADED else ""
        self._seen[path] = _Seen(spec, signature, digest, state)
        return Source(path, path.resolve(), state, digest)

    def _first_state(self, path: Path, content: bytes, changed_at: int, script: bool) -> str:
        """The state of a source that was not seen before: it was loaded since the last look, or since the start."""
        running = _script_code(path) if script else None
        if running is not None:
            return AS_LOADED if _same_program(running, content) else CHANGED
        bound = self._last if self._last is not None else STARTED_NS + _TICK_NS
        if changed_at <= bound:
            return AS_LOADED
        return CHANGED if _other_functions(path, content) else UNCERTAIN


# --- compiled code ------------------------------------------------------------------------------------------------


def _script_code(path: Path) -> CodeType | None:
    """The compiled script as it runs, from its frame in the main thread; None where it does not run there any more."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        code = frame.f_code
        is_program = code.co_name == "<module>" and frame.f_globals.get("__name__") == "__main__"
        # Text that a script executes has a frame like its own, but for the name of the file.
        if is_program and Path(BEGAN_IN, code.co_filename) == path:
            return code
        frame = frame.f_back
    return None


def _compiled(content: bytes, name: str) -> CodeType | None:
    try:
        return compile(content, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _same_program(running: CodeType, content: bytes) -> bool:
    compiled = _compiled(content, running.co_filename)
    return compiled is not None and _print_of(compiled) == _print_of(running)


def _print_of(code: CodeType) -> tuple[Any, ...]:
    """What a code object does, without line numbers: a moved comment makes no other program."""
    return (
        code.co_name, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags, code.co_code,
        code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
        tuple(_constant(value) for value in code.co_consts),
    )  # fmt: skip


def _constant(value: Any) -> Any:
    if isinstance(value, CodeType):
        return _print_of(value)
    if isinstance(value, tuple):
        return ("tuple", *(_constant(part) for part in value))
    if isinstance(value, frozenset):
        return ("frozenset", *sorted(repr(part) for part in value))
    return type(value).__name__, repr(value)


def _functions(module: ModuleType, path: str) -> Iterator[FunctionType]:
    for value in list(_attributes(module).values()):
        members = list(vars(value).values()) if isinstance(value, type) else []
        for member in (value, *members):
            function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
            while hasattr(function, "__wrapped__"):
                function = function.__wrapped__
            if isinstance(function, FunctionType) and function.__code__.co_filename == path:
                yield function


def _other_functions(path: Path, content: bytes) -> bool:
    """Whether a module's functions in memory are others than those on disk. Equal ones prove nothing of the rest."""
    on_disk = _compiled(content, str(path))
    if on_disk is None:
        return True
    known: dict[str, list[Any]] = {}
    waiting = [on_disk]
    while waiting:
        code = waiting.pop()
        known.setdefault(code.co_qualname, []).append(_print_of(code))
        waiting += [value for value in code.co_consts if isinstance(value, CodeType)]
    loaded = [module for module in list(sys.modules.values())
              if _attributes(module).get("__file__") == str(path)]  # fmt: skip
    return any(
        _print_of(function.__code__) not in known.get(function.__code__.co_qualname, [])
        for module in loaded for function in _functions(module, str(path))
    )  # fmt: skip


# --- the start of the process -------------------------------------------------------------------------------------


def _proc(pid: int | str, name: str) -> bytes:
    return Path("/proc", str(pid), name).read_bytes()


def _started_ns() -> int:
    """When this program began, in the clock of file times. A forked process began when its oldest copy did.

    Without Linux: no later than the processor time that it has used so far.
    """
    try:
        pid: int | str = "self"
        command, program = _proc(pid, "cmdline"), Path("/proc/self/exe").readlink()
        for _ in range(64):
            above = int(_proc(pid, "stat").rpartition(b")")[2].split()[1])
            if _proc(above, "cmdline") != command or Path("/proc", str(above), "exe").readlink() != program:
                break
            pid = above
    except (OSError, ValueError, IndexError):
        pass
    latest = time.time_ns() - time.process_time_ns()
    try:
        ticks = int(_proc(pid, "stat").rpartition(b")")[2].split()[19])
        booted = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return min(latest, booted + ticks * 10**9 // os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError, AttributeError):
        return latest


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return re.sub(r"^(?!/).*", "", os.environ.get("PWD", ""))


#: The working directory when the plugin was loaded: most programs that change it do so later.
BEGAN_IN = _folder()
STARTED_NS = _started_ns()
LEDGER = Ledger()
