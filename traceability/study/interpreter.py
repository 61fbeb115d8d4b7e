"""An interpreter whose path a shell reads as one word.

Snakemake writes the path of its interpreter into the command of each script without quotation marks, so a blank or a
bracket in the path of the study's folder would end every job (snakemake issues 1546, 3211 and 3235).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import tempfile
from pathlib import Path

from traceability.errors import StudyError


def one_word(executable: str) -> str:
    """`executable`, or the same program through a link to its environment that lies in a folder with a plain name.

    Raises `StudyError` where no folder of this user has one.
    """
    if shlex.quote(executable) == executable:
        return executable
    program = Path(executable)
    environment = program.parent.parent
    name = hashlib.sha256(str(environment).encode()).hexdigest()[:12]
    for folder in (Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"), Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            mine = folder / f"traceability-{os.getuid()}"
            if shlex.quote(str(mine)) == str(mine):
                link = _link(mine, name, environment)
                return str(link / program.parent.name / program.name)
    odd = sorted({letter for letter in executable if shlex.quote(f"x{letter}") != f"x{letter}"})
    raise StudyError(
        f"{environment}: Snakemake cannot start jobs with an interpreter whose path has {odd[0]!r} in it, and no "
        "folder of yours has a plain path for a link to it; move the study, or set XDG_CACHE_HOME to a plain folder"
    )


def _link(folder: Path, name: str, target: Path) -> Path:
    """`folder`/`name` as a link to `target`; raises `OSError` where the folder is not this user's alone."""
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o022:
        raise PermissionError(f"{folder}: others can write there")
    link = folder / name
    if not link.is_symlink() or link.readlink() != target:
        new = folder / f".{name}.{os.getpid()}"
        new.symlink_to(target)
        new.replace(link)
    return link
