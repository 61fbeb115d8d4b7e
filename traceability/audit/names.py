"""What the name of a parameter or tag says about its value: a seed, a digest or place of data, a flag, a command.

People name things as they like; what is recognised here was seen in records that people made. Names come back in every
run of a store, so each is looked at once.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Before or after the word `seed` these make the name one of a number or a place of seeds.
_NO_SEED_BEFORE = frozenset({"n", "num", "nb", "number", "count", "of", "max", "min", "total", "no", "use", "bird"})
_NO_SEED_AFTER = frozenset(
    {"count", "size", "path", "file", "dir", "url", "length", "len", "num", "nodes", "node", "words", "word", "phrase",
     "text", "prompt", "list", "type", "mode", "strategy", "method", "ratio", "fraction", "range", "max", "min", "oil",
     "points", "urls", "round", "funding"}
)  # fmt: skip
#: PyCaret calls its seed so.
_SESSION = ("session", "id")
_NUMBER = re.compile(r"[-+]?[\d.]+(?:e[-+]?\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"-?\d{1,20}(?:\.0+)?")
_WHOLE_LIST = re.compile(r"[\[(]?\s*-?\d{1,20}(?:\s*,\s*-?\d{1,20})*\s*,?\s*[\])]?")
#: A seed inside the text of a whole configuration.
_INSIDE = re.compile(
    r"(?<![A-Za-z0-9])[\"']?(?P<name>(?:\w+[_.])?(?:random_?seed|random_?state|seed))[\"']?\s*[:=]\s*[\"']?(?P<value>-?\d{1,20})\b",
    re.IGNORECASE,
)
_SHA256 = re.compile(r"(?:sha256:)?[0-9a-f]{64}", re.IGNORECASE)
_DATA_NAME = re.compile(r".*(?:data|train|test|valid|input).*", re.IGNORECASE)
_PLACE = re.compile(r"(?:.*[_.\-/ ])?(?:data|dataset|input)s?(?:[_.\-](?:path|dir|file|root|url|uri))?", re.IGNORECASE)
_FLAG = re.compile(r".*determinis(?:m|tic)\w*|PYTHONHASHSEED", re.IGNORECASE)

COMMANDS = ("argv", "command", "command_line", "cmdline", "cmd")
PYTHON = ("python", "python_version", "mlflow.python_version")
PLATFORM = ("platform", "os", "mlflow.platform")

UNSEEDED = ("", "none", "null", "nan", "false", "unseeded")
"""Values, in small letters, of a seed that was not set."""

_NOWHERE = frozenset(("", "none", "null", "nan", "false", "true"))


@functools.lru_cache(maxsize=65536)
def is_seed(name: str) -> bool:
    """Whether something of this name is a seed."""
    small = name.lower()
    if not ("seed" in small or "random" in small or "session" in small or "rng" in small):
        return False
    words = [word.lower() for word in _WORDS.findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    if tuple(words[-2:]) == _SESSION:
        return len(words) == 2
    for place, word in enumerate(words):
        pair = word + (words[place + 1] if place + 1 < len(words) else "")
        if word in ("seed", "seeds", "randomseed", "rng", "prng", "manualseed") or pair in (
            "randomstate",
            "randomstates",
        ):
            before = words[place - 1] if place else ""
            width = 2 if pair.startswith("randomstate") and word == "random" else 1
            after = words[place + width] if place + width < len(words) else ""
            return before not in _NO_SEED_BEFORE and after not in _NO_SEED_AFTER
        if word in ("randomstate", "randomstates"):
            return True
    return False


@functools.lru_cache(maxsize=65536)
def is_flag(name: str) -> bool:
    """Whether something of this name is a determinism flag or the hash seed."""
    return _FLAG.fullmatch(name) is not None


@functools.lru_cache(maxsize=65536)
def is_place(name: str) -> bool:
    """Whether something of this name is the place of data."""
    return _PLACE.fullmatch(name) is not None


def seeds(said: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like a seed and hold a whole number or several, also inside a configuration's text."""
    return dict(sorted(_seeds(said)))


def _seeds(said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if is_seed(name):
            text = value.strip()
            if _WHOLE.fullmatch(text) or (len(text) < 500 and _WHOLE_LIST.fullmatch(text)):
                yield name, value
        elif value[:1] in "{[(" and value and ("seed" in value or "state" in value):
            for found in _INSIDE.finditer(value[:10_000]):
                if is_seed(found["name"]):
                    yield f"{name}: {found['name']}", found["value"]


def unseeded(said: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like a seed and say that there was none."""
    found = {name: value for name, value in said.items() if is_seed(name) and value.strip().lower() in UNSEEDED}
    return dict(sorted(found.items()))


def flags(said: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like a determinism flag or the hash seed."""
    found = {name: value for name, value in said.items() if is_flag(name)}
    return dict(sorted(found.items())) if found else found


def data_digests(said: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like data and hold a SHA-256."""
    found = {
        name: value
        for name, value in said.items()
        if len(value) in (64, 71) and _SHA256.fullmatch(value) and _DATA_NAME.fullmatch(name)
    }
    return dict(sorted(found.items())) if found else found


def data_places(said: Mapping[str, str]) -> dict[str, str]:
    """Those that are named like the place of data and hold a text that may be one."""
    found = {
        name: value
        for name, value in said.items()
        if is_place(name) and not _NUMBER.fullmatch(value) and value.lower() not in _NOWHERE
    }
    return dict(sorted(found.items())) if found else found
