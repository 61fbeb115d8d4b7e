"""Training as a test of the project."""

from experiment import Settings, run


def test_model_learns():
    assert run(Settings(seed=7, test_size=0.25)).metrics
