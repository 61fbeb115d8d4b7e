"""Train the model from the command line: `python train.py --tracking params_metrics --seed 7`."""

from __future__ import annotations

import argparse
from pathlib import Path

from experiment import Settings, run


def main() -> None:
    defaults = Settings()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=defaults.seed, help="seed of the train/test split")
    parser.add_argument("--test-size", type=float, default=defaults.test_size, help="share of rows held out")
    parser.add_argument("--fit-intercept", type=int, choices=[0, 1], default=int(defaults.fit_intercept))
    parser.add_argument("--tracking", default=defaults.tracking, help="how the run is recorded: MODULE:WAY")
    parser.add_argument("--data", type=Path, default=defaults.data, help="table with a column 'target'")
    args = parser.parse_args()
    run(Settings(args.seed, args.test_size, bool(args.fit_intercept), args.tracking, args.data))


if __name__ == "__main__":
    main()
