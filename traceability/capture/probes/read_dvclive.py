"""`python read_dvclive.py STORES OUTPUT`: what DVCLive left in its folder and in the project's git, in common words."""

import glob
import os
import subprocess

import yaml
from artifact_files import evidence
from probe import each_launch, main


def git(folder, *words):
    """What git prints there."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout


def of_launch(folder):
    """One list of evidence: the files, and the experiment that DVC committed beside the branch."""
    lines = []
    # It lies where the program was started.
    stores = [path for depth in ("*", os.path.join("*", "*")) for path in glob.glob(os.path.join(folder, depth))
              if os.path.basename(path) == "dvclive" and os.path.isdir(path)]  # fmt: skip
    for store in stores:
        for name in ("params.yaml", "metrics.json"):
            path = os.path.join(store, name)
            if os.path.exists(path):
                with open(path) as stream:
                    said = yaml.safe_load(stream) or {}
                kind = "parameters" if name == "params.yaml" else "metrics"
                lines += [
                    ["run", f"{kind}:{key}", repr(value)] for key, value in said.items() if not isinstance(value, dict)
                ]
        lines += evidence(store, "artifact")
    for path in glob.glob(os.path.join(folder, "project", ".git")):
        root = os.path.dirname(path)
        for line in git(root, "for-each-ref", "--format=%(objectname) %(refname)", "refs/exps").splitlines():
            commit, name = line.split()
            if "/exec/" in name:
                continue
            # The experiment's commit holds the tracked files as they were; it is made at the end of the run.
            lines += [
                ["run", "commit", commit],
                ["run", "end", git(root, "log", "-1", "--format=%ct", commit).strip()],
            ]
            lines.append(["run", "user", git(root, "log", "-1", "--format=%an", commit).strip()])
            lines.append(["run", "diff", git(root, "diff", f"{commit}^", commit, "--", "*.py")])
    return [lines] if lines else []


if __name__ == "__main__":
    main(each_launch(of_launch))
