"""The scan of one project: from its tree to one row of usage, its call sites and its problems."""

from __future__ import annotations

import ast
import gc
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from traceability.corpus.scanner import documents, file_roles, indicators, switches, vocabulary
from traceability.corpus.scanner.configuration_files import Configuration
from traceability.corpus.scanner.execution import run_module
from traceability.corpus.scanner.resolution import Project
from traceability.corpus.scanner.sources import (
    MAX_PYTHON_BYTES,
    Problem,
    Source,
    decode,
    read_notebook,
    read_python,
    without_images,
)
from traceability.corpus.scanner.trees import Entry, Tree
from traceability.corpus.scanner.values import ROUNDS, Call
from traceability.corpus.text_search import TextSearch

#: Raised by one whenever the same tree may give other rows; written into every provenance record.
SCANNER_VERSION = "2.0.0"
#: Seconds one file may take to parse.
FILE_SECONDS = 20.0
#: Configuration files are small; a larger one is data.
MAX_CONFIGURATION_BYTES = 300_000
#: Bytes of one project's files that are kept in memory, in case they turn out to use what others define.
MAX_KEPT_BYTES = 32_000_000
#: So many words are looked for one by one before one pattern is tried.
MAX_SEARCHED = 64
#: How often files that turn out to matter are added and all is resolved again.
MAX_TURNS = 5
#: How often a project is run over before files are added that turn out to matter.
FIRST_ROUNDS = 2

#: The 0/1 columns of the usage table that hand labels exist for, in their order.
COLUMNS = (
    "uses_mlflow", "log_param", "log_metric", "autolog", "log_model", "log_artifact", "set_tag", "log_input",
    "start_run",
    "set_experiment", "set_tracking_uri", "via_client", "wrapper", "mlproject", "seeds", "traces_direct", "traces_any",
)  # fmt: skip
_KINDS = frozenset(COLUMNS) | {"save_model", "log_other"}
_MENTIONS = (b"mlflow", b"MLFlow", b"MLflow", b"Mlflow", b"log_experiment")
_SHIM = re.compile(
    rb"^(?:async )?(?:def (?:log_params?|log_metrics?|start_run|set_experiment|log_artifact)\b|class MlflowClient\b)",
    re.MULTILINE,
)


@dataclass
class Scan:
    """Everything the scan of one project found."""

    usage: dict[str, int | float]
    calls: list[Call] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)  # file, kind, detail
    text: dict[str, int] = field(default_factory=dict)
    head: str = ""  # commit that was read, or that is checked out
    changed: int | None = None  # files read that are not as this commit has them


