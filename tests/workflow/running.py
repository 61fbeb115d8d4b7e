"""How the tests run whole workflows: in a fresh copy of the study's tracked files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_of_study(target: Path) -> Path:
    """The files that git tracks (or would track), as a checkout has them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def snakemake(folder: Path, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in `folder` as its user would, with this interpreter's environment."""
    command = [sys.executable, "-m", "snakemake", "--configfile", "config/quick.yaml", "--cores", "2", *arguments]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, **options)
