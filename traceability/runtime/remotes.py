"""Other people's repositories by an address made from a template: names checked, faults told apart, tries repeated."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from traceability.errors import StudyError

log = logging.getLogger("remotes")

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$")
_COMMIT = re.compile(r"^[0-9a-f]{40}$")
_GONE = re.compile(
    r"repository .*not found|does not exist|not our ref|no such (?:ref|remote)|could not read username|"
    r"authentication failed|"
    r"access denied|and the repository exists|"
    r"error: 404|error: 401|error: 451|not appear to be a git repository|couldn't find remote ref|"
    r"does not contain|remote error: upload-pack|unadvertised object|bundle.*(?:prerequisite|unable)|could not open",
    re.IGNORECASE,
)  # fmt: skip
LIMITED = re.compile(r"error: (?:429|403)|rate limit|too many requests", re.IGNORECASE)


def address(template: str, repository: str, setting: str) -> str:
    """The address of a repository, `owner/name`; `setting` is the key that holds the template.

    Raises `StudyError` for a name or template that is not of the known form.
    """
    if not _NAME.match(repository) or repository.split("/")[1] in (".", ".."):
        raise StudyError(f"'{repository}' is no repository name (owner/name); correct it in the table of projects")
    owner, _, name = repository.partition("/")
    try:
        made = template.format(repository=repository, owner=owner, name=name)
    except (KeyError, IndexError, ValueError) as error:
        raise StudyError(
            f"{setting}: '{template}' has an unknown part ({error}); known: repository, owner, name"
        ) from None
    if made.startswith("-") or made.startswith("ext::"):
        raise StudyError(f"{setting}: '{made}' is no address of a repository")
    return made


def pinned_address(template: str, repository: str, commit: str, setting: str) -> str:
    """The address of a repository of which a commit is wanted. Raises `StudyError` as `address`, or for the commit."""
    if not _COMMIT.match(commit):
        wanted = "a full commit id (40 hexadecimal digits)"
        raise StudyError(f"{repository}: '{commit}' is not {wanted}; correct it in the table of projects")
    return address(template, repository, setting)


def local(url: str) -> Path | None:
    """The folder of a repository on this machine that a `file://` address names, or None."""
    parts = urlsplit(url)
    folder = Path(unquote(parts.path))
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not folder.is_dir():
        return None
    return folder.resolve()


def retried(what: Callable[[], None], repository: str, url: str, attempts: int, pause: Callable[[float], None]) -> str:
    """Do `what` until it raises no `StudyError`, at most `attempts` times; what git said last, or "" once it worked.

    A repository that is gone is not asked for again; one that limits requests is asked after a minute and more.
    """
    said = "not fetched"
    for attempt in range(attempts):
        if attempt:
            wait = (60.0 if LIMITED.search(said) else 2.0) * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311
            log.warning("%s: %s; next try in %.0f s", repository, said, wait)
            pause(wait)
        try:
            what()
        except StudyError as error:
            said = str(error).replace(url, repository) or "not fetched"
            if _GONE.search(said) and not LIMITED.search(said):
                break
        else:
            return ""
    return said