class _TooSlowError(Exception):
    pass


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Stop Python code after `seconds` (where signals may be used: the main thread of a process)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Scanner:
    def __init__(self, tree: Tree, searches: bool, progress: Callable[[int, int], None] | None) -> None:
        self.tree = tree
        self.searches = searches
        self.progress = progress
        self.problems: list[tuple[str, str, str]] = [(p, r.kind, r.detail) for p, r in tree.refused]
        self.strangers = file_roles.Strangers([entry.path for entry in tree.entries])
        self.configuration = Configuration()
        self.text = TextSearch()
        self.sources: dict[str, Source] = {}
        self.silent: dict[str, tuple[Entry, bytes | None]] = {}  # code that never names MLflow
        self.switched: list[tuple[str, switches.Found]] = []
        self.kept = 0  # bytes of them
        self.shims: set[str] = set()
        self.seeds = False
        self.rivals: set[str] = set()
        self.skipped: dict[str, int] = {}
        self.python_files = self.notebooks = self.bytes_read = 0

    def run(self) -> Scan:
        own_code = [e for e in self.tree.entries if file_roles.is_code(e.path) and not self.strangers.reason(e.path)]
        self.own_paths = [entry.path for entry in own_code]
        self.own_modules = {step for path in self.own_paths for step in path.removesuffix(".py").split("/")}
        for number, entry in enumerate(self.tree.entries, 1):
            self.one(entry)
            if self.progress is not None:
                self.progress(number, len(self.tree.entries))
        self.configuration.gather()
        calls = self.resolve()
        self.configuration.conclude(any(call.kind == "wrapper_kedro" for call in calls))
        return self.conclude(calls)

    def one(self, entry: Entry) -> None:
        """Read one file and keep of it only what is needed."""
        why = self.strangers.reason(entry.path)
        code = file_roles.is_code(entry.path)
        if why is not None:
            if not code:
                return
            self.skipped[why] = self.skipped.get(why, 0) + 1
            data = self.read(entry) if self.searches else None
            if data is not None:
                self.text.read(data)  # the seed's way does not know whose code it reads
            return
        self.configuration.name(entry.path)
        if code:
            self.code(entry)
        elif file_roles.is_document(entry.path) or file_roles.is_cython(entry.path):
            self.document(entry)
        elif entry.size <= MAX_CONFIGURATION_BYTES and file_roles.is_text(entry.path):
            data = self.read(entry)
            if data is not None and len(data) <= MAX_CONFIGURATION_BYTES:
                self.configure(entry.path, data)

    def read(self, entry: Entry) -> bytes | None:
        data = self.tree.read(entry)
        if isinstance(data, Problem):
            self.problems.append((entry.path, data.kind, data.detail))
            return None
        self.bytes_read += len(data)
        return data

    def code(self, entry: Entry) -> None:
        notebook = entry.path.lower().endswith(".ipynb")
        self.notebooks += notebook
        self.python_files += not notebook
        data = self.read(entry)
        if data is None:
            return
        if self.searches:
            self.text.read(data)
        if entry.path.rpartition("/")[2] == "setup.py":
            self.configure(entry.path, data)
        wide = b"\0" in data[:400]  # UTF-16: the words cannot be seen in the bytes
        seen = without_images(data) if notebook else data
        mentions = wide or any(word in seen for word in _MENTIONS)
        if re.search(r"(?:^|/)mlflow(?:\.py|/__init__\.py)$", entry.path) and _SHIM.search(data):
            self.shims.add(entry.path)
        telling = indicators.worth_parsing(seen, self.seeds, self.rivals)
        if mentions or telling:
            source = self.parse(entry, data)
            if source is None:
                return
            if telling:
                seeded, rivals = indicators.look(source, self.own_modules)
                self.seeds |= seeded
                self.rivals |= rivals
            if mentions:
                self.sources[entry.path] = source
                if any(word in seen for word in switches.WORDS):
                    found = switches.look(source, b"ultralytics" in seen)
                    self.switched += [(entry.path, switch) for switch in found]
                return
        keep = self.kept + len(seen) <= MAX_KEPT_BYTES
        self.kept += len(seen) * keep
        self.silent[entry.path] = (entry, bytes(seen) if keep else None)

    def document(self, entry: Entry) -> None:
        """A file that is not Python but may hold some."""
        if entry.size > MAX_PYTHON_BYTES:
            return
        data = self.read(entry)
        if data is None:
            return
        cython = file_roles.is_cython(entry.path)
        mentions = any(word in data for word in _MENTIONS)
        if cython and mentions:
            self.problems.append((entry.path, "not_read", "Cython is not read; calls of MLflow in it are not found"))
        if cython or not (mentions or b"%run" in data):
            return
        source = self.parse(entry, data)
        if source is not None:
            self.sources[entry.path] = source

    def configure(self, path: str, data: bytes) -> None:
        """Take note of what a configuration file says."""
        try:
            with _limit(FILE_SECONDS):
                self.configuration.read(path, decode(data)[0])
        except _TooSlowError:
            self.problems.append((path, "too_slow", f"not read within {FILE_SECONDS:g} s"))

    def parse(self, entry: Entry, data: bytes) -> Source | None:
        try:
            with _limit(FILE_SECONDS):
                if file_roles.is_document(entry.path):
                    source = documents.read(entry.path, data)
                else:
                    source = read_notebook(data) if entry.path.lower().endswith(".ipynb") else read_python(data)
        except _TooSlowError:
            self.problems.append((entry.path, "too_slow", f"not parsed within {FILE_SECONDS:g} s"))
            return None
        except (RecursionError, MemoryError) as error:
            self.problems.append((entry.path, "unreadable", type(error).__name__))
            return None
        self.problems += [(entry.path, p.kind, p.detail) for p in source.problems]
        source.problems = []
        return source

    def resolve(self) -> list[Call]:
        """Resolve the files that mention MLflow, and those that use what these define or are handed something of it."""
        self.searched: set[bytes] = set()
        shims = frozenset(path for path in self.shims if not self.imports_mlflow(path))
        for turn in range(MAX_TURNS):
            sources = dict(sorted(self.sources.items()))
            project = Project(sources, self.own_paths, shims, self.configuration.has_lightning)
            calls = project.resolve(run_module, FIRST_ROUNDS)
            added = turn < MAX_TURNS - 1 and self.extend(project, turn)
            if not added and project.changed:
                calls = project.resolve(run_module, ROUNDS - FIRST_ROUNDS)
                added = turn < MAX_TURNS - 1 and self.extend(project, turn)
            if not added:
                break
        for module in project.modules:
            self.problems += [(module.path, p.kind, p.detail) for p in module.source.problems]
        self.uses = project.uses
        return calls

    def extend(self, project: Project, turn: int) -> bool:
        """Parse the files that turn out to matter; whether there are any."""
        wanted = project.needed & self.silent.keys()
        carriers = self.carriers(project, reaching=turn == 0) - self.searched
        self.searched |= carriers
        wanted |= self.holding(carriers)
        added = False
        for path in sorted(wanted):
            entry, kept = self.silent.pop(path)
            data = self.tree.read(entry) if kept is None else kept
            source = self.parse(entry, data) if isinstance(data, bytes) else None
            if source is not None:
                self.sources[path], added = source, True
        return added

    def imports_mlflow(self, path: str) -> bool:
        """Whether a module called mlflow imports the library: then it is written for it, not in its place."""
        parts = self.sources[path].parts if path in self.sources else []
        for part in parts:
            for statement in part.body:
                for node in ast.walk(statement):
                    if isinstance(node, ast.Import) and any(a.name.split(".")[0] == "mlflow" for a in node.names):
                        return True
                    first = (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else ""
                    if isinstance(node, ast.ImportFrom) and not node.level and first == "mlflow":
                        return True
        return False

    def holding(self, words: frozenset[bytes]) -> set[str]:
        """The files not looked into yet in which one of the words occurs."""
        if not words:
            return set()
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(word) for word in sorted(words)) + rb")\b")
        few = words if len(words) <= MAX_SEARCHED else frozenset()
        found = set()
        for path, (entry, kept) in self.silent.items():
            data = self.tree.read(entry) if kept is None else kept
            if not isinstance(data, bytes) or (few and not any(word in data for word in few)):
                continue
            if pattern.search(data):
                found.add(path)
        return found

    def carriers(self, project: Project, reaching: bool) -> frozenset[bytes]:
        """Names that other files may use to reach MLflow: what modules bind of it.

        The functions that only use MLflow themselves are `reaching`: who calls them is found, but not who calls those.
        """
        found = {
            name.encode()
            for module in project.modules
            for name, values in module.scope.bound.items()
            if any(value[0] != '"' and project.is_telling(value, 0, reaching) for value in values)
        }
        found |= {name.encode() for name in project.loose}
        for name, numbers in project.fixtures.items():
            if any(project.is_telling(f"function:{number}") for number in numbers):
                found.add(name.encode())
        if project.has_logger:
            found.add(b"logger.experiment")
        return frozenset(found) - {b"main", b"run", b"train", b"__init__", b"mlflow"}

    def conclude(self, calls: list[Call]) -> Scan:
        configuration = self.configuration
        for path, line, what, library in sorted(configuration.tracked):
            calls.append(Call(path, line, -1, what, f"wrapper_{library}", "configured", "certain"))
        seen = {(call.file, call.cell, call.line, call.kind) for call in calls}
        for path, (line, offset, cell, what, library) in self.switched:
            if (path, cell, line, f"wrapper_{library}") not in seen:
                calls.append(Call(path, line, cell, what, f"wrapper_{library}", "library", "likely", offset + 1))
        own = [call for call in calls if call.way not in ("wrapped", "library", "configured")]
        kinds = {call.kind for call in own}
        usage: dict[str, int | float] = dict.fromkeys(COLUMNS, 0)
        for kind in sorted(kinds & _KINDS):
            usage[kind] = 1
        usage["uses_mlflow"] = int(bool(self.uses))
        usage["via_client"] = int(any(call.api.startswith(vocabulary.CLIENT) for call in own))
        usage["wrapper"] = int(any(call.kind.startswith("wrapper_") for call in calls))
        usage["mlproject"] = int(bool(configuration.mlproject))
        usage["seeds"] = int(self.seeds)
        usage["traces_direct"] = int(bool(kinds & {"log_param", "log_metric", "autolog"}))
        usage["traces_any"] = int(bool(usage["traces_direct"] or usage["wrapper"]))
        usage["save_model"] = int("save_model" in kinds)
        usage["log_other"] = int("log_other" in kinds)
        usage["autolog_disabled_only"] = int("autolog_disabled" in kinds and "autolog" not in kinds)
        usage["client_logging"] = int(
            any(c.api.startswith(vocabulary.CLIENT) and c.kind not in ("client", "genai") for c in own)
        )
        usage["genai"] = int(
            "genai" in kinds
            or any(call.kind == "wrapper_langchain" for call in calls)
            or any(vocabulary.is_genai_autolog(call.api) for call in own)
        )
        usage["configured_only"] = int(any(c.way == "configured" for c in calls) and not usage["traces_direct"]
                                       and not any(c.way == "library" for c in calls))  # fmt: skip
        usage["logger_offered"] = int(configuration.offered)
        for way in ("module", "name", "client", "reference", "wrapped", "library", "configured"):
            usage[f"calls_{way}"] = sum(call.way == way for call in calls)
        for rival in vocabulary.RIVALS:
            usage[rival] = int(rival in self.rivals)
        usage["environment_file"] = int(configuration.environment)
        usage["lock_file"] = int(configuration.lock)
        usage["dockerfile"] = int(configuration.dockerfile)
        usage["data_versioning"] = int(configuration.data_versioning)
        usage["requirements"], usage["requirements_pinned"] = configuration.requirements, configuration.pinned
        usage["python_files"], usage["notebooks"] = self.python_files, self.notebooks
        for reason in ("virtual_environment", "vendored", "checkpoint_copy"):
            usage[f"skipped_{reason}"] = self.skipped.get(reason, 0)
        usage["skipped_other"] = sum(
            n for reason, n in self.skipped.items()
            if reason not in ("virtual_environment", "vendored", "checkpoint_copy")
        )  # fmt: skip
        usage["problems"] = len(self.problems)
        return Scan(usage, calls, sorted(set(self.problems)), self.text.row())


def scan(tree: Tree, text: bool = True, progress: Callable[[int, int], None] | None = None) -> Scan:
    """Scan one project. Never raises for anything that is inside the tree: that is a row of its problems.

    `text` also runs the seed study's text search; `progress` is told the number of files read, and of all.
    """
    collecting = gc.isenabled()
    gc.disable()  # syntax trees are many objects and no circles: looking for circles would take a third of the time
    try:
        with tree:
            return _Scanner(tree, text, progress).run()
    finally:
        if collecting:
            gc.enable()
