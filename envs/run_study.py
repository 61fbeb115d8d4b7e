"""Run the workflow as `make study` does: clear away what a killed run left, run Snakemake, build the report.

A Snakemake that is killed leaves its lock behind, and jobs that go on without it. The lock is removed, and those jobs
are stopped, only when no Snakemake works in this folder any more; otherwise the second run is refused.

Usage: python envs/run_study.py [--report FILE] [arguments of snakemake]
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
#: As `traceability.runtime.files.replacing` makes them.
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}(\.\w+)?")


class Refused(Exception):
    """Why the study cannot run now, in one line."""


def say(text: str) -> None:
    """One line to the user."""
    sys.stderr.write(f"study: {text}\n")
    sys.stderr.flush()


def at_work(folder: Path) -> list[psutil.Process]:
    """Every Snakemake that steers a run in `folder` (and not one that Snakemake started for a job)."""
    return [p for p, words in _processes(folder) if _is_snakemake(words) and "--mode" not in words]


def left_over(folder: Path, owner: dict[str, Any]) -> list[psutil.Process]:
    """Jobs of a run whose Snakemake is gone: the rest of its process group, and scripts that Snakemake had started.

    The system gives the number of a process group to nobody else while the group has members.
    """
    group = owner.get("pid")
    found = [p for p, words in _processes(folder) if _is_snakemake(words) or ".snakemake/scripts/" in " ".join(words)]
    if owner.get("host") == socket.gethostname() and group and not psutil.pid_exists(group):
        for process in psutil.process_iter():
            with contextlib.suppress(OSError, psutil.Error):
                if os.getpgid(process.pid) == group and process.create_time() >= owner["started"] - 1:
                    found.append(process)
    return found


def _is_snakemake(words: list[str]) -> bool:
    """Whether a command line is `snakemake`, `python .../snakemake` or `python [options] -m snakemake`."""
    return any(Path(word).name == "snakemake" for word in words[:2]) or ("-m", "snakemake") in itertools.pairwise(words)


def _processes(folder: Path) -> Iterator[tuple[psutil.Process, list[str]]]:
    """The processes of this user that work in `folder`, with their command lines."""
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == folder and process.pid != os.getpid():
                yield process, process.cmdline()
        except (psutil.Error, OSError):
            continue  # another user's, or gone


def stop(processes: list[psutil.Process]) -> None:
    """End processes with all that they started: asked first, killed after 10 seconds."""
    every = {process.pid: process for process in processes}
    for process in processes:
        try:
            every.update({child.pid: child for child in process.children(recursive=True)})
        except psutil.Error:
            continue
    for action in ("terminate", "kill"):
        for process in every.values():
            try:
                getattr(process, action)()
            except psutil.Error:
                continue
        if not psutil.wait_procs(list(every.values()), timeout=10)[1]:
            return


def clear_away(folder: Path, arguments: list[str]) -> None:
    """Remove the lock and the jobs of a run that is no more; raise `Refused` while one is at work."""
    state = folder / ".snakemake"
    steering = at_work(folder)
    if steering:
        raise Refused(f"another run (process {steering[0].pid}) is at work in {folder}; wait for it, or stop it first")
    owner = read_owner(state / "owner.json")
    locked = any((state / "locks").glob("*"))
    if locked and owner.get("host", socket.gethostname()) != socket.gethostname():
        raise Refused(
            f"{folder} is locked by process {owner['pid']} on {owner['host']}; "
            "if that run is over, call `.venv/bin/snakemake --unlock`"
        )
    jobs = left_over(folder, owner)
    if jobs:
        say(f"stopping {len(jobs)} processes that outlived their run")
        stop(jobs)
    if locked:
        who = f"process {owner['pid']}" if "pid" in owner else "a run"
        say(f"{who} that held the lock is gone; unlocking")
        # Rules that take every core cannot be read without a number of cores.
        words = [*command(), "--unlock", "--cores", "1", *arguments]
        done = subprocess.run(words, cwd=folder, check=False, capture_output=True)
        if done.returncode != 0:
            raise Refused(f"unlocking failed: {done.stderr.decode(errors='replace').strip().splitlines()[-1]}")
    half = half_written(folder / "results")
    for path in half:
        path.unlink(missing_ok=True)
    if half:
        say(f"removed {len(half)} half-written files of a run that was killed")


def half_written(results: Path) -> list[Path]:
    """Files under the temporary names that results have until they are whole: `.runs.parquet.x1y2z3_4.parquet`.

    Environments and repositories are left out: what is in them belongs to others.
    """
    found: list[Path] = []
    for where, folders, names in os.walk(results):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(where, name) for name in names if _TEMPORARY.fullmatch(name)]
    return found


def read_owner(path: Path) -> dict[str, Any]:
    """Who ran here last: host, process and when it started; empty when nobody knows."""
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) else {}


def write_owner(path: Path, process: int) -> None:
    """Note who holds the lock, for the next run to find."""
    path.parent.mkdir(exist_ok=True)
    started = psutil.Process(process).create_time()
    path.write_text(json.dumps({"host": socket.gethostname(), "pid": process, "started": started}), encoding="utf-8")


def command() -> list[str]:
    """Snakemake of this environment."""
    return [sys.executable, "-m", "snakemake"]


def environment() -> dict[str, str]:
    """What an activated environment has: its programs come first on PATH."""
    folder = Path(sys.executable).parent
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(folder.parent)}


class Progress:
    """How much of the expected time is done: every benchmark file that appears stands for a part of the estimate."""

    def __init__(self, benchmarks: Path, parts: list[dict[str, Any]], cores: int) -> None:
        self._benchmarks, self._cores, self._begun = benchmarks, cores, time.time()
        # What is there already is not measured again, or was by a run before this one.
        self._open = {part["benchmark"]: part for part in parts if not self._made(part, 0)}
        self._all = self._seconds()

    def look(self) -> None:
        """Say what is left when a part was finished since the last look."""
        done = [name for name, part in self._open.items() if self._made(part, self._begun - 1)]
        for name in done:
            del self._open[name]
        if done and self._all:
            left = self._seconds()
            share = 100 * (1 - left / self._all)
            say(f"{share:.0f} % of the expected work is done, some {left / 60:.1f} minutes are left")

    def _made(self, part: dict[str, Any], since: float) -> bool:
        if not part["benchmark"]:
            return False  # the small jobs, of which the last ones end the study
        try:
            return (self._benchmarks / str(part["benchmark"])).stat().st_mtime >= since
        except OSError:
            return False

    def _seconds(self) -> float:
        return sum(part["seconds"] / (1 if part["alone"] else self._cores) for part in self._open.values())


def estimate(arguments: list[str]) -> Progress | None:
    """Say how long the study is expected to take; None where that cannot be told, which stops nothing."""
    files = [word for word in configuration(arguments) if not word.startswith("-")]
    words = [sys.executable, str(ROOT / "envs" / "estimate.py"), "--json"]
    done = subprocess.run([*words, *(["--configfile", files[0]] if files else [])], cwd=ROOT, check=False,
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode != 0:
        return None
    told = json.loads(done.stdout)
    say(told["words"])
    return Progress(ROOT / "results" / "benchmarks", told["parts"], os.cpu_count() or 1)


def run(folder: Path, arguments: list[str], progress: Progress | None = None) -> int:
    """Run Snakemake as a process group of its own and pass on, once each, the signals that this process gets.

    In the terminal's group it would get an interrupt twice, and a second one cuts its cleaning up short. An interrupt
    goes to the whole group, as a terminal's does: Snakemake waits for its jobs and does not end them.
    """
    child = subprocess.Popen(
        [*command(), *arguments], cwd=folder, env=environment(), stdin=subprocess.DEVNULL, process_group=0
    )

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, number)
        else:
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    with contextlib.suppress(psutil.NoSuchProcess):  # over before it could be noted
        write_owner(folder / ".snakemake" / "owner.json", child.pid)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = child.wait(timeout=5 if progress else None)
            break
        if progress:
            progress.look()
    return status if status >= 0 else 128 - status


def main() -> int:
    """The exit status of Snakemake, or 1 when the run was refused."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--report")
    known, arguments = parser.parse_known_args()
    try:
        clear_away(ROOT, configuration(arguments))
    except Refused as reason:
        say(str(reason))
        return 1
    sized = ("--cores", "-c", "--jobs", "-j", "--profile", "--workflow-profile")
    if not any(word.split("=")[0] in sized for word in arguments):
        arguments = ["--cores", "all", *arguments]
    status = run(ROOT, arguments, estimate(arguments) if known.report and "-n" not in arguments else None)
    if status == 0 and known.report:
        (ROOT / known.report).parent.mkdir(parents=True, exist_ok=True)
        status = run(ROOT, ["--report", known.report, "--cores", "1", *configuration(arguments)])
        if status == 0:
            say(closing(ROOT / "results", known.report))
    return status


