"""`python expected_digests.py DATA OUTPUT`: MLflow's own digests of the data that the launches read.

{digest: share of the data's cells behind it} for the whole table and for the part that is handed to `fit`.
"""

import mlflow
import pandas as pd
from probe import main
from sklearn.model_selection import train_test_split


def digests(data):
    """The split is the one of every launch: seed 7, a quarter held out."""
    frame = pd.read_csv(data)
    x, y = frame.drop(columns="target"), frame["target"]
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=7)
    shares = {}
    for share, features, targets in ((1.0, x, y), (len(x_train) / len(x), x_train, y_train),
                                     (len(x_test) / len(x), x_test, y_test)):  # fmt: skip
        joined = features.assign(target=targets)
        arrays = features.to_numpy(), targets.to_numpy()
        for made in (
            lambda joined=joined: mlflow.data.from_pandas(joined, targets="target"),
            lambda joined=joined: mlflow.data.from_pandas(joined),
            lambda features=features: mlflow.data.from_pandas(features),
            lambda arrays=arrays: mlflow.data.from_numpy(arrays[0], targets=arrays[1]),
            lambda arrays=arrays: mlflow.data.from_numpy(arrays[0]),
        ):
            shares.setdefault(made().digest, share)
    return shares


if __name__ == "__main__":
    main(digests)
