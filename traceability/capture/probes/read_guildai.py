"""`python read_guildai.py STORES OUTPUT`: what Guild keeps of a run, in common words."""

import glob
import json
import os
import struct

import yaml
from artifact_files import evidence
from probe import each_launch, main


def of_run(folder):
    """Evidence of one run."""
    said = {}
    for path in glob.glob(os.path.join(folder, ".guild", "attrs", "*")):
        with open(path) as stream:
            said[os.path.basename(path)] = yaml.safe_load(stream)
    lines = [
        ["run", f"parameters:{name.replace('-', '_')}", str(value)] for name, value in (said.get("flags") or {}).items()
    ]
    commit = str(said.get("vcs_commit") or "").removeprefix("git:")
    if commit:
        lines += [["run", "commit", commit.rstrip("*")], ["run", "dirty_state", str(commit.endswith("*"))]]
    command = said.get("cmd") or []
    lines.append(["run", "argv", " ".join(map(str, command[1:]))])
    lines += [["run", "entry_point", f"{command[3]}.py"]] if len(command) > 3 else []
    about = said.get("platform") or {}
    lines.append(["run", "python", str(about.get("python_version", "")).split(" ")[0]])
    lines += [["run", "platform", str(about.get("uname", ""))], ["run", "cpu_count", str(about.get("cpus", ""))]]
    lines.append(["run", "variables", json.dumps(said.get("env") or {})])
    lines.append(["run", "packages", "\n".join(said.get("pip_freeze") or [])])
    lines.append(["run", "user", str(said.get("user") or "")])
    lines.append(["run", "start", str(int(said.get("started") or 0) / 1e6)])
    if said.get("stopped"):
        lines.append(["run", "end", str(int(said["stopped"]) / 1e6)])
    for path in glob.glob(os.path.join(folder, ".guild", "events.out.*")):
        lines += [["run", f"metrics:{name}", repr(value)] for name, value in scalars(path)]
    sources = [line for line in evidence(folder, "artifact") if not line[1].partition(":")[2].startswith(".guild")]
    return lines + sources


def scalars(path):
    """Names and values (32 bits) in a TensorBoard event file."""
    from guild import tfevent

    for events, _, _ in tfevent.scalar_readers(os.path.dirname(path)):
        for name, value, _ in events:
            yield name, struct.unpack("f", struct.pack("f", value))[0]


def of_launch(folder):
    """One list of evidence per run of a launch."""
    return [
        of_run(path) for path in sorted(glob.glob(os.path.join(folder, "store", "runs", "*"))) if os.path.isdir(path)
    ]


if __name__ == "__main__":
    main(each_launch(of_launch))