def closing(results: Path, report: str) -> str:
    """What came out and where to look first, as one paragraph."""
    figures, tables = len(list(results.glob("figures/*.svg"))), len(list(results.glob("*/*.tsv")))
    parts = [f"done: {figures} figures and {tables} tables are below {results.name}/."]
    expected = [row for row in rows_of(results / "statistics" / "expectations.tsv") if row["agrees"] in ("yes", "no")]
    if expected:
        other = [row["expectation"] for row in expected if row["agrees"] == "no"]
        held = f"{len(expected) - len(other)} of {len(expected)} values that the plan expects were observed"
        parts.append(f"{held}; otherwise came out: {', '.join(other)}." if other else f"{held}.")
    broken = [row["store"] for row in rows_of(results / "storage" / "durability.tsv") if row["agrees"] == "False"]
    if broken:
        parts.append(f"Acknowledged records were lost by: {', '.join(broken)}.")
    summary = results / "reproduction" / "summary.txt"
    if summary.is_file():
        parts.append(summary.read_text(encoding="utf-8").strip())
    parts.append(f"Look first at {report} (unpack it and open report.html)")
    parts.append("and at results/paper/study.pdf; the log of each job is below results/logs/.")
    return " ".join(parts)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table; none where it was not made."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream, delimiter="\t"))
    except OSError:
        return []


def configuration(arguments: list[str]) -> list[str]:
    """The part of the arguments that chooses the configuration: unlocking and reporting must read the same one."""
    chosen: list[str] = []
    taking = False
    for word in arguments:
        if word.startswith("-"):
            taking = word.split("=")[0] in ("--configfile", "--configfiles", "--config", "-C")
        if taking:
            chosen.append(word)
    return chosen


if __name__ == "__main__":
    raise SystemExit(main())
