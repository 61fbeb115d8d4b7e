"""An option of a program, and the words that give it a recorded value."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


class Unspellable(ValueError):
    """A recorded value that cannot be handed to the option; the message says why."""


class _Unknown:
    """The default of an option whose source does not show it as a plain value."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = _Unknown()

_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


@dataclass(frozen=True)
class Option:
    """One option, argument or configuration key of a program.

    `form` says how it takes its value: `value`; `flag` (the words `on` and `off`); `words` (several words after one
    option); `repeated` (the option once for each item); `commas` (items in one word); `count`; `constant` (the bare
    option stands for `const`); `bool_type` (argparse's `type=bool`, for which every text but the empty one is true);
    `override` (`key=value`, as Hydra reads it).
    """

    #: Name under which `vars(arguments)` or a function's parameter knows it.
    name: str
    #: As the program spells it, the preferred one first; empty for a positional argument.
    spellings: tuple[str, ...] = ()
    form: str = "value"
    on: tuple[str, ...] = ()
    off: tuple[str, ...] | None = ()
    default: Any = field(default=UNKNOWN, compare=False)
    required: bool = False
    #: For `constant`: the value that the bare option stands for, as text.
    const: str = ""
    #: Name of the subcommand that it belongs to; empty: the program itself.
    command: str = ""

    @property
    def positional(self) -> bool:
        """Whether it is told by its position."""
        return not self.spellings and self.form not in ("flag", "override")

    def names(self) -> set[str]:
        """Everything under which a recorded parameter may be meant for this option."""
        found = {self.name}
        for spelling in self.spellings:
            bare = spelling.lstrip("-")
            found |= {bare, bare.replace("-", "_")}
        return found

    def words(self, value: str) -> tuple[str, ...]:
        """The words that hand `value` over; none where it is what leaving the option out gives.

        Raises `Unspellable`.
        """
        if value == "None":
            return ()  # what was not given has this value, and no option takes it as a word
        ways = {
            "flag": self._switched, "bool_type": self._emptied, "count": self._counted, "constant": self._meant,
            "override": self._overridden, "words": self._listed, "repeated": self._repeated, "commas": self._joined,
        }  # fmt: skip
        return ways.get(self.form, self._spelled)(value)

    def _emptied(self, value: str) -> tuple[str, ...]:
        if _truth(value) is not False:
            return self._spelled(value)
        return () if self.default is False else self._spelled("")

    def _counted(self, value: str) -> tuple[str, ...]:
        if not value.isdigit() or int(value) > 20:
            raise Unspellable(f"'{value}' is no number of times that '{self.spellings[0]}' is given")
        return tuple(self.spellings[:1] * int(value))

    def _meant(self, value: str) -> tuple[str, ...]:
        if value == self.const:
            return self.on
        if self.default is not UNKNOWN and value == str(self.default):
            return ()
        raise Unspellable(f"'{value}' is not what '{self.spellings[0]}' stands for")

    def _overridden(self, value: str) -> tuple[str, ...]:
        return (f"{self.spellings[0]}={_override(value)}",)

    def _joined(self, value: str) -> tuple[str, ...]:
        return self._spelled(",".join(items(value)))

    def _repeated(self, value: str) -> tuple[str, ...]:
        return tuple(word for item in items(value) for word in self._spelled(item))

    def _listed(self, value: str) -> tuple[str, ...]:
        values = items(value)
        refused = [item for item in values if item.startswith("-") and not _number(item)]
        if refused:
            raise Unspellable(f"'{refused[0]}' would be read as an option")
        return (*self.spellings[:1], *values)

    def _switched(self, value: str) -> tuple[str, ...]:
        truth = _truth(value)
        if truth is None:
            raise Unspellable(f"'{value}' is neither true nor false")
        given = self.on if truth else self.off
        if given is None:
            raise Unspellable(f"it has no spelling for {truth}")
        return given

    def _spelled(self, value: str) -> tuple[str, ...]:
        """One value as words: always joined to its option, so that it can be nothing else than its value."""
        if not self.spellings:
            if value.startswith("-"):
                raise Unspellable(f"'{value}' would be read as an option")
            return (value,)
        spelling = self.spellings[0]
        if spelling.startswith("--") or len(spelling) > 2:
            return (f"{spelling}={value}",)
        return (f"{spelling}{value}",) if value else (spelling, value)


@dataclass(frozen=True)
class Declared:
    """The options that a program declares, and what could not be read of its declarations."""

    options: tuple[Option, ...] = ()
    #: Recorded parameter that names the subcommand, and the subcommands; empty where there are none.
    command_name: str = ""
    commands: tuple[str, ...] = ()
    #: Places in the source that declare an option in a way that only running them would tell.
    unread: tuple[str, ...] = ()

    def __add__(self, other: Declared) -> Declared:
        known = {option.name for option in self.options}
        return Declared(
            self.options + tuple(option for option in other.options if option.name not in known or option.command),
            self.command_name or other.command_name,
            tuple(dict.fromkeys(self.commands + other.commands)),
            self.unread + other.unread,
        )


def long_first(spellings: Iterable[str]) -> tuple[str, ...]:
    """Spellings with the long ones (`--name`) first."""
    return tuple(sorted(spellings, key=lambda spelling: not spelling.startswith("--")))


def items(value: str) -> list[str]:
    """The items of a recorded list; a value that is none is the only item."""
    try:
        read = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return [value]
    return [str(item) for item in read] if isinstance(read, list | tuple | set) else [value]


def _truth(value: str) -> bool | None:
    return True if value.lower() in _TRUE else False if value.lower() in _FALSE else None


def _number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _override(value: str) -> str:
    """A value for Hydra: numbers and plain words as they are, all else quoted, so that no text acts as its grammar."""
    if _number(value) or value.replace("_", "").replace("-", "").replace(".", "").isalnum():
        return value
    if "${" in value or "\\" in value:
        raise Unspellable("Hydra would not take it as plain text")
    try:
        read = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        read = None
    if isinstance(read, list) and all(isinstance(item, int | float | bool) for item in read):
        return "[" + ",".join(map(str, read)) + "]"
    escaped = value.replace("'", "\\'")
    return f"'{escaped}'"
