"""Running a restored program so that it can do little harm: throw-away home, limits, no network where the system can.

This protects from accidents and from curiosity, not from an attacker with a kernel exploit: run what you do not trust
in a machine that you can lose.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Largest file that a replayed run may write, in bytes.
FILE_LIMIT = 4 * 2**30
_PASSED_ON = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit status (None: it was killed for taking too long), seconds, its last lines."""

    status: int | None
    seconds: float
    output: str
    network: str

    @property
    def last_line(self) -> str:
        """The last thing it said."""
        lines = [line for line in self.output.strip().splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it said nothing"


@functools.cache
def network_switch() -> tuple[str, ...]:
    """Words before a command that take the network away from it; empty where the system does not allow that."""
    words = ("unshare", "--map-root-user", "--net")
    if shutil.which("unshare") is None:
        return ()
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if tried.returncode == 0 else ()


def variables(home: Path, python: Path, extra: dict[str, str] | None = None) -> dict[str, str]:
    """The whole environment of the process: nothing of the caller's (keys, tokens, tracking addresses) goes along."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "tmp").mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {
        "HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_CACHE_HOME": str(home / ".cache"),
        "PATH": os.pathsep.join([str(python.parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1", "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet", "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0", "TF_CPP_MIN_LOG_LEVEL": "3",
    } | (extra or {})  # fmt: skip


@functools.cache
def _leash() -> tuple[str, ...]:
    """Words that let the kernel end the command when this process ends, where the system has them."""
    return ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()


def _launcher(loopback: bool, memory_bytes: int) -> tuple[str, ...]:
    """Words that let a command limit itself before it begins; see sandbox_launcher.py."""
    settings = json.dumps({"loopback": loopback, "file_bytes": FILE_LIMIT, "memory_bytes": memory_bytes})
    return (sys.executable, "-I", "-S", str(Path(__file__).with_name("sandbox_launcher.py")), settings)


def run(
    words: Sequence[str], *, folder: Path, environment: dict[str, str], timeout: float, memory_bytes: int = 0
) -> Ended:
    """Run `words` in `folder` and wait; on time-out the whole process group is killed. No shell is involved.

    `memory_bytes` limits what each process may allocate (0: no limit).
    """
    switch = network_switch()
    before = [*switch, *_leash(), *_launcher(bool(switch), memory_bytes)]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*before, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True, text=True, errors="replace",
    )  # fmt: skip
    status: int | None
    try:
        output, _ = process.communicate(timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        status = None
    return Ended(status, time.perf_counter() - begin, output[-20_000:], "off" if switch else "open")
