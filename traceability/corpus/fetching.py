"""Gets a project's pinned commit by git: from GitHub, a mirror or a bundle, whatever the URL template names.

Into a bare repository, nothing is checked out and no hook runs: `fetch` for the commit alone, `fetch_history` with all
commits before it. Of its files come only those that are needed, where the server can leave out the others. A
repository on this machine that holds the commit is read where it lies, also where it lacks blobs (a mirror cut at some
size). A project that is gone is a result, not an error.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from traceability.corpus.scanner import file_roles
from traceability.corpus.scanner.commits import Commit
from traceability.errors import StudyError
from traceability.runtime import git, git_objects, remotes

log = logging.getLogger("corpus")

#: Leaves out all files; those that are asked for by their ids come all the same.
_NO_FILES = "--filter=blob:none"
#: Names the commit of a folder once its whole history is there.
_HISTORY = "refs/history"
_SETTING = "corpus.url_template"


@dataclass(frozen=True)
class Fetched:
    """What became of a project: `path` is its bare repository, or `detail` says why there is none."""

    repository: str
    commit: str
    path: str
    detail: str


def address(template: str, repository: str) -> str:
    """The address of a repository. Raises `StudyError` for a name or template that is not of the known form."""
    return remotes.address(template, repository, _SETTING)


def pinned_address(template: str, repository: str, commit: str) -> str:
    """The address of a repository of which a commit is wanted. Raises `StudyError` as `address`, or for the commit."""
    return remotes.pinned_address(template, repository, commit, _SETTING)


def fetch(
    repository: str, commit: str, template: str, folder: Path, *, needed: Callable[[str], bool] = file_roles.wanted,
    attempts: int = 4, timeout: float = 300, pause: Callable[[float], None] = time.sleep,
) -> Fetched:  # fmt: skip
    """Fetch one commit into the bare repository `folder` (kept when it already holds the commit).

    `needed` says of a path whether its file is (by default: what the scanner reads).
    Network trouble and rate limits are tried again with growing pauses; what stays away gives a `Fetched` without path.
    Raises `StudyError` only for a malformed name, commit or template.
    """
    url = pinned_address(template, repository, commit)
    if (folder / "HEAD").is_file() and git_objects.holds(folder, commit):
        return Fetched(repository, commit, str(folder), "")
    here = remotes.local(url)
    if here is not None and git_objects.holds(here, commit):
        return Fetched(repository, commit, str(here), "")
    said = remotes.retried(lambda: _fetch_once(url, commit, folder, needed, timeout), repository, url, attempts, pause)
    if said:
        shutil.rmtree(folder, ignore_errors=True)
    return Fetched(repository, commit, "" if said else str(folder), said)


def fetch_history(
    repository: str, commit: str, template: str, folder: Path, *, needed: Callable[[str], bool] = file_roles.wanted,
    attempts: int = 4, timeout: float = 300, pause: Callable[[float], None] = time.sleep,
) -> Fetched:  # fmt: skip
    """As `fetch`, with every commit before this one (without its files) and the tags.

    `folder` is kept when it holds the whole history of this commit, and made anew otherwise. A repository on this
    machine gives the history that it has. Raises `StudyError` as `fetch` does.
    """
    if (folder / "HEAD").is_file():
        # A ref is asked for, not the commit: git may fetch a commit, without its files, only because it was asked for.
        if git.run("rev-parse", "--verify", "--quiet", _HISTORY, cwd=folder, check=False).strip() == commit:
            return Fetched(repository, commit, str(folder), "")
        shutil.rmtree(folder)
    found = fetch(repository, commit, template, folder, needed=needed, attempts=attempts, timeout=timeout, pause=pause)
    if found.path != str(folder):
        return found
    url = address(template, repository)
    said = remotes.retried(lambda: _deepen(url, commit, folder, timeout), repository, url, attempts, pause)
    return Fetched(repository, commit, "" if said else str(folder), said)


def is_cut(folder: Path) -> bool:
    """Whether the repository lacks early commits (it is shallow)."""
    return git.run("rev-parse", "--is-shallow-repository", cwd=folder).strip() == "true"


def _fetch_once(url: str, commit: str, folder: Path, needed: Callable[[str], bool], timeout: float) -> None:
    shallow = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--depth=1")
    last: StudyError | None = None
    # Servers differ: some cannot leave blobs out, some give a commit only as part of a branch, a bundle knows no depth.
    for words in (
        (*shallow, _NO_FILES, url, commit),
        (*shallow, url, commit),
        ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", url, "+refs/heads/*:refs/heads/*",
        "+HEAD:refs/fetched"),
    ):  # fmt: skip
        # Each road begins afresh: git keeps a filter in the repository's settings, and with a server of plain files it
        # would then start itself for each object that it misses, and again from there, without end.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        git.run("init", "--quiet", "--bare", cwd=folder)
        try:
            git.run(*words, cwd=folder, timeout=timeout)
            if _NO_FILES in words and git_objects.holds(folder, commit):
                _add_files(url, commit, folder, needed, timeout)
        except StudyError as error:
            last = error
            if remotes.LIMITED.search(str(error)):
                raise
            continue
        if git_objects.holds(folder, commit):
            git.run("update-ref", "refs/pinned", commit, cwd=folder)
            return
        last = StudyError(f"commit {commit} does not exist in {url}")
    raise last if last is not None else StudyError(f"{url}: nothing fetched")


def _add_files(url: str, commit: str, folder: Path, needed: Callable[[str], bool], timeout: float) -> None:
    """Ask for the needed files of a commit that came without any, all at once."""
    try:
        wanted = {entry.key for entry in Commit(folder, commit, needed).entries}
    except StudyError as error:  # a tree of too many files: whoever reads it will say so
        log.warning("%s: no file is fetched: %s", url, error)
        return
    walked = git.run("rev-list", "--objects", "--no-walk", "--missing=print", commit, cwd=folder).split()
    missing = sorted(wanted & {word[1:] for word in walked if word.startswith("?")})
    if missing:
        words = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", _NO_FILES)
        git.run_bytes(*words, "--stdin", url, cwd=folder, timeout=timeout, stdin="\n".join(missing).encode())


def _deepen(url: str, commit: str, folder: Path, timeout: float) -> None:
    """Add the commits before `commit` and the tags to a repository that `_fetch_once` made."""
    (folder / "shallow.lock").unlink(missing_ok=True)  # of a try that was stopped at its time limit
    words = ["fetch", "--quiet", "--no-recurse-submodules"]
    # Only a server that cut the history is asked again, for commits alone; one that cannot has sent everything.
    words += ["--filter=tree:0", "--unshallow", url, commit] if is_cut(folder) else [url]
    git.run(*words, "+refs/tags/*:refs/tags/*", cwd=folder, timeout=timeout)
    git.run("update-ref", _HISTORY, commit, cwd=folder)
