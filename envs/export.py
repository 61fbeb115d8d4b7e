"""Cut `envs/<group>.yaml` from `uv.lock`, one for each dependency group listed in pyproject.toml's [tool.study].

Each file is a conda environment: a pinned Python and pip from conda-forge, and the exact closure of the group (with
the library's own needs) as inline pip lines with hashes. Inline, because Snakemake copies the file elsewhere before it
creates the environment, and because only then does a changed pin change the environment's identity.

Usage: python envs/export.py [--check]
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

from packaging.markers import Marker
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
PYTHON = (3, 11)
CONDA = (f"python={PYTHON[0]}.{PYTHON[1]}", "pip=25.3")
#: No word of the group in it: groups with the same closure are one file to Snakemake, and so one environment.
HEADER = """\
# Cut from uv.lock by `make envs`: the dependency group of this file's name in pyproject.toml is where to change it.
# For Linux and macOS on Intel and ARM; a wrong hash stops the installation.
channels:
  - conda-forge
  - nodefaults
dependencies:
"""


def machines(python: tuple[int, int]) -> list[dict[str, str]]:
    """The machines the files are for, as environment markers describe them."""
    short = f"{python[0]}.{python[1]}"
    common = {
        "os_name": "posix", "python_version": short, "python_full_version": f"{short}.9", "extra": "",
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
    }  # fmt: skip
    systems = [("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "x86_64")]
    systems.append(("darwin", "Darwin", "arm64"))
    return [common | {"sys_platform": s, "platform_system": n, "platform_machine": m} for s, n, m in systems]


def uv() -> str:
    """The uv of this environment, whose version the lock fixes, else the one on PATH."""
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv") or "uv"


def groups(root: Path = ROOT) -> list[str]:
    """The dependency groups that get an environment file."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return list(settings["tool"]["study"]["environments"])


def wheel_names(root: Path = ROOT) -> dict[str, str]:
    """The file name behind each hash of the lock."""
    lock = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    names = {}
    for package in lock["package"]:
        for file in [*package.get("wheels", []), package.get("sdist", {})]:
            if "hash" in file:
                names[file["hash"]] = unquote(file.get("url", file.get("path", "")).rsplit("/", 1)[-1])
    return names


def usable(tag: Tag, python: tuple[int, int]) -> bool:
    """Whether a wheel with this tag runs on this CPython on one of the machines."""
    interpreter = re.fullmatch(r"(py|cp)(\d)(\d*)", tag.interpreter)
    if interpreter is None or interpreter[2] != str(python[0]):
        return False
    minor = int(interpreter[3] or 0)
    if interpreter[1] == "cp" and minor != python[1] and tag.abi != "abi3":
        return False
    machine = re.fullmatch(r"(?:manylinux|linux|macosx)\w*_(?:x86_64|aarch64|arm64|universal2|intel)", tag.platform)
    return minor <= python[1] and (tag.platform == "any" or machine is not None)


def needed(filename: str, python: tuple[int, int]) -> bool:
    """Whether an archive belongs into the files: source archives do, and wheels for the machines."""
    return not filename.endswith(".whl") or any(usable(tag, python) for tag in parse_wheel_filename(filename)[3])


def pip_lines(group: str, root: Path = ROOT, python: tuple[int, int] = PYTHON) -> list[str]:
    """The closure of a group and of the library, as requirement lines with hashes, in the order of the names."""
    words = ["export", "--locked", "--quiet", "--no-default-groups", "--group", group, "--no-emit-project"]
    words += ["--format", "requirements-txt", "--no-annotate", "--no-header"]
    text = subprocess.run([uv(), *words], cwd=root, capture_output=True, text=True, check=True).stdout
    names, lines = wheel_names(root), []
    for line in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = [part.strip() for part in line.split("--hash=")]
        pin, _, condition = (part.strip() for part in requirement.partition(";"))
        if condition:
            marker = Marker(condition)
            holds = [marker.evaluate(dict(machine)) for machine in machines(python)]
            if not any(holds):
                continue
            pin = pin if all(holds) else f"{pin} ; {condition}"
        lines.append(" ".join([pin, *(f"--hash={value}" for value in sorted(hashes) if needed(names[value], python))]))
    return sorted(lines)


def environment(group: str, root: Path = ROOT) -> str:
    """The text of `envs/<group>.yaml`."""
    lines = [f"  - {package}" for package in CONDA] + ["  - pip:", '      - "--require-hashes"']
    lines += [f"      - {json.dumps(line)}" for line in pip_lines(group, root)]
    return HEADER + "\n".join(lines) + "\n"


def main() -> int:
    """Write the files, or with --check say which ones no longer follow from the lock."""
    arguments = argparse.ArgumentParser(description="Cut envs/*.yaml from uv.lock.")
    arguments.add_argument("--check", action="store_true", help="write nothing; fail where a file and the lock differ")
    check = arguments.parse_args().check
    stale = []
    for group in groups():
        path, text = ROOT / "envs" / f"{group}.yaml", environment(group)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not check:
            path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{'stale' if check else 'written'}: {', '.join(stale) or 'none, all agree with uv.lock'}\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
