"""Which instances train and which evaluate: drawn once per data set and the same for every run of the study."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from traceability.datasets.catalogue import Entry
from traceability.datasets.loaders import Loaded
from traceability.errors import StudyError


def split(entry: Entry, loaded: Loaded) -> dict[str, NDArray[np.int64]]:
    """Index arrays into the instances: `train`, `evaluation`, and `validation` where the split is official.

    `random` and `stratified` are scikit-learn's `train_test_split` with the row's seed, kept in the order it draws
    them, since a fit depends on the order in its last digits. Where they hold, an arm draws its own validation set
    from `train`. `official` keeps the authors' training data and halves their test data in order: the first half
    validates, the second evaluates.
    """
    indices = np.arange(entry.size, dtype=np.int64)
    if entry.split == "official":
        if loaded.training is None:
            raise StudyError(f"data set '{entry.name}': its source declares no split; choose random or stratified")
        middle = loaded.training + (entry.size - loaded.training) // 2
        if entry.size - middle != entry.evaluation:
            raise StudyError(
                f"data set '{entry.name}': the second half of its test data has {entry.size - middle} instances, "
                f"but its row says {entry.evaluation}; correct 'evaluation'"
            )
        return {
            "train": indices[: loaded.training],
            "validation": indices[loaded.training : middle],
            "evaluation": indices[middle:],
        }
    from sklearn.model_selection import train_test_split

    train, evaluation = train_test_split(
        indices,
        test_size=entry.evaluation,
        random_state=entry.split_seed,
        stratify=loaded.targets if entry.split == "stratified" else None,
    )
    return {"train": train, "evaluation": evaluation}
