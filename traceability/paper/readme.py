"""The README's findings (the report opens on them too), pictures and rule graph, from published tables.

    python -m traceability.paper.readme RESULTS     (`make readme` makes the tables and figures first, and calls this)

The sentences are about the published raw tables and observations, never about a run on this machine.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traceability.errors import StudyError
from traceability.public_records.tables import FUNNEL
from traceability.runtime.files import read_json, replacing, write_text
from traceability.statistics.tables import CAPTURE_COUNTS, CORPUS_SHARES, FASHION_ARMS, PUBLISHED_RUNS
from traceability.study import published

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
#: The figures of the README, in docs/figures/, each with what it shows.
FIGURES = {
    "published_runs.svg": "The three published trainings of the earlier study among ours",
    "usage.svg": "Share of projects that use each of MLflow's logging functions",
    "corpus.svg": "What else the projects hold that a repetition needs",
}
#: The rule that describes everything there is, and so needs every chapter.
DESCRIBES_ALL = "write_crate"
#: Comments of Markdown, and of the report's reStructuredText.
MARKDOWN, RST = "<!-- {} -->", ".. {}"
TRAININGS = published.FOLDER + "/training_fashion"


def write(readme: Path, results: Path, provenance: Path) -> None:
    """Write findings and rule graph between the markers of `readme`, the findings into report/workflow.rst beside it.

    Its figures are copied to docs/figures/.

    `results` holds the statistics and figures made of published tables; `provenance` is that of the trainings.
    """
    told = "\n".join(numbered(findings(results, provenance)))
    short = "\n".join(numbered(briefly(results, provenance)))
    report = readme.parent / "report" / "workflow.rst"
    opening = between(report.read_text(encoding="utf-8"), "findings", f"\n{short}\n", RST)
    text = between(readme.read_text(encoding="utf-8"), "findings", told)
    text = between(text, "rule graph", f"```mermaid\n{graph()}```")
    folder = readme.parent / "docs" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        with replacing(folder / name) as temporary:
            shutil.copyfile(results / "figures" / name, temporary)
    write_text(report, opening)
    write_text(readme, text)


def between(text: str, marker: str, content: str, comment: str = MARKDOWN) -> str:
    """`text` with `content` between the two comments that name `marker`. Raises `StudyError` where they are not."""
    begin, end = (comment.format(f"{marker}: {side}") for side in ("begin", "end"))
    if text.count(begin) != 1 or text.count(end) != 1:
        raise StudyError(f"README.md: expected '{begin}' and '{end}' once each; restore them from git")
    head, _, rest = text.partition(begin)
    return f"{head}{begin}\n{content}\n{end}{rest.partition(end)[2]}"


def numbered(sentences: Iterator[str]) -> Iterator[str]:
    """The sentences as a numbered list of Markdown, in lines of at most 110 characters."""
    for number, sentence in enumerate(sentences, start=1):
        yield textwrap.fill(f"{number}. {sentence}", 110, subsequent_indent="   ", break_on_hyphens=False)


def findings(results: Path, provenance: Path) -> Iterator[str]:
    """The five sentences, each with its numbers, intervals and n."""
    trial = " (a trial run)" if read_json(provenance)["status"] == "trial" else ""
    arms = FASHION_ARMS.read(results / FASHION_ARMS.name)
    yield _same_experiment(arms, PUBLISHED_RUNS.read(results / PUBLISHED_RUNS.name), trial)
    yield _seeds(arms, trial)
    yield _tracing(CORPUS_SHARES.read(results / CORPUS_SHARES.name))
    yield _capture(CAPTURE_COUNTS.read(results / CAPTURE_COUNTS.name), trial)
    yield _public_records(FUNNEL.read(results / FUNNEL.name))


def briefly(results: Path, provenance: Path) -> Iterator[str]:
    """The same five findings in a line each, for the report's first page, which has little room."""
    trial = " (a trial run)" if read_json(provenance)["status"] == "trial" else ""
    arms = FASHION_ARMS.read(results / FASHION_ARMS.name)
    unseeded, seeded, era = (
        _one(arms, arm=arm, metric="test_accuracy") for arm in ("unseeded", "same_seed", "era_numpy_tf")
    )
    yield (
        f"**The same code gives another model each time:** {unseeded['n']} trainings, {unseeded['distinct_weights']} "
        f"models; SD of test accuracy {_points(unseeded['sd'])} points ({_points(unseeded['sd_low'])} to "
        f"{_points(unseeded['sd_high'])}){trial}."
    )
    yield (
        f"**Which seed is set decides whether a run comes back:** {seeded['n']} trainings with Keras's seed, "
        f"{_models(seeded['distinct_weights'])}; {era['n']} with the seeds usual in 2024, "
        f"{_models(era['distinct_weights'])}{trial}."
    )
    shares = CORPUS_SHARES.read(results / CORPUS_SHARES.name)
    some, data = (_one(shares, dimension="headline", function=name) for name in ("traces_any", "log_input"))
    yield f"**Who imports MLflow does log with it:** {_share(some)} of {some['n']} projects; data {_share(data)}."
    commit = _plain_logging(CAPTURE_COUNTS.read(results / CAPTURE_COUNTS.name), "commit")
    yield (
        f"**The commit that ran is noted rightly in {commit['correct']} of {commit['n']} ways to start a script**, "
        f"wrongly in {commit['misleading']}{trial}."
    )
    script = _stage(FUNNEL.read(results / FUNNEL.name), "script_here")
    yield f"**Public records seldom lead back to the code that ran:** {_percent(script)} of {script['owners']} owners."


