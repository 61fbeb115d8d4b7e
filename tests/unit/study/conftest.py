"""What the workflow's text says: its rules, with the script and the environment that each one names."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import ROOT


@dataclass(frozen=True)
class Rule:
    """One rule as it is written: the file that holds it, and the words it uses."""

    name: str
    file: str
    text: str
    #: the rule that `use rule ... with` made it of: what it does not say is as there
    parent: Rule | None = None

    def quoted(self, keyword: str) -> str:
        """The string after `keyword:`, or an empty one."""
        found = re.search(rf'^    {keyword}:\s+"([^"]+)"', self.text, re.MULTILINE)
        return found[1] if found else ""

    def has(self, keyword: str) -> bool:
        """Whether the rule has this keyword."""
        return re.search(rf"^    {keyword}:", self.text, re.MULTILINE) is not None

    def section(self, keyword: str) -> str:
        """What stands below `keyword:`, if need be in the rule it derives from; snakefmt indents it by eight."""
        found = re.search(rf"^    {keyword}:\n((?: {{8}}.*\n|\n)*)", self.text, re.MULTILINE)
        if found is None and self.parent is not None:
            return self.parent.section(keyword)
        return found[1] if found else ""

    def names(self, keyword: str) -> set[str]:
        """The names that are given below `keyword:`."""
        return set(re.findall(r"^ {8}(\w+)=", self.section(keyword), re.MULTILINE))

    @property
    def wildcards(self) -> set[str]:
        """The wildcards in its outputs; doubled braces are for `expand`."""
        return set(re.findall(r"\{(\w+)\}", self.section("output").replace("{{", "{").replace("}}", "}")))

    @property
    def script(self) -> Path | None:
        """The script it runs."""
        named = re.search(r'"(\S+)"', self.section("script"))
        return (ROOT / "rules" / named[1]).resolve() if named else None

    @property
    def environment(self) -> str:
        """The name of its conda environment's file, without folder and ending."""
        named = re.search(r'"(\S+)"', self.section("conda"))
        return Path(named[1]).stem if named else ""


def body(lines: list[str], indent: str) -> Iterator[str]:
    """The lines that stand deeper than a rule's name."""
    return itertools.takewhile(lambda text: not text or text.startswith(indent), lines)


def read_rules() -> list[Rule]:
    """Every rule of the Snakefile and of rules/*.smk, those under a condition too."""
    rules: dict[str, Rule] = {}
    for path in [ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk"))]:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            named = re.match(r"( *)(?:(?:rule|checkpoint) (\w+)|use rule (\w+) as (\w+) with):", line)
            if named:
                text = textwrap.dedent("\n".join([line, *body(lines[number + 1 :], named[1] + " ")])) + "\n"
                name = named[2] or named[4]
                rules[name] = Rule(name, path.name, text, rules[named[3]] if named[3] else None)
    return list(rules.values())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per environment that a rule names."""
    if "environment" in metafunc.fixturenames:
        metafunc.parametrize("environment", sorted({rule.environment for rule in read_rules() if rule.environment}))


@pytest.fixture(scope="session")
def rules() -> list[Rule]:
    """Every rule of the workflow."""
    found = read_rules()
    assert len(found) >= 8, "the rules could not be read from the files of the workflow"
    return found
