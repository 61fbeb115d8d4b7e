"""The arrows of the design: scripts use the library, chapters never use each other, Snakemake stays outside."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from traceability.study import configuration, job
from traceability.study.registry import CHAPTERS

#: Folders that one machine has and another has not.
LOCAL_FOLDER = re.compile(r"(?<![\w.:/~}-])/(?:home|root|Users|mnt|srv|opt|work|workspace|data)/\w")

#: Code and records of other people, collected or made up for the tests that read records, keep their own paths.
OTHER_PEOPLES = (
    "tests/data/", "resources/", "tests/unit/audit/", "tests/unit/stores/",
    "tests/unit/public_records/", "tests/unit/replay/test_commands.py",
    "tests/benchmarks/audit_runs.py",
)  # fmt: skip


def modules(root: Path) -> dict[str, Path]:
    """The library's modules by dotted name."""
    found = {}
    for path in sorted((root / "traceability").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Full names of what a file imports, also inside functions; `from a import b` is `a.b` where that is a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in known else node.module


@pytest.fixture(scope="module")
def graph(root: Path) -> dict[str, set[str]]:
    known = modules(root)
    return {name: set(imports(path, known)) for name, path in known.items()}


def chapter(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "traceability" and len(parts) > 1 and parts[1] in CHAPTERS else ""


#: Chapters that are instruments for foreign records as well, and the chapter that points them at many
#: (docs/decisions/015-a-chapter-that-uses-the-instruments.md).
INSTRUMENTS, USER_OF_INSTRUMENTS = {"audit", "replay"}, "public_records"


def test_chapters_share_declared_tables_and_nothing_else(graph: dict[str, set[str]]) -> None:
    """What one chapter needs of another travels as a file; only the declarations of its tables may be imported."""
    crossing = [
        f"{name} imports {target}"
        for name, targets in graph.items()
        for target in sorted(targets)
        if chapter(name)
        and chapter(target)
        and chapter(name) != chapter(target)
        and not target.endswith(".tables")
        and not (chapter(name) == USER_OF_INSTRUMENTS and chapter(target) in INSTRUMENTS)
    ]
    assert crossing == []


#: What each shared package may use; a chapter may use them all.
SHARED = {
    "errors": set(), "cli_options": set(), "redaction": {"errors"}, "intervals": {"errors"},
    "runtime": {"errors", "redaction"},
    "plugin": {"errors", "redaction", "runtime", "stores"},
    "stores": {"errors", "redaction", "runtime"},
    "study": {"errors", "redaction", "runtime", "stores"},
}  # fmt: skip


def test_shared_packages_use_only_those_below_them(graph: dict[str, set[str]]) -> None:
    """Only the command line looks into every chapter; the registry finds the chapters' tables by their names."""
    for name, targets in graph.items():
        package = name.split(".")[1] if "." in name else ""
        if package in SHARED:
            used = {target.split(".")[1] for target in targets if target.startswith("traceability.")} - {package}
            assert used <= SHARED[package], f"{name} imports {sorted(used - SHARED[package])}"
        elif not chapter(name):
            assert name in ("traceability", "traceability.cli", "traceability.__main__"), f"{name}: in no package"


#: What of the shared packages the plugin may use: it runs inside other people's trainings.
OF_THE_PLUGIN = {
    "traceability.errors", "traceability.redaction", "traceability.runtime.environment", "traceability.runtime.git",
    "traceability.stores.record_fields",
}  # fmt: skip
#: Asked only about a library that the program has imported itself, or for `environment.host`, which the plugin leaves.
ONLY_IF_LOADED = {"psutil", "tensorflow", "threadpoolctl"}


def test_the_plugin_imports_the_standard_library_and_mlflow_only(graph: dict[str, set[str]]) -> None:
    reached, waiting = set(), [name for name in graph if name.startswith("traceability.plugin")]
    assert waiting
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        assert name.startswith("traceability.plugin") or name in OF_THE_PLUGIN, f"the plugin reaches {name}"
        waiting += [target for target in graph[name] if target in graph]
    foreign = {target.split(".")[0] for name in reached for target in graph[name]} - set(sys.stdlib_module_names)
    assert foreign - ONLY_IF_LOADED == {"traceability", "mlflow"}


def test_library_never_imports_snakemake(graph: dict[str, set[str]]) -> None:
    assert [name for name, targets in graph.items() for target in targets if target.split(".")[0] == "snakemake"] == []


def test_import_graph_has_no_cycle(graph: dict[str, set[str]]) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"cycle: {' -> '.join([*path[path.index(name) :], name])}"
        if name not in done:
            for target in sorted(graph[name] & graph.keys() - {name}):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_scripts_and_rules_are_named_after_each_other(root: Path, rules: list[Any]) -> None:
    for rule in rules:
        if rule.script is not None and rule.parent is None:
            assert rule.script == root / "scripts" / f"{rule.name}.py", f"{rule.file}: {rule.name}"
            assert rule.script.exists(), f"{rule.file}: {rule.name} runs {rule.script.name}, which does not exist"
    used = {rule.script.name for rule in rules if rule.script}
    assert sorted(path.name for path in (root / "scripts").glob("*.py") if path.name not in used) == []


def test_each_rule_says_what_it_does_where_it_logs_and_what_it_needs(root: Path, rules: list[Any]) -> None:
    known = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["study"]["environments"]
    for rule in rules:
        where = f"{rule.file}: {rule.name}"
        assert '"""' in rule.text, f"{where} has no docstring"
        assert not rule.has("message"), f"{where}: a message hides rule, input, output and log on the console"
        if rule.script is not None:
            assert re.match(rf"<logs>/{rule.name}[./]", rule.quoted("log")), f"{where}: log {rule.quoted('log')}"
            assert rule.environment in known, f"{where}: conda environment '{rule.environment}'"
            if rule.section("output"):
                assert "code=code_digest(" in rule.section("params"), f"{where}: no digest of its code"


def test_what_a_rule_names_is_what_its_script_takes(root: Path, rules: list[Any]) -> None:
    """Both ways: a name that main() does not know, and a parameter that the rule does not give, end a job."""
    for rule in rules:
        if rule.script is None or not rule.section("output"):  # what figures share makes nothing by itself
            continue
        where = f"{rule.file}: {rule.name} and {rule.script.name}"
        taken = {one.arg: one for one in parameters(rule.script)}
        named = {keyword: rule.names(keyword) for keyword in ("input", "output", "params")}
        given = set().union(*named.values()) - job.FOR_SNAKEMAKE
        assert len(given) == sum(map(len, named.values())) - 1, f"{where}: one name for two things"
        assert sorted(given - taken.keys()) == [], f"{where}: named by the rule, not taken by main()"
        optional = optional_parameters(rule.script) if "unpack(" in rule.section("input") else set()
        offered = given | rule.wildcards | {"threads", "resources"} | optional
        assert sorted(taken.keys() - offered) == [], f"{where}: taken by main(), not given by the rule"
        for name, one in taken.items():
            kind = ast.unparse(one.annotation).removesuffix(" | None") if one.annotation else "nothing"
            assert BINDABLE.fullmatch(kind), f"{where}: job.run cannot bind '{name}', annotated with {kind}"


#: The types of parameters that job.run makes of what a rule gives.
BINDABLE = re.compile(r"(list\[)?(Path|str|int|float)\]?|dict\[str, .+\]")


def main_of(script: Path) -> ast.arguments:
    """The parameters of a script's main(), read without importing the script."""
    body = ast.parse(script.read_text(encoding="utf-8")).body
    (main,) = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    assert main.args.vararg is None and main.args.kwarg is None, f"{script.name}: main() takes what it names"
    return main.args


def parameters(script: Path) -> list[ast.arg]:
    arguments = main_of(script)
    return [*arguments.args, *arguments.kwonlyargs]


def optional_parameters(script: Path) -> set[str]:
    arguments = main_of(script)
    last = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    named = [one for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default]
    return {one.arg for one in [*last, *named]}


def test_scripts_work_only_when_snakemake_runs_them(root: Path) -> None:
    """A script can be imported and its main() tested: the snakemake object appears in its last line alone."""
    for path in sorted((root / "scripts").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        *before, last = tree.body
        assert ast.unparse(last) == "if __name__ == '__main__':\n    job.run(main, snakemake)", path.name
        names = [n for part in before for n in ast.walk(part) if isinstance(n, ast.Name) and n.id == "snakemake"]
        assert names == [], f"{path.name}: snakemake before the last line"


def test_no_file_names_a_folder_of_one_machine(root: Path) -> None:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
    found = []
    for name in filter(None, listed):
        path = root / name
        if name.startswith(OTHER_PEOPLES) or name == "uv.lock" or not path.is_file():
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{name}:{i}: {line.strip()[:80]}" for i, line in enumerate(lines, 1) if LOCAL_FOLDER.search(line)]
    assert found == []


def test_config_schema_is_the_models() -> None:
    """`python -m traceability.study.configuration` writes it."""
    assert configuration.SCHEMA.read_text(encoding="utf-8") == configuration.schema()


def test_the_default_configuration_shows_every_key_with_its_default() -> None:
    """Read back it is the models' own defaults, so a key can be changed where it stands."""
    text = configuration.EXAMPLE.read_text(encoding="utf-8")
    assert text == configuration.example()
    assert yaml.safe_load(text) == configuration.model().model_validate({}).model_dump(mode="json")