def _same_experiment(arms: pd.DataFrame, rows: pd.DataFrame, trial: str) -> str:
    row = _one(arms, arm="unseeded", metric="test_accuracy")
    here = rows[(rows["metric"] == "test_accuracy") & (rows["arm"] == "unseeded")]
    inside = int((here["inside"] == "yes").sum())
    return (
        f"**The same code gives another model each time.** {row['n']} trainings of the earlier study's own experiment, "
        f"with nothing fixed as it was published, gave {row['distinct_weights']} different models{trial}. Their test "
        f"accuracies have a standard deviation of {_points(row['sd'])} percentage points (95 % interval "
        f"{_points(row['sd_low'])} to {_points(row['sd_high'])}); {inside} of the {len(here)} published accuracies lie "
        "where one further training is expected."
    )


def _seeds(arms: pd.DataFrame, trial: str) -> str:
    today, era = (_one(arms, arm=arm, metric="test_accuracy") for arm in ("same_seed", "era_numpy_tf"))
    return (
        f"**Which seed is set decides whether a run comes back.** With Keras's own seed {today['n']} trainings gave "
        f"{_models(today['distinct_weights'])}; with the seeds of NumPy and TensorFlow, as was usual in 2024, "
        f"{era['n']} trainings in the libraries of that year gave {_models(era['distinct_weights'])}{trial}."
    )


def _tracing(shares: pd.DataFrame) -> str:
    told = {name: _one(shares, dimension="headline", function=name)
            for name in ("traces_any", "log_metric", "log_param", "log_input")}  # fmt: skip
    some = told["traces_any"]
    return (
        f"**Who imports MLflow does log with it, but few say with which data.** {_share(some)} of "
        f"{some['n']} GitHub projects call at least one logging function, resolved in their code ({some['owners']} "
        "owners; listings that imply tracking left out, every listing at the same weight). The earlier study counted "
        f"text in 11 projects: 10 of 11. {_share(told['log_metric'])} log metrics, {_share(told['log_param'])} "
        f"parameters, and {_share(told['log_input'])} the data."
    )


def _capture(counts: pd.DataFrame, trial: str) -> str:
    commit, dirty, told = (_plain_logging(counts, field) for field in ("commit", "dirty_state", "parameters"))
    return (
        f"**MLflow keeps what it is told, and does not notice the rest.** Parameters arrived in {told['correct']} of "
        f"{told['n']} ways to start one script{trial}. The commit that ran was noted in {commit['correct']} (95 % "
        f"interval of the share {_bounds(commit)}), another commit in {commit['misleading']} and none in "
        f"{commit['missing']}; whether its files had been changed, in {dirty['correct']} ({_bounds(dirty)})."
    )


def _public_records(funnel: pd.DataFrame) -> str:
    script, whole = (_stage(funnel, stage) for stage in ("script_here", "flags"))
    return (
        f"**Records that people publish seldom lead back to the code that ran.** Of {script['owners']} owners of "
        f"repositories with MLflow records ({script['runs']:,} runs), {_percent(script)} have records most of which "
        "lead to the script in a commit that is still there; none has records that also lead to data, environment and "
        f"seeds ({_bounds(whole)})."
    )


