"""Inputs without end for the scanner's readers: none may raise, hang, or keep a good file beside it from being read.

    make benchmark BENCHMARKS=fuzz_scanner ARGS='[--inputs 1000000] [--seed 1]'

Each input is made from the traps and cases of the tests: lines of several files put together, cut, repeated, and
single bytes changed. One in four is Python that is resolved to its end, one a notebook, one a configuration file, one
bytes for the two parsers. An input that raises, or takes more than two seconds of the processor, is printed with the
number that makes it again (`--only NUMBER`), and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from traceability.corpus.scanner import documents, file_roles, indicators, modern, sources, switches, tolerant
from traceability.corpus.scanner.configuration_files import Configuration
from traceability.corpus.scanner.execution import run_module
from traceability.corpus.scanner.ignoring import Selection
from traceability.corpus.scanner.resolution import Project

ROOT = Path(__file__).parents[1]
SECONDS = 2.0
MARKS = [
    b"(", b")", b"[", b"]", b"{", b"}", b":", b"'", b'"', b'"""', b"\\", b"\n", b"\t", b"    ", b"\0", b"\xff",
    b"#", b"%",
    b"f'{", b"lambda x: ", b"yield ", b"await ", b"async ", b"def f[T](", b"class A[T](", b"type X = ", b"match x:\n",
    b"mlflow", b".log_metric(", b"getattr(mlflow, x)", b"import_module('mlflow')", b"super().", b"*a", b"**k", b" := ",
    b"defaults:\n  - logger:\n    - mlflow\n", b"_target_: a.MLFlowLogger\n", b"report_to: [", b"%run ./a\n",
    b"- " * 40,
    b"@", b"%%bash\n", b"-- MAGIC %python\n", b"```{python}\n", "é\u2028".encode(), b" " * 300, b"(" * 60, b"\r",
]  # fmt: skip


class TooSlowError(Exception):
    """An input took too long."""


def seeds() -> tuple[list[list[bytes]], list[list[bytes]]]:
    """Lines of every Python file, and of every other one, of the tests' projects."""
    code, other = [], []
    for folder in ("data/calibration", "cases/scan"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.stat().st_size < 20_000:
                (code if path.suffix == ".py" else other).append(path.read_bytes().splitlines(keepends=True))
    return code, other


def made(rng: random.Random, pool: list[list[bytes]]) -> bytes:
    """One input: stretches of some files, with changes."""
    lines: list[bytes] = []
    for _ in range(rng.randint(1, 3)):
        whole = rng.choice(pool) or [b""]
        start = rng.randrange(len(whole))
        lines += whole[start : start + rng.randint(1, 12)]
    if rng.random() < 0.3:
        rng.shuffle(lines)
    data = bytearray(b"".join(lines))
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4, 8))):
        place = rng.randint(0, len(data))
        what = rng.random()
        if what < 0.5:
            data[place:place] = rng.choice(MARKS)
        elif what < 0.8:
            del data[place : place + rng.randint(1, 12)]
        elif place < len(data):
            data[place] = rng.randrange(256)
    return bytes(data)


def python(data: bytes, rng: random.Random) -> None:
    """Two files that are resolved together."""
    files = {"a.py": sources.read_python(data), "pkg/b.py": sources.read_python(data[: rng.randint(0, len(data))])}
    files["good.py"] = sources.read_python(b"import mlflow\nmlflow.set_tag('a', 'b')\n")
    for source in files.values():
        switches.look(source, True)
        indicators.look(source, {"a"})
    calls = Project(files, [*files, "pkg/__init__.py", "other.py"]).resolve(run_module)
    assert any(call.file == "good.py" and call.kind == "set_tag" for call in calls)


def notebook(data: bytes, rng: random.Random) -> None:
    """A notebook whose cells, or whose bytes, are such an input."""
    text = data.decode("utf-8", errors="replace")
    cells = [{"cell_type": "code", "source": part} for part in text.split("\n\n")]
    whole = json.dumps({"nbformat": 4, "cells": cells, "metadata": {"language_info": {"name": "python"}}}).encode()
    place = rng.randrange(len(whole))
    sources.read_notebook(whole if rng.random() < 0.6 else whole[:place] + rng.choice(MARKS) + whole[place:])
    documents.read(rng.choice(("a.sql", "a.scala", "a.r", "a.qmd", "a.Rmd")), b"-- Databricks notebook source\n" + data)


def configuration(data: bytes, rng: random.Random) -> None:
    """A configuration file of any name, and a `.gitignore`."""
    text = sources.decode(data)[0]
    said = Configuration()
    for name in rng.sample(("conf/logger/mlflow.yaml", "conf/train.yaml", "a.json", "run.sh", "requirements.txt",
                            "MLproject", "conf/base/catalog.yml", "setup.cfg"), 3):  # fmt: skip
        said.name(name)
        said.read(name, text)
    said.gather()
    said.conclude(False)
    selection = Selection()
    selection.add(rng.choice(("", "a")), text)
    selection.leaves_out("a/b/c.py", False)
    file_roles.Strangers([line[:80] for line in text.splitlines()]).reason("a/b.py")


def parsers(data: bytes, _rng: random.Random) -> None:
    """The tolerant parser and the one that makes older Python of newer."""
    text = sources.decode(data)[0]
    tolerant.parse(text)
    older = modern.older(text)
    assert older is None or older.count("\n") == text.count("\n")


READERS: list[Callable[[bytes, random.Random], None]] = [python, notebook, configuration, parsers]


def stop(_number: int, _frame: FrameType | None) -> None:
    raise TooSlowError


def one(number: int, seed: int, pools: tuple[list[list[bytes]], list[list[bytes]]]) -> str:
    """Try one input; what went wrong, or nothing."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 - inputs, no secrets
    reader = READERS[number % len(READERS)]
    pool = pools[1] if reader is configuration or rng.random() < 0.1 else pools[0]
    data = made(rng, pool)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)  # of its own: other programs may be busy
    try:
        reader(data, rng)
    except Exception:  # whatever it is: that is what is looked for
        return f"{reader.__name__} {number}: {traceback.format_exc().strip().splitlines()[-1]}\n{data!r}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int)
    given = parser.parse_args()
    signal.signal(signal.SIGVTALRM, stop)
    pools = seeds()
    wrong, started = 0, time.monotonic()
    chosen = range(given.first, given.first + given.inputs) if given.only is None else [given.only]
    for number in chosen:
        said = one(number, given.seed, pools)
        if said:
            wrong += 1
            sys.stdout.write(said + "\n")
        if number % 20_000 == 0:
            sys.stdout.write(f"{number} inputs, {wrong} wrong, {time.monotonic() - started:.0f} s\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} inputs, {wrong} wrong, {time.monotonic() - started:.0f} s\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
