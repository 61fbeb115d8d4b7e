"""The configuration is strict, and every key is explained."""

from pathlib import Path

import pytest
from snakemake.cli import parse_config

from traceability.errors import StudyError
from traceability.study import config_schema, configuration


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"trainig": {}}, "unknown key 'trainig'; did you mean 'training'?"),
        ({"training": {"replicats": 3}}, "unknown key 'training.replicats'; did you mean 'replicates'?"),
        ({"training": {"replicates": 1}}, "'training.replicates' is 1"),
        ({"corpus": {"source": "web"}}, "'corpus.source' is 'web'"),
    ],
)
def test_a_configuration_mistake_is_one_line_with_the_remedy(config, expected):
    with pytest.raises(StudyError) as caught:
        configuration.check(config, "config")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_nested_on_the_command_line_are_numbers():
    """Snakemake itself reads them as texts."""
    given = parse_config(["training={replicates: 5}", "public_records={verify: 25}"])
    assert given["training"] == {"replicates": "5"}
    config = configuration.check(given)
    assert config["training"]["replicates"] == 5
    assert config["public_records"]["verify"] == 25


@pytest.mark.parametrize("text", ["five", "5 runs", "", "[5]", "NaN"])
def test_a_text_that_is_no_number_stays_one(text):
    with pytest.raises(StudyError, match=r"'training.replicates' is .*: it should be a whole number"):
        configuration.check({"training": {"replicates": text}})


def test_every_key_is_described_and_defaulted():
    schema = configuration.model().model_json_schema()
    for name, section in schema["$defs"].items():
        for key, entry in section["properties"].items():
            assert entry.get("description"), f"{name}.{key}"
            assert "default" in entry, f"{name}.{key}"
    assert configuration.check({}) == configuration.check(configuration.check({}))


def test_a_file_that_the_configuration_names_and_that_is_not_there_is_one_line():
    root = Path(__file__).resolve().parents[3]
    config_schema.require_files(config_schema.check({}), root)
    config_schema.require_files(config_schema.check({"public_records": {"listing": "results/made/later.tsv"}}), root)
    for chapter, key in (("public_records", "stores"), ("statistics", "plan"), ("replay", "era")):
        with pytest.raises(StudyError) as stopped:
            config_schema.require_files(config_schema.check({chapter: {key: "config/nope.tsv"}}), root)
        assert f"'{chapter}.{key}' is 'config/nope.tsv': {root}/config/nope.tsv is not there" in str(stopped.value)
        assert "\n" not in str(stopped.value)