def _plain_logging(counts: pd.DataFrame, field: str) -> Mapping[Any, Any]:
    """Verdicts on a field where parameters and metrics are logged with today's MLflow."""
    ours = counts[(counts["system"] == "MLflow") & ~counts["version"].str.startswith("2.")]
    return _one(ours, tracking="params_metrics", field=field)


def _stage(funnel: pd.DataFrame, stage: str) -> Mapping[Any, Any]:
    """Repositories most of whose runs reach a stage and all before it."""
    return _one(funnel, stage=stage, how="road", measure="most")


def _one(frame: pd.DataFrame, **wanted: str) -> Mapping[Any, Any]:
    """The one row of `frame` with these values. Raises `StudyError` where there is none, or several."""
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    if len(frame) != 1:
        raise StudyError(f"README.md: expected one row where {wanted}, found {len(frame)}; run `make readme` again")
    return dict(frame.iloc[0])


def _share(row: Mapping[Any, Any]) -> str:
    """A standardised share in percent, with its interval."""
    value, low, high = (100 * float(row[f"standardised{end}"]) for end in ("", "_low", "_high"))
    return f"{value:.0f} % (95 % interval {low:.0f} to {high:.0f})"


def _bounds(row: Mapping[Any, Any]) -> str:
    """The interval of a share, in percent."""
    return f"{100 * float(row['low']):.0f} to {100 * float(row['high']):.0f} %"


def _percent(row: Mapping[Any, Any]) -> str:
    """A share in percent, with its interval."""
    return f"{100 * float(row['share']):.0f} % (95 % interval {_bounds(row)})"


def _points(share: float) -> str:
    """A share in percentage points."""
    return f"{100 * float(share):.2f}"


def _models(count: int) -> str:
    return "one and the same model" if count == 1 else f"{count} different models"


def graph() -> str:
    """The workflow as a flow chart of its chapters (Mermaid), from Snakemake's own graph of rules."""
    words = [sys.executable, "-m", "snakemake", "--rulegraph", "--cores", "1", "--directory", "."]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StudyError(f"snakemake --rulegraph failed: {done.stderr.strip()[-300:]}")
    return by_chapter(done.stdout, chapters_of_rules(ROOT / "rules"))


def chapters_of_rules(folder: Path) -> dict[str, str]:
    """The chapter of each rule: the name of its file, or the part before `_of_` where a chapter has several files."""
    found = {}
    for path in sorted(folder.glob("*.smk")):
        for name in re.findall(r"^ *(?:use rule \w+ as|rule) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[name] = path.stem.partition("_of_")[0]
    return found


def by_chapter(dot: str, chapters: Mapping[str, str]) -> str:
    """A graph of rules (dot) as a flow chart of chapters: an arrow where a rule of one needs a rule of the other."""
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)', dot, re.MULTILINE))
    homes = {node: chapters[rule] for node, rule in names.items() if rule in chapters}
    counts: dict[str, int] = {}
    for chapter in homes.values():
        counts[chapter] = counts.get(chapter, 0) + 1
    needs = Counter(
        (homes[one], homes[two])
        for one, two in re.findall(r"^\s*(\d+) -> (\d+)", dot, re.MULTILINE)
        if one in homes and two in homes and homes[one] != homes[two] and names[two] != DESCRIBES_ALL
    )
    # Where two chapters need each other, the arrow shows what more rules say.
    arrows = {arrow for arrow, count in needs.items() if count > needs.get(arrow[::-1], 0)}
    lines = ["flowchart LR"]
    for chapter, count in sorted(counts.items()):
        lines.append(f'    {chapter}["{chapter}<br/>{count} rule{"s" if count > 1 else ""}"]')
    lines += [f"    {one} --> {two}" for one, two in sorted(shortest(arrows))]
    return "\n".join(lines) + "\n"


def shortest(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without the arrows that a longer way along the others says too; all of them where the graph has a circle."""

    def reached(start: str, without: tuple[str, str]) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            here = waiting.pop()
            for arrow in arrows:
                if arrow[0] == here and arrow != without and arrow[1] not in found:
                    found.add(arrow[1])
                    waiting.append(arrow[1])
        return found

    if any(one in reached(one, ("", "")) for one, _ in arrows):
        return arrows
    return {arrow for arrow in arrows if arrow[1] not in reached(arrow[0], arrow)}


def main() -> int:
    """Write README.md anew; the exit status."""
    results = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "results"
    try:
        write(ROOT / "README.md", results, ROOT / TRAININGS / published.PROVENANCE)
    except (StudyError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
