"""`python prepare_mlflow.py URI EXPERIMENTS`: create a store and, from a JSON file, experiments with their folders."""

import json
import sys

import mlflow


def main(uri, listed):
    """`listed` names a JSON file {experiment: artifact location}."""
    client = mlflow.MlflowClient(tracking_uri=uri)
    with open(listed) as stream:
        for name, location in json.load(stream).items():
            client.create_experiment(name, artifact_location=location)


if __name__ == "__main__":
    main(*sys.argv[1:])
