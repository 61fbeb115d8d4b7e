"""Seeds are recognised by the names that people give them, and numbers of seeds are not seeds."""

import pytest

from traceability.audit import names

SEEDS = {
    "seed": "7", "random_state": "42", "randomState": "3", "RANDOM_SEED": "1", "model__random_state": "0",
    "np_seed": "4",
    "seed_everything": "42", "global-seed": "5", "train.seed": "6", "seed_value": "8", "rf random state": "2",
    "Seed": "1",
    "session_id": "1227", "Session id": "1227", "seeds": "[1, 2, 3]", "split_seed": "9", "seed1": "3", "rng": "11",
    "random_states": "(1, 2)", "hp/seed": "1", "randomseed": "4", "cv_seed_2": "5", "torch_manual_seed": "3",
    "seed_train": "1",
}  # fmt: skip
NO_SEEDS = {
    "n_seeds": "5", "num_seeds": "5", "seed_count": "3", "number_of_seeds": "4", "seeds_count": "2", "seed_size": "10",
    "seed_path": "7", "seed_words": "12", "max_seed": "9", "use_seed": "1", "linseed": "3", "session_id_length": "4",
    "user_session_id": "12", "randomize": "1", "random": "0", "range": "3", "random_crop": "32", "seed": "abc",
    "sid": "1227",
    "random_state": "RandomState(MT19937)", "session_id": "8f14e45f-ceea", "birdseed": "1", "seedling_age": "3",
    "n_rng": "2",
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SEEDS.items())
def test_a_seed(name, value):
    assert names.seeds({name: value, "alpha": "1"}) == {name: value}


@pytest.mark.parametrize(("name", "value"), NO_SEEDS.items())
def test_no_seed(name, value):
    assert names.seeds({name: value}) == {}


def test_a_seed_inside_a_configuration():
    assert names.seeds({"config": "{'lr': 0.1, 'seed': 42}"}) == {"config: seed": "42"}
    assert names.seeds({"cfg": '{"model": {"random_state": 3}}'}) == {"cfg: random_state": "3"}
    assert names.seeds({"config": "{'n_seeds': 5, 'linseed': 3}"}) == {}
    assert names.seeds({"args": "[seed=1, x=2]"}) == {"args: seed": "1"}


def test_unseeded_is_said_not_a_seed():
    assert names.unseeded({"seed": "None", "random_state": "", "n_seeds": "None"}) == {
        "seed": "None",
        "random_state": "",
    }
