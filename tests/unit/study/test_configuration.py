"""The configuration is strict, and every key is explained."""

import pytest

from traceability.errors import StudyError
from traceability.study import configuration


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


def test_every_key_is_described_and_defaulted():
    schema = configuration.model().model_json_schema()
    for name, section in schema["$defs"].items():
        for key, entry in section["properties"].items():
            assert entry.get("description"), f"{name}.{key}"
            assert "default" in entry, f"{name}.{key}"
    assert configuration.check({}) == configuration.check(configuration.check({}))
