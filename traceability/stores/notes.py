"""What a reader left out of its answer, or read in spite of something: part of the result, in counts and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

#: Text for one and for several of each kind, in the order in which they are told.
KINDS = {
    "run_deleted": ("{n} run deleted", "{n} runs deleted"),
    "experiment_deleted": ("{n} experiment deleted", "{n} experiments deleted"),
    "deleted_read": (
        "{n} run read although it, or its experiment, was deleted",
        "{n} runs read although they, or their experiments, were deleted",
    ),
    "trace": ("{n} trace, not audited", "{n} traces, not audited"),
    "one_experiment": (
        "the address is the folder of one experiment; the store is its parent",
        "the address is the folder of one experiment; the store is its parent",
    ),
    "experiment_without_meta": (
        "{n} folder without an experiment's meta.yaml read anyway",
        "{n} folders without an experiment's meta.yaml read anyway",
    ),
    "experiment_unreadable": (
        "{n} folder whose experiment's meta.yaml cannot be read, read anyway",
        "{n} folders whose experiment's meta.yaml cannot be read, read anyway",
    ),
    "experiment_twice": (
        "{n} experiment id stands in several folders; all of them were read",
        "{n} experiment ids stand in several folders; all of them were read",
    ),
    "run_twice": (
        "{n} further folder of a run id that was read already left out",
        "{n} further folders of run ids that were read already left out",
    ),
    "run_without_meta": (
        "{n} folder that looks like a run has no meta.yaml and is left out",
        "{n} folders that look like runs have no meta.yaml and are left out",
    ),
    "run_unreadable": (
        "{n} run whose meta.yaml cannot be read left out",
        "{n} runs whose meta.yaml cannot be read left out",
    ),
    "run_id_differs": (
        "{n} run's meta.yaml names another run than its folder; the folder's name was taken",
        "{n} runs' meta.yaml name other runs than their folders; the folders' names were taken",
    ),
    "link": ("{n} link not followed", "{n} links not followed"),
    "special_file": ("{n} file that is no regular file left out", "{n} files that are no regular files left out"),
    "long_value": (
        "{n} value longer than 1 MiB left out",
        "{n} values longer than 1 MiB left out",
    ),
    "unreadable_file": ("{n} file or folder cannot be read", "{n} files or folders cannot be read"),
    "lfs_pointer": (
        "{n} file is a Git LFS pointer, left out; run `git lfs pull`",
        "{n} files are Git LFS pointers, left out; run `git lfs pull`",
    ),
    "moved_artifacts": (
        "{n} run records an artifact address of another place; its files were found beside the store",
        "{n} runs record artifact addresses of another place; their files were found beside the store",
    ),
    "missing_artifacts": (
        "{n} run's artifacts are not to be seen from here",
        "{n} runs' artifacts are not to be seen from here",
    ),
    "outside_artifacts": (
        "{n} run records an artifact address outside the store that is not the run's own; not opened",
        "{n} runs record artifact addresses outside the store that are not the runs' own; not opened",
    ),
}


@dataclass(frozen=True)
class Note:
    """One kind of thing that was left out or read anyway: how many, in words, and the first of them."""

    kind: str
    number: int
    text: str
    example: str = ""


@dataclass
class Notes:
    """Counts by kind, with one example each."""

    _counts: dict[str, int] = field(default_factory=dict)
    _examples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, example: str = "", number: int = 1) -> None:
        """Count `number` more of `kind`."""
        if number:
            self._counts[kind] = self._counts.get(kind, 0) + number
            if example:
                self._examples.setdefault(kind, example)

    def clear(self) -> None:
        """Forget everything: the store is read anew."""
        self._counts.clear()
        self._examples.clear()

    def __getitem__(self, kind: str) -> int:
        """How many of `kind`; 0 where there was none."""
        return self._counts.get(kind, 0)

    def __iter__(self) -> Iterator[Note]:
        """One note for each kind that occurred, in the order of `KINDS`."""
        for kind, (one, several) in KINDS.items():
            number = self._counts.get(kind, 0)
            if number:
                text = (one if number == 1 else several).format(n=number)
                yield Note(kind, number, text, self._examples.get(kind, ""))

    def __add__(self, other: Notes) -> Notes:
        """The notes of both."""
        both = Notes(dict(self._counts), dict(self._examples))
        for kind, number in other._counts.items():
            both.add(kind, other._examples.get(kind, ""), number)
        return both

    def __str__(self) -> str:
        """Everything in one line: `32 runs deleted; 1 folder without an experiment's meta.yaml read anyway`."""
        return "; ".join(note.text for note in self)
