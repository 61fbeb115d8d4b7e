"""`python read_clearml.py STORES OUTPUT`: what an offline session of ClearML holds, in common words."""

import glob
import json
import os
import re

from artifact_files import evidence
from probe import each_launch, main


def of_session(folder):
    """Evidence of one session."""
    with open(os.path.join(folder, "task.json")) as stream:
        task = json.load(stream)
    script = task.get("script", {})
    lines = []
    for key, name in (("commit", "version_num"), ("branch", "branch"), ("remote", "repository")):
        lines += [["run", key, script[name]]] if script.get(name) else []
    if "diff" in script:
        lines.append(["run", "diff", script["diff"]])
    if script.get("entry_point"):
        lines.append(["run", "entry_point", os.path.join(script.get("working_dir") or ".", script["entry_point"])])
    pip = (script.get("requirements") or {}).get("pip", "")
    lines.append(["run", "packages", re.sub(r"\s*==\s*", "==", pip)])
    version = re.search(r"# Python (\d+\.\d+\.\d+)", pip)
    lines += [["run", "python", version[1]]] if version else []
    for section, entries in task.get("hyperparams", {}).items():
        lines += [["run", f"parameters:{section}/{name}", said["value"]] for name, said in entries.items()]
        if section == "Args":
            words = [word for name, said in entries.items() for word in (f"--{name.replace('_', '-')}", said["value"])]
            lines.append(["run", "argv", " ".join(words)])
            lines += [["run", "data_location", entries["data"]["value"]]] if "data" in entries else []
    runtime = task.get("runtime", {})
    for key, name in (("platform", "OS"), ("cpu_count", "cpu_cores"), ("python", "python_version"), ("gpu", "gpu_count"),
                      ("cpu", "processor"), ("memory", "memory_gb")):  # fmt: skip
        lines += [["run", key, str(runtime[name])]] if name in runtime else []
    metrics = os.path.join(folder, "metrics.jsonl")
    if os.path.exists(metrics):
        with open(metrics) as stream:
            for line in stream:
                said = json.loads(line)
                for event in said if isinstance(said, list) else [said]:
                    name = event.get("variant")
                    lines += [["run", f"metrics:{name}", repr(event["value"])]] if "value" in event else []
    return lines + [line for line in evidence(folder, "artifact") if "/" in line[1]]


def of_launch(folder):
    """One list of evidence per session of a launch."""
    sessions = glob.glob(os.path.join(folder, "home", ".clearml", "cache", "offline", "*", "task.json"))
    return [of_session(os.path.dirname(path)) for path in sorted(sessions)]


if __name__ == "__main__":
    main(each_launch(of_launch))
