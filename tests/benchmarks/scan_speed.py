"""Speed of the scanner beside a plain text search, the seed study's way, and semgrep with equivalent rules.

    make benchmark BENCHMARKS=scan_speed ARGS='[FOLDER_OF_PROJECTS] [--projects 200] [--repetitions 5]'

Without a folder, pinned projects of the corpus are fetched and laid out in a temporary folder; `--url-template` names
a mirror of them. Those that cannot be had are counted; where none can, the calibration projects are taken. Every way
reads every file to its end; the ways are interleaved, one warm-up round is thrown away, and ratios of medians are
printed. ripgrep and semgrep come from `envs/scan_speed.txt`.
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

import yaml
from rich.progress import track
from support import ROOT

from traceability.corpus import fetching, tables, text_search
from traceability.corpus.scanner import file_roles, scanning, vocabulary
from traceability.corpus.scanner.commits import Commit
from traceability.corpus.settings import Section
from traceability.errors import StudyError
from traceability.runtime import virtualenvs

#: After so many projects that cannot be had, and none that can, no other is asked for.
HOPELESS = 3
OURS, USED, SEED = "this scanner", "traceability scan", "seed's text search"
Way = Callable[[Path], object]


def rules() -> str:
    """Semgrep's rules for what the scanner resolves by name: fluent functions, flavors, clients, loggers of others."""
    client = "$CLIENT = $MODULE.MlflowClient(...)\n..."
    patterns: dict[str, list[dict[str, object]]] = {
        name: [{"pattern": f"mlflow.{name}(...)"}] for name in (*vocabulary.FUNCTIONS, "autolog", "log_model")
    }
    patterns["autolog"].append({"pattern": "mlflow.$FLAVOR.autolog(...)"})
    patterns["log_model"].append({"pattern": "mlflow.$FLAVOR.log_model(...)"})
    for name in vocabulary.FUNCTIONS.keys() - vocabulary.FLUENT_ONLY:
        inside = [{"pattern-inside": client}, {"pattern-inside": client.replace("$MODULE.", "")}]
        patterns[name].append({"patterns": [{"pattern-either": inside}, {"pattern": f"$CLIENT.{name}(...)"}]})
    patterns["logger"] = [
        {"pattern": f"{call}(...)"} for call in ("MLFlowLogger", "$LIBRARY.MLFlowLogger", "MLflowCallback")
    ]
    said = {"languages": ["python"], "severity": "INFO", "message": "tracking"}
    return yaml.safe_dump({"rules": [{"id": name, **said, "pattern-either": any_} for name, any_ in patterns.items()]})


def files(root: Path) -> list[Path]:
    """Every .py and .ipynb file."""
    return [path for path in root.rglob("*") if path.suffix in (".py", ".ipynb") and path.is_file()]


def projects(root: Path) -> list[Path]:
    """The folders of projects."""
    return [folder for folder in sorted(root.iterdir()) if folder.is_dir()]


def ours(root: Path) -> object:
    """The scanner as `traceability scan` runs it, in one process: no text search, no environments."""
    options = scanning.Options(text=False, selective=True)
    return scanning.scan_places([scanning.Place(folder.name, str(folder), "", options) for folder in projects(root)])


