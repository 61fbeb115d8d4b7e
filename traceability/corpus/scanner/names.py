"""Which file of a project an import, a relative import or `%run` means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from traceability.corpus.scanner.values import Module


class Names:
    """The files of a project, analysed or not, by the names that code gives them."""

    modules: list[Module]

    def index_files(self, paths: Iterable[str]) -> None:
        """Take note of the analysed modules, and of `paths`, all code files of the project."""
        self.index = {module.path: number for number, module in enumerate(self.modules)}
        self.endings: dict[str, list[int]] = {}
        for number, module in enumerate(self.modules):
            if module.path.endswith(".py"):
                stem = module.path[:-3].removesuffix("/__init__")
                self.endings.setdefault(stem.rpartition("/")[2], []).append(number)
        self.paths = [path for path in paths if path not in self.index]
        self.unread = {path: number for number, path in enumerate(self.paths)}
        self.steps = {step for path in self.paths for step in path.removesuffix(".py").split("/")}

    def find_module(self, importer: str, dotted: str, level: int = 0) -> int | None:
        """The module of the project that `importer` means by `dotted`, or None.

        Relative imports go by folder. Absolute ones are looked for beside the importer, in every folder above it and in
        a `src`-like root; failing those, the one file of the project whose path ends so.
        """
        folder = importer.rpartition("/")[0]
        tail = dotted.replace(".", "/")
        if level:
            for _ in range(level - 1):
                folder = folder.rpartition("/")[0]
            return self._at(f"{folder}/{tail}".strip("/") if tail else folder)
        while True:
            found = self._at(f"{folder}/{tail}".lstrip("/"))
            if found is not None:
                return found
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        if dotted.split(".", maxsplit=1)[0] == "mlflow":
            return None
        last = tail.rpartition("/")[2]
        ending = [
            n for n in self.endings.get(last, ())
            if ("/" + self.modules[n].path[:-3].removesuffix("/__init__")).endswith("/" + tail)
        ]  # fmt: skip
        return ending[0] if ending and ("/" in tail or len(ending) == 1) else None

    def _at(self, stem: str) -> int | None:
        found = self.index.get(f"{stem}.py")
        return found if found is not None else self.index.get(f"{stem}/__init__.py")

    def find_unread(self, importer: str, dotted: str, level: int = 0) -> str | None:
        """The file of the project that is not analysed and that `importer` means by `dotted`, or None."""
        if dotted.partition(".")[0] not in self.steps and dotted:
            return None
        folder = importer.rpartition("/")[0]
        tail = dotted.replace(".", "/")
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        while True:
            stem = f"{folder}/{tail}".strip("/")
            for path in (f"{stem}.py", f"{stem}/__init__.py", f"src/{stem}.py", f"src/{stem}/__init__.py"):
                if path in self.unread:
                    return path
            if level or not folder:
                return None
            folder = folder.rpartition("/")[0]

    def find_notebook(self, importer: str, written: str) -> str | None:
        """The file, analysed or not, that `%run written` in `importer` runs."""
        stem = PurePosixPath(importer).parent / written.strip().strip("'\"")
        steps: list[str] = []
        for step in stem.parts:
            if step == "..":
                del steps[-1:]
            elif step not in ("/", "."):
                steps.append(step)
        path = "/".join(steps)
        for found in (path, f"{path}.py", f"{path}.ipynb"):
            if found in self.index or found in self.unread:
                return found
        ends = [p for p in (*self.index, *self.unread) if p.endswith((f"/{stem.name}.py", f"/{stem.name}.ipynb"))]
        return ends[0] if len(ends) == 1 and stem.name else None


def is_shadowed(path: str, shims: frozenset[str], packages: set[str]) -> bool:
    """Whether `import mlflow` in `path` finds a module of the project that poses as the library.

    The import is absolute: a module inside a package is found by it only where the package's folder itself is on the
    search path, which no package's folder is.
    """
    folder = path.rpartition("/")[0]
    for shim in sorted(shims):
        home = shim.removesuffix("/__init__.py").rpartition("/")[0]
        if home in packages and home:
            continue
        if shim != path and (home == folder or not home or folder.startswith(home + "/")):
            return True
    return False
