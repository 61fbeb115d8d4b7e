"""From bytes to statements: decoding, notebooks, magics, and two parsers.

Nothing here imports, executes or unpickles what it reads. A source that Python cannot parse is read by an
error-tolerant parser and marked; one that cannot be read at all is one `Problem`.
"""

from __future__ import annotations

import ast
import codecs
import io
import json
import re
import tokenize
import warnings
from dataclasses import dataclass, field

#: Largest Python source that is read, in bytes; what is longer is data.
MAX_PYTHON_BYTES = 4_000_000
#: Largest notebook that is read, in bytes, with the pictures among its outputs and without them: text takes up to four
#: bytes a character once decoded, and once more as JSON's strings.
MAX_NOTEBOOK_BYTES, MAX_NOTEBOOK_TEXT_BYTES = 64_000_000, 16_000_000
#: Longer lines are data pasted into code; they are blanked before parsing.
MAX_LINE = 20_000

_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)
_IMAGE = re.compile(rb'"image/(?:png|jpeg)": ?"')
_LINE_MAGIC = re.compile(r"^(\s*)(?:!|%{1,2}[A-Za-z]|\?).*$")
_TIMED = re.compile(r"^(\s*)%(?:time|timeit|prun|memit|mprun)\s+(?!-)(.*)$")
_ASSIGN_MAGIC = re.compile(r"^(\s*[\w.,\s]+=\s*)[!%].*$")
_HELP = re.compile(r"^\s*[\w.\[\]'\"]+\?{1,2}\s*$")
_PYTHON_CELL_MAGICS = frozenset({
    "time", "timeit", "capture", "prun", "python", "python3", "pyspark", "spark", "local", "memit", "writefile", "heat",
    "snakeviz", "scalene", "wandb", "px", "ipytest", "skip", "notify", "script_python", "pycodestyle", "flake8",
})  # fmt: skip
#: `%run ./Common`, also in a notebook that Databricks exported as Python.
_RUN = re.compile(r"^([ \t]*)(?:# MAGIC[ \t]+)?%run[ \t]+(?:-\w[ \t]+)*([^\s#$]+).*$", re.MULTILINE)
_RAW_RUN = re.compile(r"^[ \t]*%run[ \t]", re.MULTILINE)
_FOREIGN_CELLS = frozenset({"md", "sql", "sh", "r", "scala", "fs", "bash", "html", "javascript", "js", "latex", "svg"})


@dataclass(frozen=True)
class Problem:
    """Something that kept a file from being read as it should: `kind` is a fixed word, `detail` says more."""

    kind: str
    detail: str


@dataclass
class Part:
    """One parsed stretch of code: a whole .py file or one code cell (`cell` counts all cells from 0; -1: no cell)."""

    body: list[ast.stmt]
    cell: int = -1


@dataclass
class Source:
    """A file's code as syntax trees, what was wrong with it, and whether it is a notebook."""

    parts: list[Part] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notebook: bool = False


def decode(data: bytes) -> tuple[str, list[Problem]]:
    """Text of Python or JSON bytes: byte-order marks, UTF-16, declared encodings, Latin-1 as the last resort."""
    problems: list[Problem] = []
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):  # fmt: skip
        if data.startswith(mark):
            text = data.decode(encoding, errors="replace")
            if encoding != "utf-8-sig":
                problems.append(Problem("encoding", f"read as {encoding}"))
            break
    else:
        if data[:200].count(0) > len(data[:200]) // 4:  # UTF-16 without a mark: every second byte is zero
            problems.append(Problem("encoding", "read as utf-16 without a mark"))
            text = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", errors="replace")
        else:
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError:
                text, name = _declared(data)
                problems.append(Problem("encoding", f"read as {name}"))
    if "\0" in text:
        problems.append(Problem("nul_bytes", "zero bytes removed"))
        text = text.replace("\0", "")
    return text.replace("\r\n", "\n").replace("\r", "\n"), problems


def _declared(data: bytes) -> tuple[str, str]:
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(name), name
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return data.decode("latin-1"), "latin-1"


def read_python(data: bytes) -> Source:
    """The syntax tree of a .py file; a notebook saved as .py is read as a notebook."""
    if len(data) > MAX_PYTHON_BYTES:
        return Source(problems=[Problem("too_large", f"{len(data)} bytes; at most {MAX_PYTHON_BYTES} are read")])
    text, problems = decode(data)
    start = text.lstrip()
    if start.startswith("{") and '"cells"' in text and '"nbformat"' in text:
        source = read_notebook(data)
        source.problems.append(Problem("json_as_python", "a notebook saved as .py"))
        return source
    body, more = parse(with_runs(text))
    magic = _RAW_RUN.search(text)
    if magic and not more:
        problems.append(Problem("mended", f"line {text.count(chr(10), 0, magic.start()) + 1}: %run is no Python"))
    return Source([Part(body)], problems + more)


def with_runs(text: str) -> str:
    """Each `%run <notebook>` as a call that the resolver knows, on the same line."""
    if "%run" not in text:
        return text
    return _RUN.sub(lambda found: f"{found[1]}__run_notebook__({found[2].strip(chr(34) + chr(39))!r})", text)


