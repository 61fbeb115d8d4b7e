"""What a rule gives reaches the parameters of its script by name and type, or a line says what does not fit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from traceability.errors import StudyError
from traceability.study import job


def given(**parts: dict[str, Any]) -> SimpleNamespace:
    """Like the object that Snakemake hands to a script: mappings, and a list of its outputs."""
    empty: dict[str, Any] = {"input": {}, "output": {}, "params": {}, "wildcards": {}, "resources": {}}
    return SimpleNamespace(rule="weigh", threads=2, **empty | parts)


def weigh(apples: list[Path], scale: Path, receipt: Path, batch: int, share: float, names: list[str]) -> None:
    """What the tests below bind."""


PARTS = {
    "input": {"apples": ["a.tsv", "b.tsv"], "scale": "scale.json"},
    "output": {"receipt": "receipt.json"},
    "params": {"share": 1, "names": ("x", "y"), "code": "0123"},
    "wildcards": {"batch": "07"},
}


def test_values_arrive_under_their_names_as_the_types_that_main_says() -> None:
    assert job.bind(weigh, given(**PARTS)) == {
        "apples": [Path("a.tsv"), Path("b.tsv")], "scale": Path("scale.json"), "receipt": Path("receipt.json"),
        "batch": 7, "share": 1.0, "names": ["x", "y"],
    }  # fmt: skip


def test_one_file_where_several_may_stand_is_a_list_of_one() -> None:
    parts = PARTS | {"input": {"apples": "only.tsv", "scale": "scale.json"}}
    assert job.bind(weigh, given(**parts))["apples"] == [Path("only.tsv")]


def test_an_optional_input_that_a_rule_leaves_out_keeps_its_default() -> None:
    def main(table: Path, swift: Path | None = None) -> None:
        """Takes one file, or two."""

    assert job.bind(main, given(output={"table": "t.tsv"})) == {"table": Path("t.tsv")}
    both = job.bind(main, given(output={"table": "t.tsv"}, input={"swift": "s.json"}))
    assert both["swift"] == Path("s.json")


def test_threads_resources_and_wildcards_are_there_for_who_asks() -> None:
    def main(threads: int, resources: dict[str, Any], batch: str) -> None:
        """Asks for all three."""

    parts = {"resources": {"mem_mb": 100}, "wildcards": {"batch": "3", "workload": "w"}}
    assert job.bind(main, given(**parts)) == {"threads": 2, "resources": {"mem_mb": 100}, "batch": "3"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"input": PARTS["input"] | {"pears": "c.tsv"}}, "rule weigh .*takes no input 'pears'"),
        ({"params": {"names": []}}, "needs 'share', which the rule does not give"),
        ({"params": PARTS["params"] | {"scale": "2"}}, "'scale' is among both its input and its params"),
        ({"wildcards": {"batch": "seven"}}, "'batch' is 'seven', which is no int"),
        ({"params": PARTS["params"] | {"share": "much"}}, "'share' is 'much', which is no float"),
        ({"params": PARTS["params"] | {"share": True}}, "'share' is True, which is no float"),
    ],
)
def test_what_does_not_fit_is_one_line(change: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError, match=said) as caught:
        job.bind(weigh, given(**PARTS | change))
    assert "\n" not in str(caught.value)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a main() as a job would and return its log; the logging of the tests is put back."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def ran(main: Callable[..., None], **parts: Any) -> str:
        monkeypatch.setattr("sys.excepthook", lambda *_: None)
        snakemake = given(**parts)
        snakemake.log = [str(tmp_path / "logs" / "weigh.log")]
        snakemake.output = Named(snakemake.output)
        try:
            job.run(main, snakemake)
        finally:
            for handler in root.handlers:
                handler.flush()
            logging.basicConfig(handlers=before, level=level, force=True)
        return Path(snakemake.log[0]).read_text(encoding="utf-8")

    return ran


class Named(dict[str, str]):
    """Outputs, which Snakemake lists by their paths."""

    def __iter__(self) -> Any:
        return iter(self.values())


def test_the_log_of_a_silent_script_says_what_it_was_given_what_it_wrote_and_how_long_it_took(
    run: Callable[..., str], tmp_path: Path
) -> None:
    def main(receipt: Path, uri: str, api_token: str) -> None:
        receipt.write_text("seven", encoding="utf-8")

    secret = {"uri": "postgresql://me:hunter2@host/db", "api_token": "hunter2"}
    log = run(main, output={"receipt": str(tmp_path / "receipt.txt")}, params=secret)
    for part in ("rule weigh, Python 3.", "given receipt: ", "wrote ", "receipt.txt (5 bytes)", "ended after 0."):
        assert part in log, part
    assert "hunter2" not in log


def test_the_callers_shell_does_not_reach_a_measurement(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    seen: dict[str, str] = {}
    callers = {
        "MLFLOW_RUN_ID": "0" * 32, "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "true", "TRACEABILITY_CONTEXT": "1",
        "PYTHONHASHSEED": "0", "TF_DETERMINISTIC_OPS": "1", "VECLIB_MAXIMUM_NUM_THREADS": "7",
    }  # fmt: skip
    kept = {"MLFLOW_TRACKING_TOKEN": "t", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    for name, value in (callers | kept).items():
        monkeypatch.setenv(name, value)

    def main() -> None:
        seen.update(os.environ)

    log = run(main)
    assert not callers.keys() & seen.keys()
    assert kept.items() <= seen.items()
    assert "not passed on from the caller's shell: " in log and "MLFLOW_RUN_ID" in log
