"""A real Slurm of two nodes on this machine: munged, slurmctld and two slurmd, all on 127.0.0.1, all in one folder.

Everything it writes lies below its folder, except the link by which Slurm's commands find the configuration. What an
earlier, killed test left running is ended, by the process ids that it noted, before a new one starts.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

CONFIGURATION = Path("/etc/slurm/slurm.conf")
FOLDER = Path(tempfile.gettempdir()) / "traceability-slurm"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
NODES = ("n1", "n2")


class Unavailable(Exception):
    """Why there can be no Slurm here, in one line."""


def install() -> None:
    """Install slurm-wlm and munge from Debian or Ubuntu where they are missing; raise `Unavailable` with the reason."""
    if os.geteuid() != 0:
        raise Unavailable("Slurm's daemons need the administrator (root); run it in a container or with sudo")
    if CONFIGURATION.exists() and not ours():
        raise Unavailable(f"{CONFIGURATION} belongs to a Slurm that this machine already has")
    if all(program(name) for name in PROGRAMS):
        return
    if not shutil.which("apt-get"):
        raise Unavailable("no Slurm here, and no apt-get to install slurm-wlm and munge")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    words = ["apt-get", "install", "--yes", "--no-install-recommends", "slurm-wlm", "munge"]
    for before in ([], ["apt-get", "update"]):
        if before:
            subprocess.run(before, env=environment, capture_output=True, check=False)
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
    said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    raise Unavailable(f"apt-get cannot install slurm-wlm and munge: {said}")


def program(name: str) -> str | None:
    """The full path of one of Slurm's programs; the daemons lie in a folder that is not on everybody's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def ours() -> bool:
    """Whether the machine's configuration is a link that this module made."""
    return CONFIGURATION.is_symlink() and CONFIGURATION.readlink().is_relative_to(FOLDER)