def as_users_do(root: Path) -> object:
    """`traceability scan` with its default options, so in as many processes as there are cores, started afresh."""
    words = [sys.executable, "-m", "traceability", "scan", *map(str, projects(root))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise StudyError(f"traceability scan ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done


def seed_way(root: Path) -> object:
    """First hit of three words in any .py or .ipynb file of each project, each file read to its end."""
    found = {}
    for folder in projects(root):
        for path in files(folder):
            data = path.read_text(encoding="utf-8", errors="ignore")
            if any(word.decode() in data for word in text_search.SEED_WORDS):
                found[folder.name] = True
    return found


def command(*words: str) -> Way:
    """A program that is given the folder; an exit status that means trouble is an error (1: nothing found)."""

    def run(root: Path) -> object:
        done = subprocess.run([*words, str(root)], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise StudyError(f"{Path(words[0]).name} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return done

    return run


def programs(scratch: Path) -> dict[str, Way]:
    """ripgrep and semgrep from their locked environment, built once in `build/`; a line says where there is none."""
    text = (ROOT / "envs" / "scan_speed.txt").read_text(encoding="utf-8")
    try:
        folder = virtualenvs.build(text, virtualenvs.running(), ROOT / "build" / "environments", again=True).parent
    except (StudyError, virtualenvs.NotBuilt) as error:
        sys.stdout.write(f"ripgrep and semgrep are not timed: {error}\n")
        return {}
    (scratch / "rules.yaml").write_text(rules(), encoding="utf-8")
    os.environ |= {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"  # semgrep starts a program of its own
    return {
        "ripgrep": command(
            str(folder / "rg"), "--no-ignore", "--hidden", "-j", "1", "-c", "-g", "*.py", "-g", "*.ipynb", "mlflow"
        ),
        "semgrep": command(
            str(folder / "semgrep"), "scan", "--config", str(scratch / "rules.yaml"), "--no-git-ignore",
            "--x-ignore-semgrepignore-files",  # by default it leaves out folders such as tests
            "--max-target-bytes", "0", "--jobs", "1", "--metrics", "off", "--quiet", "--json",
        ),
    }  # fmt: skip


def lay_out(scratch: Path, wanted: int, template: str) -> Path:
    """The first `wanted` pinned projects that can be had, as folders of the files that the scanner reads.

    Where nothing can be had, the calibration projects are laid out ten times over instead, and a line says so.
    """
    root = scratch / "projects"
    root.mkdir()
    pinned = [row for row in tables.PROJECTS.rows(ROOT / "config" / "projects.tsv") if row["selected"]]
    gone: list[str] = []
    for row in track(pinned, "fetching projects", transient=True):
        laid = len(projects(root))
        if laid == wanted or (not laid and len(gone) == HOPELESS):
            break
        name = row["repository"].replace("/", "+")
        found = fetching.fetch(row["repository"], row["commit"], template, scratch / "repositories" / name, attempts=1)
        if found.path:
            write_files(Commit(Path(found.path), row["commit"], file_roles.wanted), root / name)
        else:
            gone.append(found.detail)
    if gone:
        sys.stdout.write(f"{len(gone)} projects could not be had from {template}; the first: {gone[0]}\n")
    if not projects(root):
        sys.stdout.write("the calibration projects instead, which are tiny: name a mirror with --url-template\n")
        for number in range(10):
            for folder in projects(ROOT / "tests" / "data" / "calibration"):
                shutil.copytree(folder, root / f"{folder.name}-{number}")
    return root


def write_files(tree: Commit, folder: Path) -> None:
    """The files of a commit that can be read."""
    with tree:
        for entry in tree.entries:
            data = tree.read(entry)
            if isinstance(data, bytes):
                target = folder / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


def exponent(root: Path) -> float:
    """Slope of log seconds over log bytes: every 8th, 4th and 2nd project, and all of them."""
    points = []
    for step in (8, 4, 2, 1):
        chosen = projects(root)[::step]
        started = time.process_time()
        options = scanning.Options(text=False, selective=True)
        scanning.scan_places([scanning.Place(folder.name, str(folder), "", options) for folder in chosen])
        spent = time.process_time() - started
        size = sum(path.stat().st_size for folder in chosen for path in files(folder))
        points.append((math.log(max(size, 1)), math.log(spent)))
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def measure(root: Path, ways: dict[str, Way], repetitions: int) -> dict[str, list[float]]:
    """Seconds of each way; in the first round, which warms up, they are not kept."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(repetitions + 1):
        for way, run in ways.items():
            if way == "semgrep" and turn > 1:
                continue  # minutes each: once after the warm-up
            started = time.perf_counter()
            run(root)
            if turn:
                seconds[way].append(time.perf_counter() - started)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--url-template", default=Section().url_template)
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        root = given.folder or lay_out(scratch, given.projects, given.url_template)
        ways: dict[str, Way] = {OURS: ours, USED: as_users_do, SEED: seed_way, **programs(scratch)}
        seconds = measure(root, ways, given.repetitions)
        size = sum(path.stat().st_size for path in files(root)) / 2**20
        out = sys.stdout
        counted = f"{len(projects(root))} projects, {len(files(root))} files, {size:.0f} MiB"
        out.write(f"{counted}; one process each but for {USED}\n")
        reference = statistics.median(seconds[OURS])
        for way, measured in seconds.items():
            median = statistics.median(measured)
            out.write(
                f"{way:20} {median:8.2f} s (n = {len(measured)})  this scanner takes {reference / median:6.2f} x\n"
            )
        used = statistics.median(seconds[USED]) / statistics.median(seconds[SEED])
        out.write(f"{USED} with its default options takes {used:.2f} times the seed's text search\n")
        out.write(f"time grows with bytes to the power {exponent(root):.2f} (1: linear)\n")


if __name__ == "__main__":
    main()