def read_notebook(data: bytes) -> Source:
    """The code cells of a notebook of format 3 or 4, each parsed by itself."""
    source = Source(notebook=True)
    slim = without_images(data) if len(data) <= MAX_NOTEBOOK_BYTES else data
    if len(slim) > MAX_NOTEBOOK_TEXT_BYTES:
        detail = f"{len(slim)} bytes besides pictures; at most {MAX_NOTEBOOK_TEXT_BYTES} are read"
        source.problems.append(Problem("too_large", detail))
        return source
    text, source.problems = decode(slim)
    if not text.strip():
        source.problems.append(Problem("empty", "an empty file"))
        return source
    try:
        try:
            notebook = json.loads(_CONFLICT.sub("", text) if "<<<<<<<" in text else text)
        except ValueError:
            if len(slim) == len(data) or len(data) > MAX_NOTEBOOK_TEXT_BYTES:
                raise
            text, source.problems = decode(data)
            notebook = json.loads(_CONFLICT.sub("", text) if "<<<<<<<" in text else text)
    except (ValueError, RecursionError, MemoryError) as error:
        source.problems.append(Problem("not_json", str(error)[:200]))
        return source
    cells = _cells(notebook)
    if cells is None:
        source.problems.append(Problem("not_a_notebook", "JSON without cells"))
        return source
    language = _language(notebook)
    if language not in ("python", ""):
        source.problems.append(Problem("other_language", language))
        return source
    for number, cell in enumerate(cells):
        code = _code(cell)
        if not code or not code.strip():
            continue
        prepared = with_runs(without_cell_magic(code))
        if not prepared.strip():
            continue
        body, problems = parse(prepared, magics=True)
        source.parts.append(Part(body, number))
        source.problems += [Problem(p.kind, f"cell {number}: {p.detail}") for p in problems]
    return source


def without_images(data: bytes) -> bytes:
    """A notebook's bytes without the pictures among its outputs, which are most of them; the rest is as it was."""
    kept: list[bytes] = []
    start = 0
    for found in _IMAGE.finditer(data):
        if found.end() < start:
            continue
        closing = data.find(b'"', found.end())
        if closing < 0 or not data[found.end() : closing].isascii():
            break
        kept.append(data[start : found.end()])
        start = closing
    return b"".join([*kept, data[start:]]) if kept else data


def _cells(notebook: object) -> list[object] | None:
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        return notebook["cells"]
    sheets = notebook.get("worksheets")  # format 3
    if isinstance(sheets, list):
        return [c for s in sheets if isinstance(s, dict) and isinstance(s.get("cells"), list) for c in s["cells"]]
    return None


def _language(notebook: dict[str, object]) -> str:
    metadata = notebook.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    for key in ("kernelspec", "language_info"):
        section = metadata.get(key)
        name = section.get("language" if key == "kernelspec" else "name") if isinstance(section, dict) else None
        if isinstance(name, str) and name:
            name = name.lower()
            return "python" if name.startswith(("python", "ipython", "pyspark")) else name
    return ""


def _code(cell: object) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    code = cell.get("source", cell.get("input", ""))  # format 3 calls it `input`
    if isinstance(code, list):
        code = "".join(line for line in code if isinstance(line, str))
    return code.replace("\r\n", "\n").replace("\r", "\n") if isinstance(code, str) else None


def without_cell_magic(code: str) -> str:
    """The cell's Python with its first-line magic blanked; empty where the cell is in another language."""
    lines = code.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    head = lines[first].strip()
    if head.startswith("%%"):
        words = head[2:].split()
        if not words or words[0] not in _PYTHON_CELL_MAGICS:
            return ""
        if words[0] == "writefile" and not words[-1].endswith(".py"):
            return ""
        lines[first] = ""
    elif head.startswith("%") and head[1:].split(" ")[0].strip() in _FOREIGN_CELLS:
        return ""  # Databricks: one % opens a cell in another language
    elif head == "%python":
        lines[first] = ""
    return "\n".join(lines)


def _plain(line: str) -> str:
    timed = _TIMED.match(line)
    if timed:
        return timed.group(1) + timed.group(2)
    if _LINE_MAGIC.match(line):
        indent = line[: len(line) - len(line.lstrip())]
        return indent + ("pass" if indent else "")
    assigned = _ASSIGN_MAGIC.match(line)
    if assigned:
        return assigned.group(1) + "None"
    return "" if _HELP.match(line) else line


def parse(text: str, magics: bool = False) -> tuple[list[ast.stmt], list[Problem]]:
    """Statements of Python text. Tries Python's own parser, then mends what is mendable, then the tolerant parser.

    `magics` says that IPython's lines are expected, so that mending them is no problem worth a row.
    """
    body = _strict(text)
    if isinstance(body, list):
        return body, []
    reason = body
    merged = _CONFLICT.sub("", text)
    mended = "\n".join(_plain(line) for line in merged.split("\n"))
    if len(text) > MAX_LINE:
        mended = "\n".join("" if len(line) > MAX_LINE else line for line in mended.split("\n"))
    if mended != text:
        body = _strict(mended)
        if isinstance(body, list):
            kind = "merge_conflict" if merged != text else "mended"
            return body, [] if magics and kind == "mended" else [Problem(kind, reason)]
    from traceability.corpus.scanner import modern, tolerant

    try:
        newer = modern.older(mended)
        body = _strict(newer) if newer is not None else reason
        if isinstance(body, list):
            return body, []
        return tolerant.parse(mended), [Problem("syntax", reason)]
    except (RecursionError, MemoryError) as error:
        return [], [Problem("unreadable", f"{reason}; {type(error).__name__} in the tolerant parser")]


def _strict(text: str) -> list[ast.stmt] | str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in other people's strings
            return ast.parse(text).body
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return f"{type(error).__name__}: {str(error)[:100]}"
