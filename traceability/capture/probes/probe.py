"""How the programs of this folder are called: `python NAME.py [WORD ...] OUTPUT` writes what was learned as JSON."""

import json
import sys


def main(learn):
    """Call `learn` with the words of the command line, and write what it returns to the file that the last one names."""
    *words, output = sys.argv[1:]
    learned = learn(*words)
    with open(output, "w") as stream:
        json.dump(learned, stream)


def each_launch(of_launch):
    """A program whose word names a JSON file {launch: folder}: it tells for each launch the runs that a tracker holds."""

    def learn(stores):
        with open(stores) as stream:
            return {key: of_launch(folder) for key, folder in json.load(stream).items()}

    return learn
