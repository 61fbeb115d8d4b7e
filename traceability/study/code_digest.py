"""A digest of the code that a rule's script reaches, so that an edited module reruns exactly the rules that use it.

Snakemake notices a changed script but not a changed module that the script imports; rules pass this digest in `params`.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from traceability.runtime.files import sha256_tree

#: The folder that holds `scripts/` and the library.
ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(__file__).resolve().parents[1]


@functools.cache
def _imports(path: Path) -> frozenset[Path]:
    """Files of this package that `path` imports, wherever in it; importing a module also runs its packages."""
    files: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            package, *parts = name.split(".")
            if package == LIBRARY.name:
                base = LIBRARY.joinpath(*parts)
                packages = [LIBRARY.joinpath(*parts[:i], "__init__.py") for i in range(len(parts) + 1)]
                files.update(file for file in (base.with_suffix(".py"), *packages) if file.is_file())
    return frozenset(files)


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
    """First 16 digits of the SHA-256 over the files named by `parts` and all they import.

    A part is a script (`scripts/run_batch.py`), or a module or sub-package of the library without its ending
    (`capture/probes`): programs that a script starts by path, which no import statement names.
    Raises `FileNotFoundError` for a part that is none of these.
    """
    start: set[Path] = set()
    for part in parts:
        script, folder, module = ROOT / part, LIBRARY / part, (LIBRARY / part).with_suffix(".py")
        if script.is_file():
            start.add(script)
        elif folder.is_dir() or module.is_file():
            start.update(folder.rglob("*.py") if folder.is_dir() else [module])
        else:
            raise FileNotFoundError(f"{part}: neither a script nor a module or sub-package of {LIBRARY.name}")
    return sha256_tree(reached(frozenset(start)), ROOT)[:16]
