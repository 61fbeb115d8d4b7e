"""Writing whole files or nothing, and naming content by its digest."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceability.errors import NotWritable, StudyError

if TYPE_CHECKING:  # writing a report needs no arrays
    import numpy as np


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it onto `path` when the block ends well, else remove it.

    A link stays a link: its target is replaced. A device, a pipe and a stream such as /dev/stdout is written to.
    Raises `StudyError` where `path` is a folder or cannot be written.
    """
    path = Path(path)
    if _is_special(path):
        with tempfile.TemporaryDirectory() as scratch:
            temporary = Path(scratch) / f"output{path.suffix}"
            yield temporary
            with temporary.open("rb") as source, path.open("ab") as target:
                shutil.copyfileobj(source, target)
        return
    try:
        path = path.resolve() if path.is_symlink() else path
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
        os.close(handle)
    except (OSError, RuntimeError) as error:
        raise NotWritable(f"{path}: cannot be written ({getattr(error, 'strerror', '') or error})") from None
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


#: Names of what a process has open, also where that is a regular file.
_STREAMS = ("/dev/std", "/dev/fd/", "/proc/")


def _is_special(path: Path) -> bool:
    """Whether a name is that of something to be written to, not replaced. Raises `StudyError` for a folder."""
    try:
        mode = path.stat().st_mode
    except (OSError, RuntimeError):
        return False
    if stat.S_ISDIR(mode):
        raise StudyError(f"{path}: is a folder; give the name of a file")
    return not stat.S_ISREG(mode) or str(path.absolute()).startswith(_STREAMS)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8 with line feeds, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys; not-a-number is refused, because JSON has none."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def write_jsonl(path: Path | str, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line."""
    lines = (json.dumps(row, sort_keys=True, allow_nan=False, ensure_ascii=False) for row in rows)
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_json(path: Path | str) -> Any:
    """Read JSON; a missing or broken file is a `StudyError` naming it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; run the rule that makes it first") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: not JSON ({error}); remove it and run again") from None


def read_jsonl(path: Path | str) -> list[dict[str, Any]]:
    """Read one JSON object a line; a broken line is a `StudyError` naming file and line."""
    rows = []
    with Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise StudyError(
                    f"{path}:{number}: not a JSON object ({error}); remove the file and run again"
                ) from None
    return rows


def sha256_file(path: Path | str) -> str:
    """Hexadecimal SHA-256 of a file's bytes, read in blocks."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_content(path: Path | str) -> str:
    """SHA-256 of what a file holds: of the unpacked content where its name ends in `.gz`, as packing dates the bytes.

    Raises `OSError` or `EOFError` where it is no whole gzip file.
    """
    if Path(path).suffix != ".gz":
        return sha256_file(path)
    with gzip.open(path, "rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def sha256_tree(paths: Iterable[Path], root: Path) -> str:
    """One SHA-256 over the names (relative to `root`) and contents of files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        line = f"{path.relative_to(root).as_posix()}\0{sha256_file(path)}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))  # names of files need not be text
    return digest.hexdigest()


def sha256_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over the names, types, shapes and bytes of arrays, in the order of their names."""
    import numpy as np

    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def sha256_npz(path: Path | str) -> str:
    """`sha256_arrays` of an NPZ file: its content without the archive's time stamps. Nothing is unpickled."""
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        return sha256_arrays({name: arrays[name] for name in arrays.files})
