"""Speed of the scanner beside a plain text search, the seed study's way, and semgrep with equivalent rules.

    PYTHONPATH=. python tests/benchmarks/scan_speed.py [FOLDER_OF_PROJECTS] [--repetitions 5] [--semgrep PATH]

Without a folder, the calibration projects are laid out 10 times over (430 projects). Every way reads every file to its
end; the ways are interleaved, one warm-up round is thrown away, and ratios of medians are printed. ripgrep and semgrep
are timed where they are installed.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from traceability.corpus import scanning, text_search

RULES = """
rules:
""" + "".join(
    f"  - {{id: {name}, languages: [python], severity: INFO, message: m, pattern: mlflow.{name}(...)}}\n"
    for name in (
        "log_param", "log_params", "log_metric", "log_metrics", "autolog", "log_artifact", "log_artifacts", "set_tag",
        "set_tags", "log_input", "start_run", "set_experiment", "set_tracking_uri",
    )
)  # fmt: skip


def files(root: Path) -> list[Path]:
    """Every .py and .ipynb file."""
    return [path for path in root.rglob("*") if path.suffix in (".py", ".ipynb") and path.is_file()]


def ours(root: Path) -> object:
    projects = [folder for folder in sorted(root.iterdir()) if folder.is_dir()]
    return scanning.scan_places([scanning.Place(folder.name, str(folder)) for folder in projects])


def seed_way(root: Path) -> object:
    """First hit of three words in any .py or .ipynb file of each project, each file read to its end."""
    found = {}
    for folder in root.iterdir():
        for path in files(folder):
            data = path.read_text(encoding="utf-8", errors="ignore")
            if any(word.decode() in data for word in text_search.SEED_WORDS):
                found[folder.name] = True
    return found


def exponent(root: Path) -> float:
    """Slope of log seconds over log bytes: every 8th, 4th and 2nd project, and all of them."""
    projects = [folder for folder in sorted(root.iterdir()) if folder.is_dir()]
    points = []
    for step in (8, 4, 2, 1):
        chosen = projects[::step]
        started = time.process_time()
        scanning.scan_places([scanning.Place(folder.name, str(folder)) for folder in chosen])
        spent = time.process_time() - started
        size = sum(path.stat().st_size for folder in chosen for path in files(folder))
        points.append((math.log(max(size, 1)), math.log(spent)))
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def command(*words: str) -> Callable[[Path], object]:
    return lambda root: subprocess.run([*words, str(root)], capture_output=True, check=False)


def lay_out(scratch: Path) -> Path:
    calibration = Path(__file__).parents[1] / "data" / "calibration"
    for number in range(10):
        for folder in calibration.iterdir():
            if folder.is_dir():
                shutil.copytree(folder, scratch / f"{folder.name}-{number}")
    return scratch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--semgrep", default=shutil.which("semgrep"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        root = given.folder or lay_out(scratch / "projects")
        (scratch / "rules.yaml").write_text(RULES)
        ways: dict[str, Callable[[Path], object]] = {"this scanner": ours, "seed's text search": seed_way}
        if shutil.which("rg"):
            ways["ripgrep"] = command("rg", "--no-ignore", "--hidden", "-c", "-g", "*.py", "-g", "*.ipynb", "mlflow")
        if given.semgrep:
            os.environ |= {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
            ways["semgrep"] = command(
                given.semgrep, "scan", "--config", str(scratch / "rules.yaml"), "--no-git-ignore", "--jobs", "1",
                "--metrics", "off", "--quiet", "--json",
            )  # fmt: skip
        for tool, way in (("rg", "ripgrep"), ("semgrep", "semgrep")):
            if way not in ways:
                sys.stdout.write(f"{way} is not timed: no `{tool}` on PATH (PyPI has wheels of both)\n")
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(given.repetitions + 1):
            for way, run in ways.items():
                if way == "semgrep" and turn > 1:
                    continue  # minutes each: once after the warm-up
                started = time.perf_counter()
                run(root)
                if turn:
                    seconds[way].append(time.perf_counter() - started)
        size = sum(path.stat().st_size for path in files(root)) / 2**20
        out = sys.stdout
        out.write(f"{len(list(root.iterdir()))} projects, {len(files(root))} files, {size:.0f} MiB, one process each\n")
        reference = statistics.median(seconds["this scanner"])
        for way, measured in seconds.items():
            median = statistics.median(measured)
            out.write(
                f"{way:20} {median:8.2f} s (n = {len(measured)})  this scanner takes {reference / median:6.2f} x\n"
            )
        out.write(f"time grows with bytes to the power {exponent(root):.2f} (1: linear)\n")


if __name__ == "__main__":
    main()
