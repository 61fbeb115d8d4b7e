"""The profiles speak of rules that exist, agree with each other, and leave no rule without its needs."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml


def profile(root: Path, name: str) -> dict[str, Any]:
    return yaml.safe_load((root / "profiles" / name / "profile.yaml").read_text(encoding="utf-8"))


def local_rules(rules: list[Any]) -> set[str]:
    """Rules that run where Snakemake runs; a derived rule must say so itself, it does not inherit it."""
    found = {rule.name for rule in rules if re.search(r"^    localrule: True$", rule.text, re.MULTILINE)}
    assert len(found) > 10
    return found


def test_every_rule_is_local_grouped_or_says_what_it_needs(root: Path, rules: list[Any]) -> None:
    grouped, here = profile(root, "slurm")["groups"], local_rules(rules)
    for rule in rules:
        if rule.script is None or rule.name in here or rule.name in grouped:
            continue
        assert re.search(r"mem_mb=growing\(", rule.text), f"{rule.file}: {rule.name} says no memory that grows"
        assert re.search(r"runtime=(growing\(|batch_minutes)", rule.text), f"{rule.file}: {rule.name} says no time"


@pytest.mark.parametrize("name", ["slurm", "generic"])
def test_profiles_name_rules_that_exist(name: str, root: Path, rules: list[Any]) -> None:
    known = {rule.name for rule in rules}
    said = profile(root, name)
    assert set(said["groups"]) | set(said.get("set-resources", {})) <= known
    assert local_rules(rules) <= known
    assert not set(said["groups"]) & local_rules(rules), "a grouped rule is not local"


def test_no_way_leads_out_of_the_group_and_back_into_it(root: Path) -> None:
    """Such a group would wait for itself."""
    words = [sys.executable, "-m", "snakemake", "--rulegraph", "--configfile", "config/quick.yaml"]
    said = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', said))
    after: dict[str, set[str]] = {}
    for first, then in re.findall(r"(\d+) -> (\d+)", said):
        after.setdefault(names[first], set()).add(names[then])
    grouped = profile(root, "slurm")["groups"]
    assert grouped.keys() & after.keys()
    todo = [then for rule in grouped for then in after.get(rule, ()) if then not in grouped]
    seen: set[str] = set()
    while todo:
        seen.add(rule := todo.pop())
        todo += after.get(rule, set()) - seen
    assert not seen & grouped.keys()


def test_timed_rules_get_a_machine_to_themselves(root: Path, rules: list[Any]) -> None:
    served = {rule.name for rule in rules if "servers=1" in rule.text}
    assert set(profile(root, "slurm")["set-resources"]) == served
    # At home other work may run beside what is not timed; a node that others use too is no place to fill disks.
    assert {rule.name for rule in rules if "all_cores()" in rule.text} == served - {"break_stores"}


def test_what_downloads_stays_where_snakemake_runs_and_is_limited(root: Path, rules: list[Any]) -> None:
    """Compute nodes often have no way out; and hosts and GitHub's interface are asked by few jobs at a time."""
    downloads = {rule.name for rule in rules if "downloads=1" in rule.text}
    assert downloads <= local_rules(rules)
    reach = re.compile(
        r"^(?:from|import) .*\b(fetching|listing|download|sampling|environments|resolving)\b",
        re.MULTILINE,
    )
    found = {rule.name for rule in rules if rule.script and reach.search(rule.script.read_text(encoding="utf-8"))}
    assert found == downloads
    for name in ("default", "slurm", "generic"):
        assert profile(root, name)["resources"]["downloads"] == 2, name


def test_cluster_profiles_differ_from_each_other_and_from_home_only_where_they_must(root: Path) -> None:
    home, slurm, generic = (profile(root, name) for name in ("default", "slurm", "generic"))
    for name, value in home.items():
        if name != "resources":
            assert slurm[name] == generic[name] == value, name
    assert home["resources"].items() <= slurm["resources"].items()
    differ = {name for name in slurm.keys() | generic.keys() if slurm.get(name) != generic.get(name)}
    assert {name for name in differ if not name.startswith(("slurm-", "cluster-generic-"))} == {
        "executor", "set-resources", "max-status-checks-per-second",
    }  # fmt: skip


STATES = {
    "COMPLETED": "success", "CANCELLED": "failed", "TIMEOUT": "failed", "NODE_FAIL": "failed", "RUNNING": "running",
    "PENDING": "running", "slurm_load_jobs error: Invalid job id specified": "failed",
    "slurm_load_jobs error: Unable to contact slurm controller": "running",
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), STATES.items())
def test_the_status_of_a_job_is_read_from_what_the_scheduler_says(
    said: str, expected: str, root: Path, tmp_path: Path
) -> None:
    """Slurm's own words, replayed: states that a test on a real Slurm cannot all bring about."""
    squeue = tmp_path / "squeue"
    squeue.write_text(f"#!/bin/sh\necho '{said}'\n")
    squeue.chmod(squeue.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run(
        [str(root / "profiles" / "generic" / "status.sh"), "7"],
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{expected}\n"


def test_a_jobscript_that_is_none_is_refused_in_one_line(root: Path, tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text("#!/bin/sh\ntrue\n")
    submit = root / "profiles" / "generic" / "submit.py"
    done = subprocess.run(
        [sys.executable, str(submit), str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "is this a jobscript of Snakemake?" in done.stderr
    assert "Traceback" not in done.stderr
