"""What was so, noted from outside the tracker: git, files, machine, and the notes that the process left at its end."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from traceability.capture.launching import Launch
from traceability.errors import StudyError
from traceability.runtime import environment, git
from traceability.runtime.files import read_json, sha256_file


def before(launch: Launch) -> dict[str, Any]:
    """Facts of code and machine, looked at just before the launch."""
    facts: dict[str, Any] = {
        "entry_point": str(launch.entry) if launch.entry else "", "directory": str(launch.cwd),
        "entry_point_sha256": sha256_file(launch.entry) if launch.entry else "", "user": getpass.getuser(),
        "cpu": cpu(), "gpu": gpus(), "memory_bytes": environment.host()["memory_mib"] * 2**20,
        "cores": os.cpu_count(), "release": platform.release(),
    }  # fmt: skip
    return facts | repository(launch.repository)


def repository(root: Path | None) -> dict[str, Any]:
    """Commit, branch, remote and uncommitted changes; empty values where there is no repository or no commit."""
    none: dict[str, Any] = {"commit": "", "branch": "", "remote": "", "dirty": None, "diff": "", "untracked": []}
    if root is None:
        return none
    listed = git.run("ls-files", "--others", "--exclude-standard", "-z", cwd=root).split("\0")
    untracked = sorted(filter(None, listed))
    # Empty where HEAD is detached; a branch that has no commit yet has a name already.
    branch = git.run("symbolic-ref", "--quiet", "--short", "HEAD", cwd=root, check=False).strip()
    try:
        commit = git.head(root)
    except StudyError:
        return none | {"dirty": True, "branch": branch, "untracked": untracked}
    diff = git.run("diff", "HEAD", "--no-color", "--no-ext-diff", cwd=root)
    remote = git.run("remote", "get-url", "origin", cwd=root, check=False).strip()
    return {
        "commit": commit, "branch": branch, "remote": remote,
        "dirty": bool(diff or untracked), "diff": diff, "untracked": untracked,
    }  # fmt: skip


def cpu() -> str:
    """Name of the processor."""
    try:
        text = Path(os.sep, "proc", "cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named[1].strip() if named else platform.machine()


def gpus() -> list[str]:
    """Names of NVIDIA processors; empty where there is none."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, check=False,
            timeout=20,
        )  # fmt: skip
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return []
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


def after(notes: Path, described: Mapping[str, Any], data: Path) -> dict[str, Any]:
    """Facts of the process that did the experiment, from its summary and its own notes below `notes`.

    `described` is what `probes/describe.py` said of the environment. Raises `StudyError` where the notes are missing.
    """
    summary = read_json(notes / "summary.json")
    noted = notes / f"process-{summary['pid']}.json"
    if not noted.is_file():
        raise StudyError("the process that did the experiment was ended before it could note what it was")
    process = read_json(noted)
    imported: dict[str, str] = {}
    for module in process["modules"]:
        for name in described["modules"].get(module, []):
            if name in described["closure"]:
                imported[name] = described["closure"][name]
    return {
        "argv": process["argv"], "python": process["python"], "platform": process["platform"],
        "files": process["files"], "threads": process["threads"], "deterministic_ops": process["deterministic_ops"],
        "imported": imported, "installed": described["closure"],
        "parameters": summary["params"], "defaults": summary["defaults"], "metrics": summary["metrics"],
        "weights": summary["weights"], "explicit": summary["explicit"],
        "data": str(data), "data_sha256": sha256_file(data), "split": summary["params"],
    }  # fmt: skip


def code_of(commit: str, repositories: list[Path], wanted: Mapping[str, str]) -> list[str] | None:
    """Those files of `wanted` (path: git's blob id) that a checkout of `commit` would give.

    Content counts, not the name. None: no repository has the commit.
    """
    for root in repositories:
        try:
            listed = git.run("ls-tree", "-r", commit, cwd=root)
        except StudyError:
            continue
        blobs = {line.split()[2] for line in listed.splitlines()}
        return sorted(path for path, blob in wanted.items() if blob in blobs)
    return None


def blob_id(path: Path) -> str:
    """The name that git gives to a file's content."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
