"""`python read_aim.py STORES OUTPUT`: what an Aim repository holds, in common words."""

import json
import os

from aim import Repo, Run
from aim.sdk.index_manager import RepoIndexManager
from artifact_files import evidence
from probe import each_launch, main


def of_run(run):
    """Evidence of one run."""
    attrs = run[...]
    params = attrs.get("hparams", {})
    lines = [["run", f"parameters:{name}", str(value)] for name, value in params.items()]
    system = attrs.get("__system_params") or {}
    if system.get("packages"):
        lines.append(
            ["run", "packages", "\n".join(f"{name}=={version}" for name, version in system["packages"].items())]
        )
    if system.get("env_variables"):
        lines.append(["run", "variables", json.dumps(dict(system["env_variables"]))])
    if system.get("arguments"):
        lines.append(["run", "argv", " ".join(map(str, list(system["arguments"])[1:]))])
        lines.append(["run", "entry_point", str(list(system["arguments"])[0])])
    info = system.get("git_info") or {}
    if info:
        commit = info.get("commit") or {}
        lines += [
            ["run", "branch", str(info.get("branch") or "")],
            ["run", "remote", str(info.get("remote_origin_url") or "")],
        ]
        lines.append(["run", "commit", str(commit.get("hash") or "")])
    for metric in run.metrics():
        lines.append(["run", f"metrics:{metric.name}", repr(float(metric.values.sparse_list()[1][-1]))])
    lines.append(["run", "start", str(run.creation_time)])
    if run.end_time:
        lines.append(["run", "end", str(run.end_time)])
    return lines


def of_launch(folder):
    """One list of evidence per run of a launch."""
    store = os.path.join(folder, "store")
    if not os.path.isdir(store):
        return []
    repo = Repo.from_path(store)
    # A run is read from the index of its repository; Aim's server puts it there when it next looks, nobody else does.
    for name in repo.list_all_runs():
        RepoIndexManager.get_index_manager(repo).index(name)
    files = evidence(os.path.join(store, "artifacts"), "artifact")
    return [of_run(Run(name, repo=repo, read_only=True)) + files for name in repo.list_all_runs()]


if __name__ == "__main__":
    main(each_launch(of_launch))
