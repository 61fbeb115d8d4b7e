"""`python read_sacred.py STORES OUTPUT`: what Sacred's file observer holds of each launch, in common words."""

import glob
import json
import os

from artifact_files import evidence
from probe import each_launch, main


def of_launch(folder):
    """One list of evidence per run of a launch."""
    runs = []
    for path in sorted(glob.glob(os.path.join(folder, "store", "*", "run.json"))):
        with open(path) as stream:
            run = json.load(stream)
        with open(os.path.join(os.path.dirname(path), "config.json")) as stream:
            config = json.load(stream)
        metrics = os.path.join(os.path.dirname(path), "metrics.json")
        host, about = run["host"], run["experiment"]
        lines = [["run", f"parameters:{name}", str(value)] for name, value in config.items()]
        for source in about.get("repositories", []):
            lines += [["run", "commit", source["commit"]], ["run", "remote", source["url"] or ""]]
            lines.append(["run", "dirty_state", str(source["dirty"])])
        lines.append(["run", "entry_point", about["mainfile"]])
        lines.append(["run", "packages", "\n".join(about["dependencies"])])
        lines += [["run", "python", host["python_version"]], ["run", "platform", host["os"][1]]]
        lines += [["run", "cpu", host.get("cpu") or ""], ["run", "gpu", json.dumps(host.get("gpus", {}).get("gpus"))]]
        if "gpus" not in host:
            lines.pop()
        if host.get("ENV"):
            lines.append(["run", "variables", json.dumps(host["ENV"])])
        lines.append(["run", "start", seconds(run["start_time"])])
        if run.get("stop_time"):
            lines.append(["run", "end", seconds(run["stop_time"])])
        # Their MD5 is not asked for: the observer keeps a copy of each, which is found by its SHA-256.
        lines += [["run", "data_location", address] for address, _ in run.get("resources", [])]
        if os.path.exists(metrics):
            with open(metrics) as stream:
                lines += [
                    ["run", f"metrics:{name}", repr(said["values"][-1])] for name, said in json.load(stream).items()
                ]
        runs.append(lines + evidence(os.path.join(folder, "store"), "artifact"))
    return runs


def seconds(text):
    """A time in UTC as seconds."""
    import datetime

    return str(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp())


if __name__ == "__main__":
    main(each_launch(of_launch))
