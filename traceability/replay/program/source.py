"""The source of a script and of the modules of its own repository that it imports, as syntax trees."""

from __future__ import annotations

import ast
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.replay.program.options import UNKNOWN

#: Files that are read of one program, and the largest of them in bytes.
_FILES, _LARGEST = 200, 2**20


@dataclass(frozen=True)
class Module:
    """One file: its name relative to the repository, its tree, and the plain values of its names."""

    name: str
    tree: ast.Module
    #: Whether it is the script itself; what others do when they are the script does not count.
    main: bool
    constants: dict[str, Any] = field(default_factory=dict)

    def nodes(self) -> Iterator[ast.AST]:
        """All nodes, without the parts of imported modules that run only when they are the script."""
        for node in self.tree.body:
            if self.main or not _guarded(node):
                yield from ast.walk(node)

    def calls(self) -> Iterator[ast.Call]:
        """All calls, in the order of the source."""
        found = [node for node in self.nodes() if isinstance(node, ast.Call)]
        yield from sorted(found, key=lambda call: (call.lineno, call.col_offset))

    def value(self, node: ast.expr | None) -> Any:
        """The plain value that `node` says, `UNKNOWN` where only running it would tell; None for no node is unknown."""
        if node is None:
            return UNKNOWN
        if isinstance(node, ast.Name) and node.id in self.constants:
            return self.constants[node.id]
        try:
            return ast.literal_eval(node)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return UNKNOWN


def modules(folder: Path, script: str, roots: tuple[Path, ...] = ()) -> list[Module]:
    """The script and what it imports of its own repository `folder`, the script first.

    `roots` are further folders in which imports are looked for (the script's own is always one).
    """
    places = tuple(dict.fromkeys([(folder / script).parent, *roots, folder]))
    found: list[Module] = []
    todo, seen = [folder / script], set()
    while todo and len(found) < _FILES:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        tree = parsed(path, folder)
        if tree is not None:
            found.append(Module(path.relative_to(folder).as_posix(), tree, not found, _constants(tree)))
            todo += _imported(tree, path, places)
    return found


def parsed(path: Path, folder: Path) -> ast.Module | None:
    """The tree of a Python file of `folder`; None where it is none, leads out of the folder, or cannot be read."""
    text = read(path, folder)
    if text is None:
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def read(path: Path, folder: Path) -> str | None:
    """The text of a regular file of at most 1 MiB that really lies in `folder`; None for everything else."""
    try:
        real = path.resolve()
        seen = real.stat()
        if not real.is_relative_to(folder.resolve()) or not stat.S_ISREG(seen.st_mode) or seen.st_size > _LARGEST:
            return None
        return real.read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError, RuntimeError):
        return None


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or attribute; empty for other expressions."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def last(node: ast.expr) -> str:
    """The last name of a call's function: `command` of `app.command`."""
    return dotted(node).rpartition(".")[2]


def _guarded(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _constants(tree: ast.Module) -> dict[str, Any]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                continue
    return found


def _imported(tree: ast.Module, path: Path, places: tuple[Path, ...]) -> Iterator[Path]:
    """Files of the repository that a module may import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(places, alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = path.parent
            for _ in range(max(0, node.level - 1)):
                above = above.parent
            where = (above,) if node.level else places
            yield from _files(where, node.module or "")
            for alias in node.names:
                yield from _files(where, ".".join(filter(None, [node.module, alias.name])))


def _files(places: tuple[Path, ...], name: str) -> Iterator[Path]:
    parts = [part for part in name.split(".") if part]
    for place in places if parts else ():
        for path in (place.joinpath(*parts).with_suffix(".py"), place.joinpath(*parts, "__init__.py")):
            try:
                if path.is_file():
                    yield path
            except (OSError, ValueError):
                continue
