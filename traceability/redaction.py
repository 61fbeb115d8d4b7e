"""Taking secrets out of what is shown or recorded: command lines, addresses, text of other people's records."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

_NAME = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|signature|api[-_]?key|access[-_]?key|private[-_]?key)"
    r"[\w.-]*"
)
_WEB_USER = re.compile(r"(https?://)[^/\s@'\"]+@", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^/\s@:'\"]*):[^/\s@'\"]*@")
_PAIR = re.compile(rf"\b({_NAME}|sig|auth)(\"?\s*[=:]\s*\"?)([^&\s\"',;]+)", re.IGNORECASE)
_OPTION = re.compile(rf"-{{1,2}}(?:{_NAME}|auth|pwd)", re.IGNORECASE)
_HIDDEN = re.compile(_NAME, re.IGNORECASE)


def text(value: str) -> str:
    """`value` without user names and passwords in addresses, and without values of names such as `token` or `password`.

    What looks like a secret only by its value cannot be told from other text.
    """
    # On the web the name alone may be a token; elsewhere, as in ssh://git@host, it is part of the address.
    return _PAIR.sub(r"\1\2***", _PASSWORD.sub(r"\1:***@", _WEB_USER.sub(r"\1", value)))


def value(name: str, content: str) -> str:
    """The value of a parameter or tag as it may be shown: nothing of it where its name says that it is secret."""
    return "***" if _HIDDEN.fullmatch(name) else text(content)


def words(command: Sequence[str]) -> list[str]:
    """The words of a command line, without the values of options such as `--password VALUE` and `--token=VALUE`."""
    shown: list[str] = []
    hide = False
    for word in command:
        shown.append("***" if hide and not word.startswith("-") else text(word))
        hide = _OPTION.fullmatch(word) is not None
    return shown


def command(line: str) -> str:
    """A recorded command line as it may be shown."""
    try:
        return " ".join(words(shlex.split(line)))
    except ValueError:  # no closing quotation mark
        return " ".join(words(line.split()))
