"""Gets what an audit of public records needs by git, and nothing else: history and trees first, then files by id.

Into a bare repository: nothing is checked out, no hook runs. First come all commits with their trees, without files;
then the record files of the pinned commit; then, once the records have been read, the commits that they name (asked for
by id, also where no branch holds them any more) and of those the files that may tell the command. A repository on this
machine is read where it lies. A repository that is gone is a result, not an error.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from traceability.audit.evidence import wanted
from traceability.errors import StudyError
from traceability.public_records import record_files, road
from traceability.public_records.judging import LARGEST_DATABASE, Place
from traceability.public_records.places import SETTING, Repository
from traceability.runtime import git, git_objects, remotes
from traceability.stores import readers, record_fields
from traceability.stores.scope import Scope

log = logging.getLogger("public_records")

_NO_FILES = "--filter=blob:none"
_QUIET = ("fetch", "--quiet", "--no-recurse-submodules")
#: Commits that are asked for by their ids, and ids in one request.
_MOST_COMMITS, _AT_ONCE = 2000, 5000


def fetch(
    one: Repository, template: str, folder: Path, *, attempts: int = 4, timeout: float = 600,
    limit: int = LARGEST_DATABASE, pause: Callable[[float], None] = time.sleep,
) -> Place:  # fmt: skip
    """Fetch what the audit of a repository needs into the bare repository `folder`, or find it on this machine.

    Network trouble is tried again with growing pauses; what stays away gives a place without path and the reason.
    Raises `StudyError` only for a malformed name, commit or template.
    """
    url = remotes.pinned_address(template, one.name, one.commit, SETTING)
    here = remotes.local(url)
    if here is not None and git_objects.holds(here, one.commit):
        return Place(one.name, one.commit, str(here), "", one.stores)

    def whole() -> None:
        _history(url, one.commit, folder, timeout)
        _records(url, one, folder, timeout)
        _named(url, one, folder, timeout, limit)

    said = remotes.retried(whole, one.name, url, attempts, pause)
    if said:
        shutil.rmtree(folder, ignore_errors=True)
    return Place(one.name, one.commit, "" if said else str(folder), said, one.stores)


def trees(
    repository: str, commit: str, template: str, folder: Path, *, attempts: int = 4, timeout: float = 600,
    pause: Callable[[float], None] = time.sleep,
) -> Path | None:  # fmt: skip
    """A repository with the history and the trees of `commit`: on this machine, or fetched; None where it is gone."""
    url = remotes.pinned_address(template, repository, commit, SETTING)
    here = remotes.local(url)
    if here is not None and git_objects.holds(here, commit):
        return here
    said = remotes.retried(lambda: _history(url, commit, folder, timeout), repository, url, attempts, pause)
    if said:
        log.info("%s: %s", repository, said)
    return None if said else folder


def _history(url: str, commit: str, folder: Path, timeout: float) -> None:
    """All commits and trees; of servers that cannot leave files out, and of bundles, everything."""
    references = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+HEAD:refs/fetched")
    last: StudyError | None = None
    for filters in ((_NO_FILES,), ()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        git.run("init", "--quiet", "--bare", cwd=folder)
        try:
            git.run(*_QUIET, *filters, url, *references, cwd=folder, timeout=timeout)
        except StudyError as error:
            last = error
            if remotes.LIMITED.search(str(error)):
                raise
            continue
        if not git_objects.holds(folder, commit):
            _ask(url, [commit], folder, timeout)
        if git_objects.holds(folder, commit):
            git.run("update-ref", "refs/pinned", commit, cwd=folder)
            return
        last = StudyError(f"commit {commit} does not exist in {url}")
    raise last or StudyError(f"{url}: nothing fetched")


def _records(url: str, one: Repository, folder: Path, timeout: float) -> None:
    """The record files of the pinned commit."""
    chosen = record_files.choose(git_objects.tree(folder, one.commit), one.stores)
    _ask(url, chosen.contents.values(), folder, timeout)


def _named(url: str, one: Repository, folder: Path, timeout: float, limit: int) -> None:
    """The commits that the records name, and of these the scripts that they name and the sources beside them."""
    pairs = _commits_of_records(one, folder, limit)
    absent = [commit for commit in sorted({commit for commit, _ in pairs}) if not git_objects.holds(folder, commit)]
    for commit in absent[:_MOST_COMMITS]:
        try:  # one by one: a server refuses the whole request for one commit that it does not have
            _ask(url, [commit], folder, timeout)
        except StudyError as error:
            log.info("%s: commit %s is not to be had (%s)", one.name, commit[:12], str(error)[-80:])
    keys: set[str] = set()
    paths: dict[str, set[str]] = {}
    for commit, named in pairs:
        paths.setdefault(commit, set()).update(named)
    for commit, started in paths.items():
        if git_objects.holds(folder, commit):
            tree = git_objects.tree(folder, commit)
            keys |= {key for path, key in tree.items() if path in started or road.is_source(path)}
    _ask(url, keys, folder, timeout)


def _commits_of_records(one: Repository, folder: Path, limit: int) -> set[tuple[str, tuple[str, ...]]]:
    """Pairs of a full commit id and the paths of what was started, of every run that can be read."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    chosen = record_files.choose(git_objects.tree(folder, one.commit), one.stores)
    scratch = folder.with_name(f"{folder.name}.records")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        scratch.mkdir(parents=True)
        git_objects.Folder(folder, scratch, limit).show(chosen.contents, chosen.names)
        for path, _ in one.stores:
            try:
                with readers.opened(str(scratch / path)) as store:
                    named = map(wanted, store.runs(Scope()))
                    found |= {pair for pair in named if record_fields.COMMIT.fullmatch(pair[0])}
            except StudyError:  # the audit says so
                continue
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return found


def _ask(url: str, keys: Iterable[str], folder: Path, timeout: float) -> None:
    """Ask for objects by their ids, as far as they are not there."""
    for some in _missing(keys, folder):
        words = (*_QUIET, "--no-tags", "--no-write-fetch-head", _NO_FILES, "--stdin", url)
        git.run_bytes(*words, cwd=folder, timeout=timeout, stdin="\n".join(some).encode("ascii"))


def _missing(keys: Iterable[str], folder: Path) -> Iterator[list[str]]:
    wanted_keys = sorted(set(keys))
    if not wanted_keys:
        return
    lines = "\n".join(wanted_keys).encode("ascii")
    words = ("rev-list", "--objects", "--no-walk", "--missing=print", "--stdin")
    walked = git.run_bytes(*words, cwd=folder, stdin=lines, check=False).decode("ascii", "replace").split()
    there = {word for word in walked if not word.startswith("?")}
    absent = [key for key in wanted_keys if key not in there]
    for first in range(0, len(absent), _AT_ONCE):
        yield absent[first : first + _AT_ONCE]
