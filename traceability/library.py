"""A digest of the code that a rule's script reaches, so that an edited module reruns exactly the rules that use it.

Snakemake notices a changed script but not a changed module that the script imports; rules pass this digest in `params`.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from traceability.files import sha256_tree

ROOT = Path(__file__).resolve().parent


@functools.cache
def _imports(path: Path) -> frozenset[Path]:
    """Files of this package that `path` imports, wherever in it."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] == ROOT.name:
                base = ROOT.joinpath(*name.split(".")[1:])
                found.update(file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file())
    return frozenset(found)


def reached(start: frozenset[Path]) -> frozenset[Path]:
    """`start` and every file of this package that it imports, directly or not."""
    seen: set[Path] = set()
    todo = list(start)
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo.extend(_imports(path))
    return frozenset(seen)


@functools.cache
def digest(*parts: str) -> str:
    """First 16 digits of the SHA-256 over the modules named by `parts` (as `training/batch`) and all they import.

    Raises `FileNotFoundError` for a part that is neither a sub-package nor a module.
    """
    start: set[Path] = set()
    for part in parts:
        folder, module = ROOT / part, (ROOT / part).with_suffix(".py")
        if not folder.is_dir() and not module.is_file():
            raise FileNotFoundError(f"traceability/{part}: neither a sub-package nor a module")
        start.update(folder.rglob("*.py") if folder.is_dir() else [module])
    return sha256_tree(reached(frozenset(start)), ROOT)[:16]