def free_ports(number: int) -> list[int]:
    """Different TCP ports of 127.0.0.1 that nothing listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class LocalSlurm:
    """The cluster; `start` and `stop` are idempotent."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.link = CONFIGURATION

    def start(self) -> None:
        """Write the configuration, start the daemons and wait until both nodes are idle."""
        self.stop()
        self.folder.mkdir(mode=0o755)
        for name in ("state", "munge", "log", "pid", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(mode=0o755)
        key = self.folder / "munge" / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        (self.folder / "slurm.conf").write_text(self.configuration())
        self.link.parent.mkdir(parents=True, exist_ok=True)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(self.folder / "slurm.conf")
        self.daemon("munged", "--foreground", "--force", *self.munge_options())
        self.wait_for((self.folder / "munge" / "socket").exists, "munged")
        self.daemon("slurmctld", "-D", "-i")
        for node in NODES:
            self.start_node(node)
        self.wait_for(lambda: all(self.node_state(node) == "IDLE" for node in NODES), "two idle nodes")

    def munge_options(self) -> list[str]:
        """Where munged keeps its files: all below the folder."""
        place = self.folder / "munge"
        return [
            f"--key-file={place / 'munge.key'}", f"--socket={place / 'socket'}", f"--pid-file={place / 'own.pid'}",
            f"--log-file={place / 'log'}", f"--seed-file={place / 'seed'}",
        ]  # fmt: skip

    def configuration(self) -> str:
        """Text of slurm.conf."""
        control, *ports = free_ports(1 + len(NODES))
        host = socket.gethostname().split(".")[0]
        # Only for its books: second attempts ask for twice the memory, and get it also where a machine is small.
        memory = max(16_000, psutil.virtual_memory().total // 2**20 // len(NODES))
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory={memory}"
            for node, port in zip(NODES, ports, strict=True)
        )
        return f"""ClusterName=study
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool-%n
SlurmctldPidFile={self.folder}/pid/own-slurmctld
SlurmdPidFile={self.folder}/pid/own-slurmd-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
# An impossible job is refused when it is submitted; otherwise it would wait for ever.
EnforcePartLimits=ALL
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=120
KillWait=5
MinJobAge=7200
MailProg=/bin/true
{nodes}
PartitionName=study Nodes={",".join(NODES)} Default=YES MaxTime=1440 State=UP
"""

    def daemon(self, name: str, *arguments: str, note: str = "") -> subprocess.Popen[bytes]:
        """Start a daemon in the foreground, as a session of its own, and note its process id."""
        note = note or name
        words = [program(name) or name, *arguments]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))}
        with (self.folder / "log" / note).open("ab") as log:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        (self.folder / "pid" / note).write_text(f"{child.pid} {psutil.Process(child.pid).create_time()}")
        return child

    def start_node(self, node: str) -> None:
        """Start the daemon of a node."""
        self.daemon("slurmd", "-D", "-N", node, note=f"slurmd-{node}")

    def noted(self) -> Iterator[tuple[str, psutil.Process]]:
        """The daemons that were started and still run; a process id that the system gave to another is not one."""
        for path in sorted((self.folder / "pid").glob("*")):
            if path.name.startswith("own-"):
                continue
            number, started = path.read_text().split()
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(int(number))
                if abs(process.create_time() - float(started)) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                    yield path.name, process

    def kill_node(self, node: str) -> None:
        """SIGKILL the daemon of a node, as a crash would; the jobs' own processes are left alone."""
        process = dict(self.noted())[f"slurmd-{node}"]
        process.kill()
        process.wait(10)

    def processes(self) -> list[psutil.Process]:
        """The daemons and the steps of jobs (slurmstepd leave their parents, but keep the configuration's folder)."""
        found = [process for _, process in self.noted()]
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if "slurmstepd" in process.name() and str(self.folder) in f"{process.environ()} {process.cwd()}":
                    found.append(process)
        return found

    def stop(self) -> None:
        """Cancel what is queued, end the daemons by process id, and remove the folder and the link."""
        if self.folder.is_dir():
            running = dict(self.noted())
            if "slurmctld" in running and self.link.exists():
                with contextlib.suppress(subprocess.SubprocessError, TimeoutError):
                    subprocess.run(["scancel", "--user=root"], capture_output=True, timeout=20, check=False)
                    self.wait_for(lambda: not self.jobs(), "an empty queue", 30)
            every = self.processes()
            for process in list(every):
                with contextlib.suppress(psutil.Error):
                    every += process.children(recursive=True)
            for action in ("terminate", "kill"):
                for process in every:
                    with contextlib.suppress(psutil.Error):
                        getattr(process, action)()
                every = psutil.wait_procs(every, timeout=10)[1]
            shutil.rmtree(self.folder)
        if ours():
            self.link.unlink()

    def wait_for(self, condition, what: str, seconds: float = 60) -> None:  # type: ignore[no-untyped-def]
        """Look until `condition()`; raise `TimeoutError` with the daemons' last words when it stays false."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.2)
        words = [f"{path.name}: {path.read_text(errors='replace')[-300:]}" for path in (self.folder / "log").glob("*")]
        raise TimeoutError(f"no sign of {what} after {seconds:.0f} s; " + " | ".join(words))

    def ask(self, *words: str) -> str:
        """Output of one of Slurm's commands."""
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout

    def node_state(self, node: str) -> str:
        """IDLE, MIXED, ALLOCATED, DOWN, ...; empty while nothing answers."""
        found = re.search(r"State=([A-Z]+)(\S*)", self.ask("scontrol", "show", "node", node))
        return found[1] + found[2] if found else ""

    def jobs(self) -> dict[str, dict[str, str]]:
        """The jobs that wait or run, by id: `state`, `node` and `folder` (where it was sent from)."""
        lines = self.ask("squeue", "--noheader", "--format=%i|%T|%N|%Z").splitlines()
        rows = [line.split("|") for line in lines if line.count("|") == 3]
        return {row[0]: {"state": row[1], "node": row[2], "folder": row[3]} for row in rows}
