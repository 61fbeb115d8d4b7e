"""The time that a study is expected to take: told before it begins, and how much of it is left while it runs."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from traceability.study import config_schema


def program(root: Path, name: str) -> ModuleType:
    """A program of envs/, loaded by its path."""
    spec = importlib.util.spec_from_file_location(name, root / "envs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def config_of(root: Path, name: str) -> dict[str, Any]:
    return config_schema.check(yaml.safe_load((root / "config" / f"{name}.yaml").read_text(encoding="utf-8")))


def test_the_three_sizes_take_more_and_more_time_and_published_tables_none(root: Path) -> None:
    estimate = program(root, "estimate")
    times = estimate.read_times()
    took = {name: estimate.wall(estimate.parts_of(config_of(root, name), times), 2)
            for name in ("published", "quick", "config", "paper")}  # fmt: skip
    assert took["published"] < took["quick"] < took["config"] < took["paper"] / 5
    assert took["published"] < 180, "make paper: statistics, figures and the text"


def test_every_part_is_a_benchmark_of_a_rule(root: Path) -> None:
    estimate = program(root, "estimate")
    rules = "".join(path.read_text(encoding="utf-8") for path in sorted((root / "rules").glob("*.smk")))
    for part in estimate.parts_of(config_of(root, "config"), estimate.read_times()):
        rule = part.benchmark.partition("/")[0].removesuffix(".jsonl")
        assert f'"<benchmarks>/{rule}' in rules, part
        assert part.seconds > 0


def test_times_of_a_finished_run_are_taken_and_then_expected(root: Path, tmp_path: Path) -> None:
    estimate = program(root, "estimate")
    config = config_of(root, "quick")
    before = {part.benchmark: part.seconds for part in estimate.parts_of(config, estimate.read_times())}
    for name, seconds in before.items():
        if name.startswith(("run_captures", "break_stores")):
            path = tmp_path / "benchmarks" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"s": 3 * seconds}) + "\n")
    fitted = estimate.fit(config, tmp_path)
    after = {part.benchmark: part.seconds for part in estimate.parts_of(config, fitted)}
    assert after["run_captures/0.jsonl"] == pytest.approx(3 * before["run_captures/0.jsonl"], rel=0.01)
    assert after["break_stores.jsonl"] == pytest.approx(3 * before["break_stores.jsonl"], rel=0.01)
    assert after["run_batch/digits_mlp-0.jsonl"] == before["run_batch/digits_mlp-0.jsonl"]


def test_progress_counts_what_this_run_finished(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = program(root, "run_study")
    jobs = (("old", 600, False), ("a", 240, False), ("b", 60, True), ("c", 120, False))
    parts = [{"benchmark": f"{name}.jsonl", "seconds": seconds, "alone": alone} for name, seconds, alone in jobs]
    old = tmp_path / "old.jsonl"
    old.write_text("{}\n")
    os.utime(old, (time.time() - 3600, time.time() - 3600))
    progress = study.Progress(tmp_path, parts, 2)
    progress.look()
    assert capsys.readouterr().err == "", "nothing was finished yet"
    (tmp_path / "a.jsonl").write_text("{}\n")
    progress.look()
    assert "50 % of the expected work is done, some 2.0 minutes are left" in capsys.readouterr().err
